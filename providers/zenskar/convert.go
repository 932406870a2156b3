package zenskar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// converter turns rows of one pull into records.
type converter struct {
	source            string
	role              reconcile.Role
	organisation      string
	major             bool
	ignoreChargebacks bool
	connectors        map[string]string // in lower case, and whose payments they speak of
	now               time.Time
}

// converted is what one row is: one of record, refund and dispute. The rest is what look-ups need.
type converted struct {
	record   *reconcile.SourceRecord
	refund   *reconcile.Refund
	dispute  *reconcile.Dispute
	parent   string   // of a refund
	customer string   // of a payment
	invoices []string // of a payment, each once
}

// row reads one row by what it is.
func (c *converter) row(w *paymentWire) (converted, error) {
	id, err := rows.ID(w.ID.Text())
	if err != nil {
		return converted{}, err
	}
	for _, field := range []struct {
		name  string
		value wire.Scalar
	}{{"type", w.Type}, {"payment_method", w.Method}, {"parent_id", w.ParentID}, {"external_id", w.ExternalID},
		{"connector_name", w.Connector}} {
		if _, err := field.value.Text(); err != nil {
			return converted{}, rows.Wrong(field.name, err)
		}
	}
	parent := w.ParentID.Word()
	if parent != "" && !rows.PlausibleID(parent) {
		return converted{}, rows.Refuse("parent_id", "parent_id has characters that no id has")
	}
	kind, method := word(w.Type), word(w.Method)
	chargeback := method == "charge_back" || kind == "payment_reversal"
	switch {
	case chargeback && !c.ignoreChargebacks:
		return c.dispute(id, parent, w)
	case chargeback, kind == "tax_withheld", method == "credits": // no cash moved
		made := c.detail(id, cmp.Or(parent, id), w)
		if kind == typeRefund && method == "credits" {
			doubtCredits(w, &made.record.Facts)
		}
		return made, nil
	case kind == "authorization":
		return c.detail(id, id, w), nil
	case kind == typeRefund:
		return c.refund(id, parent, w)
	case kind == "payment", kind == "":
		return c.payment(id, w)
	}
	// To take it for a payment could count money twice, to drop it could lose some.
	return converted{}, rows.Refuse("type", fmt.Sprintf("type %.40q is not known: whether money moved is for a person to say", kind))
}

const typeRefund = "refund"

// word is a value of an enumeration in the spelling of the documentation.
func word(s wire.Scalar) string { return strings.ToLower(s.Word()) }

// payment makes the claim that money was asked for or moved.
func (c *converter) payment(id string, w *paymentWire) (converted, error) {
	none := converted{}
	asked, err := c.amount(w, w.Amount)
	if err != nil {
		return none, err
	}
	if w.Transactions.Err != nil { // the gateway's id may be there, and a claim without it opens a payment of its own
		return none, rows.Wrong("transactions", w.Transactions.Err)
	}
	facts := reconcile.Facts{ProviderPaymentID: id, ProviderStatus: w.Status.Word(), Amount: &asked}
	if facts.PaymentDate, facts.CreatedAt, err = dates(w); err != nil {
		return none, err
	}
	known := false
	if facts.Status, known = statusOf(word(w.Status)); !known {
		rows.UnknownStatus(&facts)
	}
	if err := c.refunded(w, &facts); err != nil {
		return none, err
	}
	c.doubtParts(w, &facts)
	keys := make([]reconcile.Key, 0, 2)
	gateway, charge := c.processorKey(w)
	if gateway.ID != "" {
		keys = append(keys, gateway)
	}
	facts.StripeChargeID = charge
	invoices := invoicesOf(w)
	describe(w, invoices, &facts)
	made := converted{customer: w.CustomerID.Word(), invoices: invoices}
	made.record = &reconcile.SourceRecord{
		Source: c.source, Provider: Name, Role: c.role, Kind: reconcile.KindPayment,
		ID: id, Keys: append(keys, c.key(id)), Facts: facts,
		Open: facts.Status == reconcile.StatusPending && c.recent(cmp.Or(facts.CreatedAt, facts.PaymentDate)),
	}
	return made, nil
}

// statusOf reads a payment's word. "created" is unrealised: it does not lower what an invoice has due. A word that is not
// known may still become money.
func statusOf(text string) (status reconcile.Status, known bool) {
	switch text {
	case "success", "partially_refunded":
		return reconcile.StatusSucceeded, true
	case "refunded":
		return reconcile.StatusRefunded, true
	case "failed", "canceled", "voided":
		return reconcile.StatusFailed, true
	case "created", "in_progress", "requires_action", "pending_charge", "authorized":
		return reconcile.StatusPending, true
	}
	return reconcile.StatusPending, false
}

// refunded reads amount_refunded beside the status. Where they contradict each other the status word says what happened,
// the number how much, unless it cannot be that, and a person is told. What was not collected cannot have been given back.
func (c *converter) refunded(w *paymentWire, facts *reconcile.Facts) error {
	const field = "amount_refunded"
	asked := *facts.Amount
	back, err := c.money(w.AmountRefunded, asked.Currency)
	if err != nil {
		return c.unit(field, err)
	}
	some := back != nil && back.Minor > 0
	full := some && back.Minor >= asked.Minor
	state, expected, detail, said := reconcile.RefundNone, "", "", "not said"
	if back != nil {
		said = back.String()
	}
	if some && back.Minor > asked.Minor {
		expected, detail = "at most "+asked.String(), "more is said to be refunded than was paid"
	}
	switch word(w.Status) {
	case "refunded":
		state = reconcile.RefundFull
		if back != nil && back.Minor < asked.Minor { // which of the two is old nobody knows: the amount is not booked
			expected, detail = asked.String(), "the status says refunded, the amount says less"
			some = false
		}
	case "partially_refunded":
		state = reconcile.RefundPartial
		switch {
		case back == nil:
			expected, detail = "between 0 and "+asked.String(), "the status says partly refunded, how much is not said"
		case full, !some:
			expected, detail = "between 0 and "+asked.String(), "the status says partly refunded, the amount does not"
		}
	case "success":
		switch {
		case full: // refunded as a status means fully refunded
			state, facts.Status = reconcile.RefundFull, reconcile.StatusRefunded
		case some:
			state = reconcile.RefundPartial
		case back == nil:
			state = "" // not said
		}
	default:
		state = ""
		if some {
			expected, detail = "none", "money is said to be given back that was not taken"
		}
	}
	if detail != "" {
		rows.Doubt(facts, reconcile.ExRefundMismatch, field, expected, said, detail)
	}
	if state == "" {
		return nil
	}
	facts.RefundStatus = state
	if some || state == reconcile.RefundNone {
		facts.RefundedAmount = back
	}
	return nil
}

// refund makes a refund row of a row that Zenskar lists among payments. The sign of its amount is not documented.
func (c *converter) refund(id, parent string, w *paymentWire) (converted, error) {
	amount, err := c.amount(w, w.Amount.Unsigned())
	if err != nil {
		return converted{}, err
	}
	at, _, err := dates(w)
	if err != nil {
		return converted{}, err
	}
	refund := reconcile.Refund{
		Source: c.source, Provider: Name, ID: id, Amount: amount, Status: reconcile.RefundRowPending,
		ProviderStatus: w.Status.Word(), Reason: description(w), CreatedAt: at,
	}
	switch word(w.Status) {
	case "success":
		refund.Status = reconcile.RefundRowSucceeded
	case "failed":
		refund.Status = reconcile.RefundRowFailed
	case "canceled", "voided":
		refund.Status = reconcile.RefundRowCanceled
	default:
		refund.Open = true // until it ends: a bank may take months
	}
	if parent != "" {
		refund.Keys = []reconcile.Key{c.key(parent)}
	}
	return converted{refund: &refund, parent: parent}, nil
}

// dispute makes a lost dispute of a charge-back. One that was called off is won; one under way, or of which nobody knows how
// it stands, is open until that changes.
func (c *converter) dispute(id, parent string, w *paymentWire) (converted, error) {
	if parent == "" {
		return converted{}, rows.Refuse("parent_id", "a charge-back or reversal does not say of which payment")
	}
	amount, err := c.amount(w, w.Amount.Unsigned())
	if err != nil {
		return converted{}, err
	}
	at, _, err := dates(w)
	if err != nil {
		return converted{}, err
	}
	dispute := reconcile.Dispute{
		Source: c.source, Provider: Name, ID: id, Keys: []reconcile.Key{c.key(parent)}, Amount: amount,
		Status: reconcile.DisputeLost, ProviderStatus: w.Status.Word(), Reason: description(w), CreatedAt: at,
	}
	switch status, _ := statusOf(word(w.Status)); status {
	case reconcile.StatusFailed:
		dispute.Status = reconcile.DisputeWon
	case reconcile.StatusPending:
		dispute.Status, dispute.Open = reconcile.DisputeOpen, true
	}
	return converted{dispute: &dispute}, nil
}

// detail keeps a row that moved no cash. It says nothing of the payer: a detail's words outrank a payment's own.
func (c *converter) detail(id, of string, w *paymentWire) converted {
	facts := reconcile.Facts{ProviderStatus: w.Status.Word()}
	facts.PaymentDate, facts.CreatedAt, _ = dates(w)
	if amount, err := c.amount(w, w.Amount.Unsigned()); err == nil {
		facts.Amount = &amount
	}
	return converted{record: &reconcile.SourceRecord{
		Source: c.source, Provider: Name, Role: c.role, Kind: reconcile.KindDetail,
		ID: id, Keys: []reconcile.Key{c.key(of)}, Facts: facts,
	}}
}

// doubtCredits tells a person of money that was given back as credits: the payment's amount_refunded counts it like cash,
// and nobody can tell the two apart there.
func doubtCredits(w *paymentWire, facts *reconcile.Facts) {
	if status, _ := statusOf(word(w.Status)); status == reconcile.StatusFailed {
		return // nothing was given
	}
	given := "an amount that cannot be read"
	if facts.Amount != nil {
		given = facts.Amount.String() + " " + string(facts.Amount.Currency)
	}
	rows.Doubt(facts, reconcile.ExRefundMismatch, "refund as credits", "no cash", given,
		"given back as credits: no cash moved, but the payment's refunded amount counts it")
}

func (c *converter) key(id string) reconcile.Key {
	return reconcile.Key{Provider: Name, Account: c.organisation, ID: id}
}

// recent says whether something made at t may still change by itself.
func (c *converter) recent(t time.Time) bool { return c.now.Sub(t) < rows.OpenFor }

// amount reads an amount that must be there, in the row's currency.
func (c *converter) amount(w *paymentWire, value wire.Scalar) (money.Amount, error) {
	currency, err := w.Currency.Currency()
	if err != nil {
		return money.Amount{}, rows.Wrong("currency_code", err)
	}
	amount, err := c.money(value, currency)
	if err == nil && amount == nil {
		err = wire.ErrAbsent
	}
	if err != nil {
		return money.Amount{}, c.unit("amount", err)
	}
	return *amount, nil
}

// money reads text such as 12450 or 12450.00 in the configured unit.
func (c *converter) money(value wire.Scalar, currency money.Currency) (*money.Amount, error) {
	if c.major {
		return value.Major(currency)
	}
	return value.Minor(currency)
}

// unit adds the mend where a fraction says that the unit is another one.
func (c *converter) unit(field string, err error) error {
	if errors.Is(err, wire.ErrDigits) && !c.major {
		return rows.Refuse(field, field+" is not whole in minor units; if the account writes major units, set amount_unit to major")
	}
	return rows.Wrong(field, err)
}

// dates reads when money moved and when the row was made: timestamp, else the last settlement, else created_at.
func dates(w *paymentWire) (paid, created time.Time, err error) {
	if paid, err = w.Timestamp.Time(); err != nil {
		return paid, created, rows.Wrong("timestamp", err)
	}
	if created, err = w.CreatedAt.Time(); err != nil {
		return paid, created, rows.Wrong("created_at", err)
	}
	if paid.IsZero() {
		for _, t := range live(w) {
			if settled, err := t.SettledAt.Time(); err == nil && settled.After(paid) {
				paid = settled
			}
		}
	}
	if paid = cmp.Or(paid, created); paid.IsZero() {
		return paid, created, rows.Refuse("created_at", "neither timestamp nor created_at is there")
	}
	return paid, created, nil
}

// live are the transactions that were not deleted.
func live(w *paymentWire) []transactionWire {
	var list []transactionWire
	for _, item := range w.Transactions.Items {
		if item.Err == nil && item.Value.DeletedAt.Absent() {
			list = append(list, item.Value)
		}
	}
	return list
}

// newest is the latest transaction of those that fit, the larger id among equals. The zero value is none.
func newest(w *paymentWire, fits func(transactionWire) bool) transactionWire {
	var best transactionWire
	var bestAt time.Time
	found := false
	for _, t := range live(w) {
		settled, _ := t.SettledAt.Time() // unreadable is unknown, and older than any
		created, _ := t.CreatedAt.Time()
		at := cmp.Or(settled, created)
		if fits(t) && (!found || cmp.Or(at.Compare(bestAt), cmp.Compare(t.ID.Word(), best.ID.Word())) > 0) {
			best, bestAt, found = t, at, true
		}
	}
	return best
}

// description is the newest transaction's.
func description(w *paymentWire) string {
	return newest(w, func(t transactionWire) bool { return t.Description.Word() != "" }).Description.Word()
}

// processorKey is the gateway's id of the payment: of the payment itself, else of its newest transaction that collected;
// of Stripe's ids the intent first, which holds all attempts. It is one at most: a row must not make two payments of a
// processor one. charge is Stripe's charge, if named.
func (c *converter) processorKey(w *paymentWire) (key reconcile.Key, charge string) {
	paid := newest(w, func(t transactionWire) bool {
		status, _ := statusOf(word(t.Status))
		return status.Collected() && t.ExternalID.Word() != ""
	})
	connector := w.Connector.Word()
	var first, intent reconcile.Key
	for _, said := range []struct{ id, connector string }{
		{w.ExternalID.Word(), connector}, {paid.ExternalID.Word(), cmp.Or(paid.Connector.Word(), connector)},
	} {
		provider := c.gateway(said.connector)
		named := reconcile.Key{Provider: provider, ID: said.id}
		switch {
		case provider == "" || !rows.NamesPayment(provider, said.id) || rows.StripeKind(said.id) == "cs":
		case provider == rows.Stripe && strings.HasPrefix(said.id, "pi_"):
			intent = cmp.Or(intent, named)
		default:
			first = cmp.Or(first, named)
			if provider == rows.Stripe {
				charge = cmp.Or(charge, said.id)
			}
		}
	}
	return cmp.Or(intent, first), charge
}

// gateway says whose payments a connector makes, by the longest word that is in its name; empty is that nobody knows.
func (c *converter) gateway(connector string) string {
	name, best := strings.ToLower(connector), ""
	if name == "" {
		return rows.Stripe
	}
	for known := range c.connectors {
		longer := cmp.Or(cmp.Compare(len(known), len(best)), cmp.Compare(known, best)) > 0
		if longer && strings.Contains(name, known) {
			best = known
		}
	}
	return c.connectors[best]
}

// describe fills in who paid and what for.
func describe(w *paymentWire, invoices []string, facts *reconcile.Facts) {
	if email := w.CustomerEmail.Word(); email != "" {
		facts.Emails = []string{email}
	}
	facts.Name = w.CustomerName.Word()
	facts.Payer = reconcile.Payer{ExternalID: w.ExternalID.Word(), Description: description(w)}
	more := map[string]string{}
	if id := w.CustomerExternalID.Word(); id != "" {
		more["customer_external_id"] = id
	}
	if len(invoices) > 0 {
		more["invoice_id"] = invoices[0]
	}
	if len(more) > 0 {
		facts.Payer.Metadata = more
	}
}

// invoicesOf names the invoices that the payment pays, each once, in an order of their own: the service's says nothing.
func invoicesOf(w *paymentWire) []string {
	var ids []string
	seen := map[string]bool{}
	for _, part := range w.Invoices.Items {
		if id := part.Value.InvoiceID.Word(); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// doubtParts tells where the parts of a payment cannot be right: one invoice twice, or more than was paid.
func (c *converter) doubtParts(w *paymentWire, facts *reconcile.Facts) {
	asked := facts.Amount
	var twice []string
	seen, beyond := map[string]bool{}, ""
	sum := money.New(0, asked.Currency)
	for _, part := range w.Invoices.Items {
		id := part.Value.InvoiceID.Word()
		if id != "" && seen[id] && !slices.Contains(twice, id) {
			twice = append(twice, id)
		}
		seen[id] = true
		amount, err := c.money(part.Value.Amount, asked.Currency)
		if err != nil || amount == nil {
			continue // a part that cannot be read proves nothing
		}
		if sum, err = sum.Add(*amount); err != nil {
			beyond = "more than 64 bits hold"
			break
		}
	}
	if sum.Minor > asked.Minor {
		beyond = cmp.Or(beyond, sum.String())
	}
	slices.Sort(twice)
	if len(twice) > 0 {
		rows.Doubt(facts, reconcile.ExDuplicate, "invoices", "each invoice once", strings.Join(twice, ", "),
			"an invoice stands twice among the parts of this payment")
	}
	if beyond != "" {
		rows.Doubt(facts, reconcile.ExAmountOver, "invoices", "at most "+asked.String(), beyond,
			"the parts of this payment are more than its amount")
	}
}
