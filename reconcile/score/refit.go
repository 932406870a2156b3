package score

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"pennytie/reconcile"
)

// Decided is a payment on which a person has spoken: what matchers find as if nobody had said anything, and whose it is.
type Decided struct {
	PaymentID string
	Paid      time.Time
	PayerKeys []reconcile.BlockKey
	Found     []reconcile.Candidate
	LeadID    string // empty: the payer is no lead
}

const (
	// factorsHold and shiftHolds are how strongly a refit holds on to what is shipped, as if so much had been seen already: about
	// what a few hundred decisions in doubt tell of a factor. Ten decisions hardly move anything, a thousand do.
	factorsHold = 100.0
	shiftHolds  = 50.0
	// mostFactor bounds how much a signal may count. No signal may come to speak against whom it speaks for.
	mostFactor = 3.0
	// mostSteps bounds the climb. It is done in about six.
	mostSteps = 50
	// partsAtMost is into how many parts decisions are split to be held out.
	partsAtMost = 5
)

// refittable are the signals that have a factor, by name. People's words on other payments have none: decisions would be
// explained by decisions.
var refittable = slices.Sorted(maps.Keys(modelled))

// refitted scales the evidence of a person and adds the shift of the prior, before any ceiling.
func refitted(evidence []reconcile.Evidence, refit *reconcile.Refit) []reconcile.Evidence {
	if refit == nil {
		return evidence
	}
	for i := range evidence {
		evidence[i].Weight = refit.Scaled(evidence[i].Signal, evidence[i].Weight)
	}
	return append(evidence, reconcile.Evidence{Signal: reconcile.SignalCalibration, Weight: refit.Shift, Strategy: strategyModel,
		Candidate: fmt.Sprintf("refit %d, from %d decisions", refit.ID, refit.Decisions)})
}

// choice is what a person chose from: the persons, or nobody.
type choice struct {
	paymentID string
	options   []option
	right     int // of options; -1: nobody, or none of these
}

// option is a person as a refit sees them.
type option struct {
	worth   []float64 // of each refittable signal, then 1 for the shift; in natural-log units
	fixed   float64   // what no refit changes
	ceiling float64
}

// choose is the competition that Confidences settles.
func (m *Model) choose(d *Decided) choice {
	leads, _ := gather(d.Found)
	persons := Scorer{Model: m}.weigh(leads)
	slices.SortFunc(persons, func(a, b Person) int {
		return cmp.Or(cmp.Compare(m.logOdds(&b.Leads[0]), m.logOdds(&a.Leads[0])), cmp.Compare(a.Leads[0].LeadID, b.Leads[0].LeadID))
	})
	c := choice{paymentID: d.PaymentID, right: -1}
	for i, counted := 0, 0; i < len(persons) && counted < reconcile.MaxCandidates; i++ {
		counted += len(persons[i].Leads)
		if slices.ContainsFunc(persons[i].Leads, func(lead reconcile.Candidate) bool { return lead.LeadID == d.LeadID }) {
			c.right = i
		}
		c.options = append(c.options, m.option(&persons[i]))
	}
	return c
}

func (m *Model) option(p *Person) option {
	o := option{worth: make([]float64, len(refittable)+1), fixed: natural(reconcile.Weight(m.Bias)), ceiling: natural(p.ceiling)}
	o.worth[len(refittable)] = 1
	for _, e := range p.Leads[0].Evidence {
		if at, is := slices.BinarySearch(refittable, e.Signal); is {
			o.worth[at] += natural(e.Weight)
		} else if e.Signal != reconcile.SignalCeiling {
			o.fixed += natural(e.Weight)
		}
	}
	return o
}

// natural is a weight in natural-log units.
func natural(w reconcile.Weight) float64 { return float64(w) / 100 }

// Fit finds the factors and the shift by which people's choices are most likely, held to what is shipped by a ridge. The order of
// decisions does not show.
func (m *Model) Fit(decided []Decided) *reconcile.Refit {
	refit := fit(m.chooseAll(decided))
	refit.Model = m.Fingerprint()
	return refit
}

func (m *Model) chooseAll(decided []Decided) []choice {
	choices := make([]choice, len(decided))
	for i := range decided {
		choices[i] = m.choose(&decided[i])
	}
	return choices
}

func fit(choices []choice) *reconcile.Refit {
	found := climb(slices.SortedFunc(slices.Values(choices), func(a, b choice) int { return cmp.Compare(a.paymentID, b.paymentID) }))
	refit := &reconcile.Refit{Decisions: len(choices), Factors: make(map[string]int, len(refittable)),
		Shift: reconcile.Weight(math.Round(found[len(refittable)] * 100))}
	for i, signal := range refittable {
		refit.Factors[signal] = int(math.Round(found[i] * reconcile.ScaleAsShipped))
	}
	return refit
}

// climb goes up the likelihood of the choices, less the ridge, by Newton's steps. A step that would go over the top is halved.
func climb(choices []choice) []float64 {
	at := make([]float64, len(refittable)+1)
	for i := range refittable {
		at[i] = 1
	}
	slope, curve := steepness(choices, at)
	for range mostSteps {
		const near, mostHalvings = 1e-7, 20
		step := solve(curve, slope)
		if slices.Equal(walk(at, step), at) || slices.Max(step) < near && slices.Min(step) > -near {
			break
		}
		for range mostHalvings {
			next := walk(at, step)
			nextSlope, nextCurve := steepness(choices, next)
			if dot(nextSlope, step) > -near {
				at, slope, curve = next, nextSlope, nextCurve
				break
			}
			for i := range step {
				step[i] /= 2
			}
		}
	}
	return at
}

// walk takes a step, as far as factors may go.
func walk(at, step []float64) []float64 {
	next := make([]float64, len(at))
	for i := range at {
		next[i] = at[i] + step[i]
		if i < len(refittable) {
			next[i] = max(0, min(mostFactor, next[i]))
		}
	}
	return next
}

// steepness is the slope of the likelihood less the ridge, and how fast it falls off.
func steepness(choices []choice, at []float64) (slope []float64, curve [][]float64) {
	slope, curve = make([]float64, len(at)), make([][]float64, len(at))
	for i := range at {
		curve[i] = make([]float64, len(at))
		home, hold := 1.0, factorsHold
		if i == len(refittable) {
			home, hold = 0, shiftHolds
		}
		slope[i], curve[i][i] = float64(hold*(home-at[i])), hold
	}
	for i := range choices {
		choices[i].add(at, slope, curve)
	}
	return slope, curve
}

// add adds the slope of one choice, and its share in how fast the whole falls off. A person at the ceiling moves no more.
func (c *choice) add(at, slope []float64, curve [][]float64) {
	odds, sum := make([]float64, len(c.options)), 1.0 // the explicit alternative
	moves := make([]bool, len(c.options))
	for j := range c.options {
		o := &c.options[j]
		logOdds := o.fixed + dot(o.worth, at)
		moves[j] = logOdds < o.ceiling
		odds[j] = math.Exp(max(-natural(mostWeight), min(natural(mostWeight), o.ceiling, logOdds)))
		sum += odds[j]
	}
	mean := make([]float64, len(at))
	for j := range c.options {
		if !moves[j] {
			continue
		}
		worth, p := c.options[j].worth, odds[j]/sum
		for k, w := range worth {
			if w == 0 {
				continue // most are
			}
			mean[k] += float64(p * w)
			if j == c.right {
				slope[k] += w
			}
			for l := range worth {
				curve[k][l] += float64(float64(p*w) * worth[l])
			}
		}
	}
	for k := range mean {
		slope[k] -= mean[k]
		for l := range mean {
			curve[k][l] -= float64(mean[k] * mean[l])
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

// solve finds x of ax = b by Cholesky's factors: a is symmetric and, with a ridge on it, positive definite.
func solve(a [][]float64, b []float64) []float64 {
	lower, x := make([][]float64, len(a)), make([]float64, len(b))
	for i := range a {
		lower[i] = make([]float64, len(a))
		for j := 0; j <= i; j++ {
			left := a[i][j] - dot(lower[i][:j], lower[j][:j])
			if i == j {
				lower[i][i] = math.Sqrt(left)
			} else {
				lower[i][j] = left / lower[j][j]
			}
		}
		x[i] = (b[i] - dot(lower[i][:i], x[:i])) / lower[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for k := i + 1; k < len(x); k++ {
			x[i] -= float64(lower[k][i] * x[k])
		}
		x[i] /= lower[i][i]
	}
	return x
}

// HeldOut gives, for each decision, the refit that was fitted without those of its part, and how many parts there are: whoever
// shares a payer or a lead is in one part, and a part is a stretch of time. Of one part nothing can be held out: nil.
func (m *Model) HeldOut(decided []Decided) (refits []*reconcile.Refit, parts int) {
	part, parts := split(decided)
	if parts < 2 {
		return nil, parts
	}
	choices, without := m.chooseAll(decided), make([]*reconcile.Refit, parts)
	for k := range without {
		var others []choice
		for i := range choices {
			if part[i] != k {
				others = append(others, choices[i])
			}
		}
		without[k] = fit(others)
	}
	refits = make([]*reconcile.Refit, len(decided))
	for i := range decided {
		refits[i] = without[part[i]]
	}
	return refits, parts
}

// split says of each decision in which part it is.
func split(decided []Decided) (part []int, parts int) {
	group := groups(decided)
	first, size := map[int]int{}, map[int]int{} // the earliest decision of a group, by payment date and id
	earlier := func(i, j int) int {
		return cmp.Or(decided[i].Paid.Compare(decided[j].Paid), cmp.Compare(decided[i].PaymentID, decided[j].PaymentID))
	}
	for i, g := range group {
		size[g]++
		if at, is := first[g]; !is || earlier(i, at) < 0 {
			first[g] = i
		}
	}
	byTime := slices.SortedFunc(maps.Keys(first), func(a, b int) int { return earlier(first[a], first[b]) })
	partOf, before, last := map[int]int{}, 0, -1
	for _, g := range byTime {
		if k := (2*before + size[g]) * partsAtMost / (2 * len(decided)); k != last { // where the middle of the group is
			last = k
			parts++
		}
		partOf[g] = parts - 1
		before += size[g]
	}
	part = make([]int, len(decided))
	for i, g := range group {
		part[i] = partOf[g]
	}
	return part, parts
}

// groups gives decisions that share a payer or a lead, also by way of others, the same number.
func groups(decided []Decided) []int {
	of := make([]int, len(decided))
	for i := range of {
		of[i] = i
	}
	root := func(i int) int {
		for of[i] != i {
			of[i] = of[of[i]]
			i = of[i]
		}
		return i
	}
	payer, lead := map[reconcile.BlockKey]int{}, map[string]int{}
	for i := range decided {
		for _, key := range decided[i].PayerKeys {
			if other, is := payer[key]; is {
				of[root(i)] = root(other)
			}
			payer[key] = i
		}
		if id := decided[i].LeadID; id != "" {
			if other, is := lead[id]; is {
				of[root(i)] = root(other)
			}
			lead[id] = i
		}
	}
	for i := range of {
		of[i] = root(i)
	}
	return of
}

// Trial adds up how decisions would have come out by a machine.
type Trial struct {
	Evaluation
	surprise int64 // sum of -ln of the confidence that the right alternative had, in ten-thousandths
	count    int64
}

// Add takes a decision and what the machine would say of it, and tells whether the lead that it gives is right.
func (t *Trial) Add(d *Decided, match *reconcile.Match) (right bool) {
	truth := Truth{LeadID: d.LeadID}
	had := reconcile.Sure - reconcile.Together(match.Candidates) // nobody, or none of these
	at := slices.IndexFunc(match.Candidates, func(c reconcile.Candidate) bool { return c.LeadID == d.LeadID })
	if at >= 0 {
		had = match.Candidates[at].Confidence
		for i := range match.Candidates {
			if match.Candidates[i].Person() == match.Candidates[at].Person() {
				truth.AcceptableIDs = append(truth.AcceptableIDs, match.Candidates[i].LeadID)
			}
		}
	}
	t.Evaluation.Add(Case{Match: match, Truth: truth})
	t.count++
	t.surprise += int64(math.Round(-math.Log(float64(max(1, had))/float64(reconcile.Sure)) * float64(reconcile.Sure)))
	return match.LeadID != "" && slices.Contains(truth.leads(), match.LeadID)
}

// LogLoss is the mean of -ln of the confidence that the right alternative had: 0 is perfect.
func (t *Trial) LogLoss() Number { return ratio(t.surprise, t.count*int64(reconcile.Sure)) }
