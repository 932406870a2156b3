package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"pennytie/reconcile/money"
)

// Parts are the rows that hang on a payment: those of its refunds and disputes that count, and its ledger entries.
type Parts struct {
	Refunds  []Refund
	Disputes []Dispute
	Entries  []Entry
}

// Movements lists the facts of money of a payment: the lines of its ledger and, of what the ledger does not tell, what the payment
// and its rows say themselves. Nothing is listed twice, whatever order the parts come in.
func Movements(p *Payment, parts Parts, zone *time.Location) []Movement {
	d := &derivation{payment: p, zone: zone, booked: map[string]bool{}}
	for _, e := range inLedgerOrder(parts.Entries) {
		d.entry(e)
	}
	d.charge()
	d.refunds(parts.Refunds)
	d.disputes(parts.Disputes)
	for i := range d.found {
		d.attribute(&d.found[i])
	}
	return sorted(d.found)
}

// LooseMovements lists the facts of money of ledger entries that belong to no payment: fees, payouts, adjustments. It must be given
// all of them at once.
func LooseMovements(entries []Entry, zone *time.Location) []Movement {
	d := &derivation{zone: zone, booked: map[string]bool{}}
	for _, e := range inLedgerOrder(entries) {
		d.entry(e)
	}
	return sorted(d.found)
}

// CompareMovements orders by the day of booking, then corrections by what they correct, then the rest by instant and id. Corrections
// of one fact are equal: a reversal stays before its replacement, whichever of the two instants is the earlier.
func CompareMovements(a, b *Movement) int {
	if order := cmp.Or(cmp.Compare(a.BookedOn, b.BookedOn), compareBool(a.Adjusts == "", b.Adjusts == "")); order != 0 {
		return order
	}
	if a.Adjusts != "" {
		return cmp.Compare(a.Adjusts, b.Adjusts)
	}
	return cmp.Or(a.BookedAt.Compare(b.BookedAt), cmp.Compare(a.ID, b.ID))
}

func sorted(list []Movement) []Movement {
	slices.SortFunc(list, func(a, b Movement) int { return CompareMovements(&a, &b) })
	return list
}

// Fact is the ID of the movement that this one is, or corrects.
func (m *Movement) Fact() string { return cmp.Or(m.Adjusts, m.ID) }

func inLedgerOrder(entries []Entry) []Entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
}

// movementID makes a row_id. The parts are ids and words of providers, which hold no zero byte.
func movementID(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(append([]byte(part), 0))
	}
	return "mov_" + hex.EncodeToString(h.Sum(nil)[:12])
}

// derivation gathers the movements of one payment, or of the entries that have none.
type derivation struct {
	payment *Payment // nil where there is none
	zone    *time.Location
	booked  map[string]bool // row ids given, and the kinds and objects that the ledger tells of
	found   []Movement
}

func told(object string, kind EntryKind) string { return object + "\x00" + string(kind) }

// entry adds a line of the ledger. The first line of an object and kind has the id that the row would have had without a ledger.
func (d *derivation) entry(e Entry) {
	object := cmp.Or(e.About, e.ID)
	id := movementID(e.Provider, object, string(e.Kind))
	if d.booked[id] {
		id = movementID(e.Provider, object, string(e.Kind), e.ID)
	}
	d.booked[id] = true
	d.booked[told(object, e.Kind)], d.booked[told("", e.Kind)] = true, true
	gross, fee, net := e.Gross, e.Fee, e.Net
	m := Movement{ID: id, Source: e.Source, Provider: e.Provider, Kind: e.Kind, Category: e.Category, Status: MovementBooked,
		ObjectID: object, EntryID: e.ID, PayoutID: e.PayoutID, BookedAt: e.CreatedAt, BookedOn: BookingDay(e.CreatedAt, d.zone),
		AvailableOn: e.AvailableOn, Amount: gross, Gross: &gross, Fee: &fee, Net: &net, PaymentID: e.PaymentID}
	switch {
	case e.Kind == EntryPayout:
		m.PayoutID = cmp.Or(e.PayoutID, e.About)
	case e.Kind == EntryPayoutReversal: // a line like any other: it goes out with a later payout, never with the one that it was
		m.Note = "came back of payout " + e.About
		if e.PayoutID == e.About {
			m.PayoutID = ""
		}
	}
	if e.Facing != nil {
		m.Amount = *e.Facing
	}
	d.found = append(d.found, m)
}

// derive adds a row of what no ledger tells.
func (d *derivation) derive(kind EntryKind, object string, amount money.Amount, at time.Time) *Movement {
	p := d.payment
	for _, known := range []time.Time{p.PaymentDate, p.CreatedAt, p.OpenedAt} { // money must be booked on some day
		if at.IsZero() {
			at = known
		}
	}
	id := movementID(p.Provider, object, string(kind))
	if p.Role == RoleBook { // several books may claim one object, and the processor may have it, too
		id = movementID(p.Provider, object, string(kind), p.ID)
	}
	m := Movement{ID: id, Source: p.Source, Provider: p.Provider, Kind: kind,
		Status: MovementBooked, ObjectID: object, BookedAt: at, BookedOn: BookingDay(at, d.zone), Amount: amount}
	if p.DayOnly && at.Equal(p.PaymentDate) {
		m.BookedOn = p.PaymentDate.UTC().Format(dayLayout) // it is a day already, in nobody's zone
	}
	d.found = append(d.found, m)
	return &d.found[len(d.found)-1]
}

func (d *derivation) charge() {
	p := d.payment
	if !p.Status.Collected() || p.Captured.Minor == 0 || d.booked[told("", EntryCharge)] {
		return
	}
	m := d.derive(EntryCharge, cmp.Or(p.StripeChargeID, p.ProviderPaymentID, p.ID), p.Captured, p.PaymentDate)
	m.PayoutID = p.PayoutID
	if p.Fee != nil && p.Net != nil {
		fee, net := *p.Fee, *p.Net
		if gross, err := net.Add(fee); err == nil {
			m.Gross, m.Fee, m.Net = &gross, &fee, &net
		}
	}
}

// refunds adds the succeeded refunds that count, and what was refunded according to the payment without a row that says so.
func (d *derivation) refunds(rows []Refund) {
	p := d.payment
	left, known := money.New(p.Refund.Amount.Minor, p.Amount.Currency), d.booked[told("", EntryRefund)]
	for i := range rows {
		r := &rows[i]
		if !r.Counted || r.Status != RefundRowSucceeded || r.Reason == ReasonReleased && p.Captured.Minor == 0 {
			continue
		}
		known = true
		if !d.booked[told(r.ID, EntryRefund)] {
			d.derive(EntryRefund, r.ID, r.Amount.Neg(), r.CreatedAt).Source = r.Source
		}
	}
	if !known && left.Minor != 0 {
		d.derive(EntryRefund, cmp.Or(p.Refund.ID, p.ProviderPaymentID, p.ID), left.Neg(), p.Refund.At)
	}
}

// disputes adds what open and lost disputes withhold, as refunds does.
func (d *derivation) disputes(rows []Dispute) {
	p := d.payment
	known := d.booked[told("", EntryDispute)]
	for i := range rows {
		r := &rows[i]
		if !r.Counted || r.Inquiry {
			continue
		}
		known = true
		if (r.Status == DisputeOpen || r.Status == DisputeLost) && !d.booked[told(r.ID, EntryDispute)] {
			d.derive(EntryDispute, r.ID, r.Amount.Neg(), r.CreatedAt).Source = r.Source
		}
	}
	if !known && p.Dispute.Amount.Minor != 0 {
		d.derive(EntryDispute, cmp.Or(p.ProviderPaymentID, p.ID), p.Dispute.Amount.Neg(), time.Time{})
	}
}

// attribute copies what the payment was attributed to. A mere suggestion is none.
func (d *derivation) attribute(m *Movement) {
	p := d.payment
	m.PaymentID, m.CustomerRef = p.ID, p.StripeCustomerID
	m.ProductID = p.Match.ProductID
	if p.Match.State.Decided() {
		m.LeadID, m.CallID = p.Match.LeadID, p.Match.CallID
	}
	m.MatchedBy, m.Confidence, m.Candidates = p.Match.By, p.Match.Confidence, len(p.Match.Candidates)+p.Match.Cut
	m.Verification, m.VerifiedAt = p.Verification, p.VerifiedAt
	if p.Verification == Confirmed {
		m.VerifiedBy = "rule"
		if p.Match.State == MatchManual {
			m.VerifiedBy = "person"
		}
	}
	if p.Role == RoleBook && m.EntryID == "" {
		m.Status = MovementClaimed
	}
	switch m.Kind {
	case EntryCharge:
		if refunded := p.Refund.Amount; refunded.Currency != "" {
			m.Refunded = &refunded
		}
	case EntryRefund, EntryRefundFailure:
		m.RefundOf = p.ID
	}
}
