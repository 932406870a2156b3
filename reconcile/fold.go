package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"pennytie/reconcile/money"
)

// Fold computes a payment from all that is known of it, and the exceptions that show in it. It reports false
// where no source has said that money was asked for: details, refunds and disputes alone are no payment.
// The result does not depend on the order in which anything arrived.
func Fold(organization string, k Known) (Payment, []Exception, bool) {
	said := moneyRecords(k.Records)
	if len(said) == 0 {
		return Payment{}, nil, false
	}
	byHand, _ := Corrected(k.Records)
	leading := byHand.over(&said[0].Facts)
	p := Payment{
		Row:               k.Row,
		ID:                PaymentID(said[0].Keys[0]),
		OrganizationID:    organization,
		Provider:          cmp.Or(leading.Provider, said[0].Provider),
		ProviderPaymentID: leading.ProviderPaymentID,
		Amount:            *leading.Amount,
		Status:            leading.Status,
		ProviderStatus:    leading.ProviderStatus,
		PaymentDate:       leading.PaymentDate,
		DayOnly:           leading.DayOnly,
		CreatedAt:         leading.CreatedAt,
		Source:            said[0].Source,
		Role:              said[0].Role,
		Captured:          captured(leading),
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = p.PaymentDate
	}
	p.Fee, p.Net = settled(said)
	fillDetails(&p, k.Records)
	found := fromLedger(&p, k.Entries)
	p.Payer.ExternalID = cmp.Or(byHand.ExternalID, p.Payer.ExternalID)
	refunds, wrong := mergeRefunds(&p, leading, counted(said[0], k.Refunds, (*Refund).of))
	disputes, more := summarizeDisputes(&p, leading, counted(said[0], k.Disputes, (*Dispute).of))
	p.Refund, p.Dispute = refunds, disputes
	if p.Status.Collected() {
		p.Status = StatusSucceeded
		if p.Refund.Status == RefundFull {
			p.Status = StatusRefunded
		}
	}
	p.Status = cmp.Or(byHand.Status, p.Status)
	return p, slices.Concat(found, wrong, more), true
}

// rowOf is what a refund or dispute row is told apart by.
type rowOf struct {
	source, provider string
	role             Role
}

func (r *Refund) of() rowOf  { return rowOf{r.Source, r.Provider, r.Role} }
func (d *Dispute) of() rowOf { return rowOf{d.Source, d.Provider, d.Role} }

// counted picks the refund or dispute rows that are about the money itself: those of the processor that moved it. A book
// has rows of its own for the same refunds; they count only where no processor can be asked. Nothing is ever counted twice.
func counted[R any](leading *SourceRecord, rows []R, of func(*R) rowOf) []R {
	pick := func(wanted func(rowOf) bool) []R {
		var own []R
		for i := range rows {
			if wanted(of(&rows[i])) {
				own = append(own, rows[i])
			}
		}
		return own
	}
	theirs := func(provider string) []R {
		return pick(func(r rowOf) bool { return r.role != RoleBook && r.provider == provider })
	}
	if leading.Role != RoleBook {
		own := theirs(leading.Provider)
		if len(own) == 0 && leading.Export { // a file need not tell of refunds
			own = pick(func(r rowOf) bool { return r.role == RoleBook && r.provider == leading.Provider })
		}
		return own
	}
	processors := pick(func(r rowOf) bool { return r.role != RoleBook })
	if len(processors) > 0 {
		first := slices.MinFunc(processors, func(a, b R) int { return cmp.Compare(of(&a).provider, of(&b).provider) })
		return theirs(of(&first).provider)
	}
	for _, wanted := range []func(rowOf) bool{
		func(r rowOf) bool { return r.source == leading.Source },
		func(r rowOf) bool { return r.provider == leading.Claims() },
	} {
		if own := pick(wanted); len(own) > 0 {
			provider := of(&own[0]).provider
			return slices.DeleteFunc(own, func(r R) bool { return of(&r).provider != provider })
		}
	}
	return nil
}

// PaymentID derives the public id from an identity key: the same payment has the same id on every machine.
func PaymentID(key Key) string {
	sum := sha256.Sum256([]byte(key.Provider + "\x00" + key.Account + "\x00" + key.ID))
	return "pay_" + hex.EncodeToString(sum[:12])
}

// moneyRecords sorts the records that speak of money and that their sources still have, if there are any, else those that
// they had, the most authoritative first: manual over processor over book; a
// direct read over an export; of several attempts at one payment the one that collected, else the latest.
func moneyRecords(records []SourceRecord) []*SourceRecord {
	var said []*SourceRecord
	for i := range records {
		if records[i].Kind == KindPayment && records[i].Facts.Amount != nil {
			said = append(said, &records[i])
		}
	}
	gone := func(r *SourceRecord) bool { return r.Gone }
	if still := slices.DeleteFunc(slices.Clone(said), gone); len(still) > 0 {
		said = still
	}
	slices.SortFunc(said, func(a, b *SourceRecord) int {
		return cmp.Or(
			cmp.Compare(roleRank(a.Role), roleRank(b.Role)),
			compareBool(a.Export, b.Export),
			cmp.Compare(statusRank(a.Facts.Status), statusRank(b.Facts.Status)),
			b.Facts.PaymentDate.Compare(a.Facts.PaymentDate),
			cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return said
}

func roleRank(r Role) int { return slices.Index([]Role{RoleManual, RoleProcessor, RoleBook}, r) }

func statusRank(s Status) int {
	switch {
	case s.Collected():
		return 0
	case s == StatusPending:
		return 1
	}
	return 2
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// captured is the money that was really taken.
func captured(f *Facts) money.Amount {
	switch {
	case f.Captured != nil:
		return *f.Captured
	case f.Status.Collected():
		return *f.Amount
	}
	return money.New(0, f.Amount.Currency)
}

// settled takes fee and net together from the first record that knows either.
func settled(said []*SourceRecord) (fee, net *money.Amount) {
	for _, r := range said {
		if r.Facts.Fee != nil || r.Facts.Net != nil {
			return r.Facts.Fee, r.Facts.Net
		}
	}
	return nil, nil
}

// fromLedger takes from the entry of a charge what no record says of payout, fee and net, and tells where both say something else.
// An entry is never a claim of status.
func fromLedger(p *Payment, entries []Entry) []Exception {
	charges := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Kind != EntryCharge })
	for i := range charges {
		p.PayoutID = cmp.Or(p.PayoutID, charges[i].PayoutID)
	}
	if len(charges) != 1 {
		return nil // of several nobody can say which the record means
	}
	for _, pair := range []struct{ record, entry *money.Amount }{{p.Fee, &charges[0].Fee}, {p.Net, &charges[0].Net}} {
		if pair.record != nil && *pair.record != *pair.entry {
			return []Exception{{Code: ExFeeVariance, Subject: charges[0].ID, Expected: amountText(pair.entry),
				Actual: amountText(pair.record), Detail: "the payment's record has another fee or net than its line in the ledger"}}
		}
	}
	p.Fee, p.Net = &charges[0].Fee, &charges[0].Net
	return nil
}

// fillDetails takes each detail from the first record that knows it. What the payer typed at the checkout outranks
// what the provider has on file for the customer, so details come before a processor's own words.
func fillDetails(p *Payment, records []SourceRecord) {
	for _, r := range detailOrder(records) {
		f := &r.Facts
		for _, email := range f.Emails {
			if !slices.Contains(p.Payer.Emails, email) {
				p.Payer.Emails = append(p.Payer.Emails, email)
			}
		}
		for _, pair := range []struct {
			to   *string
			from string
		}{
			{&p.CustomerName, f.Name}, {&p.Payer.Phone, f.Payer.Phone},
			{&p.Payer.Description, f.Payer.Description}, {&p.Payer.Statement, f.Payer.Statement},
			{&p.Payer.ExternalID, f.Payer.ExternalID}, {&p.Payer.Card, f.Payer.Card}, {&p.Payer.Reference, f.Payer.Reference},
			{&p.StripeChargeID, f.StripeChargeID}, {&p.StripeCustomerID, f.StripeCustomerID},
			{&p.StripeSubscriptionID, f.StripeSubscriptionID}, {&p.StripeProductID, f.StripeProductID},
			{&p.PayoutID, f.PayoutID},
		} {
			if *pair.to == "" {
				*pair.to = pair.from
			}
		}
		fillAddress(&p.Payer, &f.Payer)
		fillMetadata(&p.Payer, f)
	}
	if len(p.Payer.Emails) > 0 {
		p.CustomerEmail = p.Payer.Emails[0]
	}
}

// fillAddress takes an address whole: street and city of two sources make no address.
func fillAddress(to, from *Payer) {
	if to.Address+to.City+to.PostalCode+to.Country == "" {
		to.Address, to.City, to.PostalCode, to.Country = from.Address, from.City, from.PostalCode, from.Country
	}
}

// fillMetadata unites the metadata of all records. A lead or call that a source names itself stands beside it.
func fillMetadata(to *Payer, f *Facts) {
	add := func(key, value string) {
		if _, known := to.Metadata[key]; known || value == "" {
			return
		}
		if to.Metadata == nil {
			to.Metadata = map[string]string{}
		}
		to.Metadata[key] = value
	}
	for key, value := range f.Payer.Metadata {
		add(key, value)
	}
	add("lead_id", f.LeadID)
	add("call_id", f.CallID)
}

func detailOrder(records []SourceRecord) []*SourceRecord {
	money := moneyRecords(records)
	ordered := make([]*SourceRecord, 0, len(records))
	var details []*SourceRecord
	for i := range records {
		if records[i].Kind == KindDetail {
			details = append(details, &records[i])
		}
	}
	slices.SortFunc(details, func(a, b *SourceRecord) int {
		return cmp.Or(compareBool(a.Export, b.Export), strings.Compare(a.Source, b.Source), strings.Compare(a.ID, b.ID))
	})
	manual := 0
	for manual < len(money) && money[manual].Role == RoleManual {
		manual++
	}
	ordered = append(ordered, money[:manual]...)
	ordered = append(ordered, details...)
	return append(ordered, money[manual:]...)
}
