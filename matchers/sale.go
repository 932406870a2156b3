package matchers

import (
	"strconv"
	"strings"
	"time"

	"pennytie/reconcile"
)

const (
	// beforehand is how long before the call that it came from a payment may be made: people pay on a link and are then called.
	beforehand = 7 * day
	// promptly is how soon after a call most of those pay who came from it.
	promptly = 2 * day
	// slack is how far from the same day of another month a rate may be paid.
	slack = 4 * day
	// mostRates is the longest plan that a description is believed.
	mostRates = 36
)

// sales are the calls of one lead from which a payment may have come: those that were won, or of which nobody said how they went,
// in the window. A call that was lost, missed or is open sold nothing.
type sales struct {
	*reconcile.Prepared
	in      *reconcile.Index
	started time.Time       // when the payment was made or, of a plan, its first rate
	planned bool            // which of the plan the payment is is known
	named   map[string]bool // the products that the payment's text names; nil until somebody asks
	rivals  []*sales        // of the payer's other payments, likewise: see others
}

func newSales(p *reconcile.Prepared, in *reconcile.Index) *sales {
	s := &sales{Prepared: p, in: in}
	s.started, s.planned = planStart(p)
	return s
}

// planStart is when the first rate of a plan was paid: the oldest payment of this payer and amount, if whole months lie between
// the two, or as many months ago as the description says.
func planStart(p *reconcile.Prepared) (start time.Time, known bool) {
	start = p.PaymentDate
	for _, other := range p.Siblings {
		off := other.Amount.Minor - p.Amount.Minor
		if other.Amount.Currency == p.Amount.Currency && off >= -1 && off <= 1 && other.PaymentDate.Before(start) &&
			isMonths(p.PaymentDate.Sub(other.PaymentDate)) {
			start, known = other.PaymentDate, true
		}
	}
	if nth := nthRate(p.Description); nth > 0 {
		if told := p.PaymentDate.Add(-time.Duration(nth-1) * meanMonth); told.Before(start.Add(-slack)) || !known {
			start, known = told, true
		}
	}
	return start, known
}

// meanMonth is a twelfth of a year.
const meanMonth = 365 * day / 12

func isMonths(age time.Duration) bool {
	months := (age + meanMonth/2) / meanMonth
	return months >= 1 && months <= mostRates && (age-months*meanMonth).Abs() <= slack
}

// nthRate reads "payment 2 of 6" in a folded text: 0 if nothing like it is there.
func nthRate(words []string) int {
	for i := 1; i+1 < len(words); i++ {
		if words[i] != "of" {
			continue
		}
		nth, err := strconv.Atoi(words[i-1])
		all, err2 := strconv.Atoi(words[i+1])
		if err == nil && err2 == nil && nth >= 1 && nth <= all && all <= mostRates {
			return nth
		}
	}
	return 0
}

// of lists them. What is said of one depends on another only by the payer's other payments, which want one each (settled). That calls
// compete is scoring's business, and of two that are alike otherwise the later is nearer to the payment.
func (s *sales) of(lead *reconcile.PreparedLead) []reconcile.Candidate {
	var out []reconcile.Candidate
	costs := s.settled(lead.Calls)
	for i, call := range lead.Calls {
		evidence, fits := s.evidence(call)
		if !fits {
			continue
		}
		if costs[i] > 0 {
			evidence = append(evidence, reconcile.Evidence{Signal: reconcile.SignalSettled, Payment: display(s.Amount),
				Candidate: "in full by another payment of the payer", Weight: -reconcile.Weight(costs[i]), Strategy: NameCallWindow})
		}
		out = append(out, reconcile.Candidate{CallID: call.ID, ProductID: call.ProductID, Evidence: evidence})
	}
	return out
}

func (s *sales) evidence(call *reconcile.Call) (out []reconcile.Evidence, fits bool) {
	if call.StartedAt.IsZero() || s.PaymentDate.IsZero() || call.Outcome != "won" && call.Outcome != "" {
		return nil, false
	}
	add := func(signal, paid, called string, weight reconcile.Weight) {
		out = append(out, reconcile.Evidence{Signal: signal, Payment: paid, Candidate: called, Weight: weight, Strategy: NameCallWindow})
	}
	sold := productByID(s.in, call.ProductID)
	asked := fitAmount(s.Amount, call, sold)
	weight, from, fits := s.time(call, &asked)
	if !fits {
		return nil, false
	}
	when := call.StartedAt.UTC().Format(time.RFC3339) + " " + call.Outcome
	if from.Before(s.PaymentDate) {
		when += ", first paid " + from.UTC().Format(time.DateOnly)
	}
	add(reconcile.SignalCallTime, s.PaymentDate.UTC().Format(time.RFC3339), when, weight)
	if asked.expected.Minor > 0 {
		is, words := termsOf(s.Prepared, asked.expected)
		weight := weightSaleTerms[is]
		if is == termsWhole && call.Amount == nil {
			weight = weightSaleList
		}
		add(reconcile.SignalAmount, display(s.Amount), words, weight)
	}
	if sold != nil {
		if e, known := s.product(sold); known {
			out = append(out, e)
		}
	}
	return out, true
}

// time weighs how long after a call was first paid: when the plan began, when the deposit was made or, of a plan of which no more is
// known, so many months before as it may have rates. Who pays the whole of what was agreed may also pay for something new.
func (s *sales) time(call *reconcile.Call, asked *fit) (weight reconcile.Weight, from time.Time, fits bool) {
	starts := []time.Time{s.started}
	if deposit := completes(s.Prepared, asked.expected); deposit != nil && deposit.PaymentDate.Before(s.PaymentDate) {
		starts = []time.Time{deposit.PaymentDate}
	} else if s.planned && s.Amount == asked.expected {
		starts = append(starts, s.PaymentDate)
	}
	window := time.Duration(s.in.Policy().CallWindowDays) * day
	if !s.planned {
		window += time.Duration(asked.rates-1) * month
	}
	for _, start := range starts {
		age := ageOf(s.Prepared, call) - s.PaymentDate.Sub(start)
		if w := saleWeight(age); age >= -beforehand && age <= window && (!fits || w > weight) {
			weight, from, fits = w, start, true
		}
	}
	return weight, from, fits
}

func saleWeight(age time.Duration) reconcile.Weight {
	switch {
	case age < 0:
		return weightSaleAhead
	case age <= promptly:
		return weightSalePrompt
	case age <= near:
		return weightSaleNear
	case age <= month:
		return weightSaleMonth
	}
	return weightSaleLate
}

// product holds what a call was about against what the payment says it is for.
func (s *sales) product(sold *reconcile.Product) (reconcile.Evidence, bool) {
	e := reconcile.Evidence{Signal: reconcile.SignalCallProduct, Payment: s.StripeProductID, Candidate: sold.StripeProductID, Strategy: NameCallWindow}
	if s.StripeProductID != "" && sold.StripeProductID != "" {
		e.Weight = weightSaleElsewhere
		if s.StripeProductID == sold.StripeProductID {
			e.Weight = weightSaleProduct
		}
		return e, true
	}
	if s.named == nil {
		s.named = s.names()
	}
	if len(s.named) == 0 {
		return e, false
	}
	e.Signal, e.Payment, e.Candidate, e.Weight = reconcile.SignalDescription, describe(s.Prepared), sold.Name, weightSaleOtherNamed
	if s.named[sold.ID] {
		e.Weight = weightSaleNamed
	}
	return e, true
}

func (s *sales) names() map[string]bool {
	out := map[string]bool{}
	text := strings.Join(s.Description, " ")
	for _, product := range s.in.Products() {
		if naming(s.Prepared, text, product).Weight > 0 {
			out[product.ID] = true
		}
	}
	return out
}
