package matchers

import (
	"cmp"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const (
	day = 24 * time.Hour
	// grace lets a call that is logged after the payment still explain it: people pay during the call.
	grace = day
	// near is how soon after a won call most people pay.
	near = 7 * day
	// month spaces the rates of a plan.
	month = 31 * day
	// soon and lately bound what is not held against a lead: people book a call after they paid, and the
	// rates of a plan whose amount nobody noted go on for months after the call that sold it.
	soon   = 14 * day
	lately = 4 * month
)

// CallWindow chooses, of a lead that shares a key with the payment, the call that explains it best: evidence for the lead. Beside
// it stand the calls from which the payment may have come (sales), which compete with each other for a lead at hand.
type CallWindow struct{}

// Name is stored in evidence. It never decides alone, so it is never a matched_by.
func (CallWindow) Name() string { return NameCallWindow }

// Match gives at most one candidate per lead, with its best call.
func (CallWindow) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	var out []reconcile.Candidate
	sales := newSales(p, in)
	for _, lead := range candidates(p, in) {
		candidate := explained(p, lead, in)
		candidate.Calls = sales.of(lead)
		if len(candidate.Evidence) == 0 && unexplained(p, lead, in) {
			candidate.Evidence = []reconcile.Evidence{noCall(p)}
		}
		if len(candidate.Evidence)+len(candidate.Calls) > 0 {
			out = append(out, candidate)
		}
	}
	return out
}

// explained is a lead with the call that explains the payment best, if any does.
func explained(p *reconcile.Prepared, lead *reconcile.PreparedLead, in *reconcile.Index) reconcile.Candidate {
	best := bestCall(p, lead, in)
	if best.call == nil {
		return reconcile.Candidate{LeadID: lead.ID}
	}
	out := reconcile.Candidate{LeadID: lead.ID, Evidence: best.evidence(p)}
	if best.earned(p) {
		out.CallID = best.call.ID
	}
	return out
}

// earned says that the payment may have come from the call: it was won, or nobody said how it went, and it was not about another
// currency weeks ago. Any other call tells of the lead, but nobody has earned a commission in it.
func (r *relation) earned(p *reconcile.Prepared) bool {
	switch r.call.Outcome {
	case "won", "":
	default:
		return false
	}
	expected := r.amount.expected
	return expected.Minor == 0 || expected.Currency == p.Amount.Currency || ageOf(p, r.call) <= near
}

// bestCall is the call that explains the payment best, if any does: most evidence, then the latest, then the highest id.
func bestCall(p *reconcile.Prepared, lead *reconcile.PreparedLead, in *reconcile.Index) relation {
	var best relation
	for _, call := range slices.Backward(lead.Calls) { // latest first, so that a later tie loses
		if r, fits := relate(p, call, in); fits && (best.call == nil || r.sum() > best.sum()) {
			best = r
		}
	}
	return best
}

// relation is how one call relates to a payment. Weights first, words only for the call that is chosen.
type relation struct {
	call    *reconcile.Call
	time    reconcile.Weight
	amount  fit
	product reconcile.Weight
	sold    *reconcile.Product
}

func (r *relation) sum() reconcile.Weight { return r.time + r.amount.weight + r.product }

// relate compares one call with the payment. It fits if it lies in the window, which a plan of n rates
// stretches by n-1 months, for its last rate comes that much later.
func relate(p *reconcile.Prepared, call *reconcile.Call, in *reconcile.Index) (relation, bool) {
	if call.StartedAt.IsZero() || p.PaymentDate.IsZero() {
		return relation{}, false
	}
	r := relation{call: call, sold: productByID(in, call.ProductID)}
	r.amount = fitAmount(p.Amount, call, r.sold)
	window := time.Duration(in.Policy().CallWindowDays)*day + time.Duration(r.amount.rates-1)*month
	age := ageOf(p, call)
	if age < -grace || age > window {
		return relation{}, false
	}
	r.time = callWeight(call.Outcome, age)
	if r.sold != nil && r.sold.StripeProductID != "" && p.StripeProductID != "" {
		r.product = weightCallElsewhere
		if r.sold.StripeProductID == p.StripeProductID {
			r.product = weightCallProduct
		}
	}
	return r, true
}

// ageOf is how long after a call a payment was made. Where only its day is known, in a zone that nobody names, it may be a day
// more or less: what is nearest to the call counts.
func ageOf(p *reconcile.Prepared, call *reconcile.Call) time.Duration {
	age := p.PaymentDate.Sub(call.StartedAt)
	switch {
	case !p.DayOnly:
		return age
	case age > day:
		return age - day
	case age < -day:
		return age + day
	}
	return 0
}

func (r *relation) evidence(p *reconcile.Prepared) []reconcile.Evidence {
	out := make([]reconcile.Evidence, 0, 3)
	add := func(signal, paid, called string, weight reconcile.Weight) {
		out = append(out, reconcile.Evidence{
			Signal: signal, Payment: paid, Candidate: called, Weight: weight, Strategy: NameCallWindow,
		})
	}
	add(reconcile.SignalCallTime, p.PaymentDate.UTC().Format(time.RFC3339),
		r.call.StartedAt.UTC().Format(time.RFC3339)+" "+r.call.Outcome, r.time)
	if r.amount.weight != 0 {
		add(reconcile.SignalAmount, display(p.Amount), display(r.amount.expected), r.amount.weight)
	}
	if r.product != 0 {
		add(reconcile.SignalCallProduct, p.StripeProductID, r.sold.StripeProductID, r.product)
	}
	return out
}

// unexplained says that no call of a lead is anywhere near the payment. Where calls are not recorded at all, that says
// nothing.
func unexplained(p *reconcile.Prepared, lead *reconcile.PreparedLead, in *reconcile.Index) bool {
	if !in.AnyCalls() || p.PaymentDate.IsZero() {
		return false
	}
	return !slices.ContainsFunc(lead.Calls, func(call *reconcile.Call) bool {
		age := ageOf(p, call)
		return (age <= 0 && -age <= soon) || (age > 0 && age <= lately && call.Outcome == "won")
	})
}

// noCall is the evidence against a lead whose calls cannot explain the payment.
func noCall(p *reconcile.Prepared) reconcile.Evidence {
	return reconcile.Evidence{
		Signal: reconcile.SignalCallTime, Payment: p.PaymentDate.UTC().Format(time.RFC3339),
		Candidate: "no call near the payment", Weight: weightCallNone, Strategy: NameCallWindow,
	}
}

func callWeight(outcome string, age time.Duration) reconcile.Weight {
	switch outcome {
	case "won":
		if age <= near {
			return weightCallWonNear
		}
		return weightCallWon
	case "lost", "no_show":
		return weightCallLost
	}
	return weightCallOpen
}

// fit is how a payment's amount relates to an expected one. rates is 1 unless it is an instalment.
type fit struct {
	expected money.Amount
	rates    int
	weight   reconcile.Weight
}

// fitAmount compares with the agreed amount, or with the list price of the call's product if none is known.
func fitAmount(paid money.Amount, call *reconcile.Call, sold *reconcile.Product) fit {
	expected, equal := call.Amount, weightAmountExact
	if expected == nil && sold != nil {
		expected, equal = sold.Amount, weightAmountList
	}
	if expected == nil || paid.Minor <= 0 || expected.Minor <= 0 {
		return fit{rates: 1}
	}
	rates := ratesOf(paid, *expected)
	out := fit{expected: *expected, rates: max(1, rates), weight: weightAmountDiffers}
	switch {
	case paid.Currency != expected.Currency:
		out.weight = weightAmountCurrency
	case rates == 1:
		out.weight = equal
	case rates > 1:
		out.weight = min(equal, weightAmountInstalment)
	}
	return out
}

// ratesOf is into how many equal rates the payment divides an amount, within a minor unit: 1 if it is the
// whole, 0 if none of the usual plans fits. The whole must agree exactly.
func ratesOf(paid, whole money.Amount) int {
	if paid.Currency != whole.Currency {
		return 0
	}
	if paid.Minor == whole.Minor {
		return 1
	}
	for _, rates := range usualRates {
		low := whole.Minor / rates
		if paid.Minor >= low && paid.Minor <= low+1 && low > 0 {
			return int(rates)
		}
	}
	return 0
}

func display(a money.Amount) string { return a.String() + " " + string(a.Currency) }

// productByID finds a product in the index's sorted list.
func productByID(in *reconcile.Index, id string) *reconcile.Product {
	products := in.Products()
	at, ok := slices.BinarySearchFunc(products, id, func(p *reconcile.Product, id string) int {
		return cmp.Compare(p.ID, id)
	})
	if !ok || id == "" {
		return nil
	}
	return products[at]
}
