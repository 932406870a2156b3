package score

import (
	"cmp"
	"slices"

	"pennytie/reconcile"
)

// BaseSuite is the name of the suite of payments that are in no other.
const BaseSuite = "base"

const (
	// even is the confidence from which f1_at_50 takes the best candidate.
	even = reconcile.Sure / 2
	// listedAtMost is how many candidates recall_at_5 looks at: about what a reviewer reads.
	listedAtMost = 5
)

// Truth is what a person or a generator of data knows of one payment. An empty id says that none exists.
type Truth struct {
	LeadID        string
	AcceptableIDs []string // leads that are as right as LeadID, e.g. a duplicate record of the same person
	CallID        string
	ProductID     string
	Suite         string // empty: BaseSuite
	Linkable      bool   // what is visible of the payment determines the lead
}

// leads are all that are right.
func (t *Truth) leads() []string { return ids(append([]string{t.LeadID}, t.AcceptableIDs...)...) }

// Case is one payment: what is stored of it, and what is true. Nothing of a case goes back into matching.
type Case struct {
	Match *reconcile.Match
	Truth Truth
}

// Counts are what the ratios of a Measure are made of. All are payments.
type Counts struct {
	Payments      int64 `json:"payments"` // with a label and not decided by a person
	Manual        int64 `json:"manual"`   // decided by a person: in no other count
	WithTruth     int64 `json:"with_truth"`
	Linkable      int64 `json:"linkable"`       // of WithTruth
	Auto          int64 `json:"auto"`           // with an automatic decision
	Right         int64 `json:"right"`          // of Auto
	RightLinkable int64 `json:"right_linkable"` // of Right: those that are Linkable
	Wrong         int64 `json:"wrong"`          // of Auto
	WrongNoLead   int64 `json:"wrong_no_lead"`  // of Wrong: the payer has no lead
	Candidates    int64 `json:"candidates"`     // with a best candidate and its confidence
	RightBest     int64 `json:"right_best"`     // of Candidates
	At50          int64 `json:"at_50"`          // of Candidates: confidence of 0.50 or more
	RightAt50     int64 `json:"right_at_50"`
	InFirst5      int64 `json:"in_first_5"` // of WithTruth
}

// Measure says how good the matches of one kind (lead, call or product) are.
//
//   - Precision is right among automatic decisions; Recall is right decisions among payments of which the truth
//     has one; F1 is 2 right / (decided + with truth), their harmonic mean.
//   - F1At50 decides for the best candidate wherever its confidence is 0.50 or more.
//   - RecallAt5 is how often a right one is among the first five candidates; RecallLinkable is Recall over the
//     payments whose truth says that they can be linked.
//   - ECE is the expected calibration error of the best candidate: the mean over the bins of Report.Reliability,
//     weighted by count, of how far mean confidence and share of right lie apart. Brier is the mean squared
//     distance of confidence and outcome (0 or 1).
//   - FalsePer10K are wrong automatic decisions in 10,000 payments, FalseNoLeadPer10K those for payers without a
//     lead.
type Measure struct {
	Precision         Number `json:"precision"`
	Recall            Number `json:"recall"`
	F1                Number `json:"f1"`
	F1At50            Number `json:"f1_at_50"`
	RecallAt5         Number `json:"recall_at_5"`
	RecallLinkable    Number `json:"recall_linkable"`
	ECE               Number `json:"ece"`
	Brier             Number `json:"brier"`
	FalsePer10K       Number `json:"false_per_10k"`
	FalseNoLeadPer10K Number `json:"false_no_lead_per_10k"`
	Counts            Counts `json:"counts"`
}

// Targets are the three things that a payment is attributed to.
type Targets struct {
	Lead    Measure `json:"lead"`
	Call    Measure `json:"call"`
	Product Measure `json:"product"`
}

// Bin is a row of the reliability table: the payments whose best candidate has a confidence from From up to but
// not To (the last bin has To as well).
type Bin struct {
	From           Number `json:"from"`
	To             Number `json:"to"`
	Count          int64  `json:"count"`
	MeanConfidence Number `json:"mean_confidence"`
	Right          int64  `json:"right"`
}

// Strategy is how the automatic decisions for a lead by one strategy turned out. The interval is where the
// precision lies with 95 % confidence: few decisions say little.
type Strategy struct {
	MatchedBy    string `json:"matched_by"`
	Auto         int64  `json:"auto"`
	Right        int64  `json:"right"`
	Wrong        int64  `json:"wrong"`
	Precision    Number `json:"precision"`
	IntervalLow  Number `json:"interval_low"`
	IntervalHigh Number `json:"interval_high"`
}

// Report is what an Evaluation found. The order in which the cases came does not show in it.
type Report struct {
	All         Targets            `json:"all"`
	Suites      map[string]Targets `json:"suites"`
	Reliability []Bin              `json:"reliability"` // of leads, over all suites; every bin, also an empty one
	Strategies  []Strategy         `json:"strategies"`  // by name
}

// Evaluation adds up cases, of which it keeps none.
type Evaluation struct {
	// Sure is the confidence from which a call and a product are decided by themselves: the policy's AutoConfirm. A lead is decided
	// where the match says so.
	Sure reconcile.Confidence

	all        meters
	suites     map[string]*meters
	strategies map[string]*Strategy
}

// Add takes one case. What a person decided tells nothing of the machine: it is counted and left out.
func (e *Evaluation) Add(c Case) {
	name := cmp.Or(c.Truth.Suite, BaseSuite)
	suite := e.suites[name]
	if suite == nil {
		if e.suites == nil {
			e.suites = map[string]*meters{}
		}
		suite = &meters{}
		e.suites[name] = suite
	}
	answers := [...]answer{leadAnswer(&c), callAnswer(&c, e.Sure), productAnswer(&c, e.Sure)}
	for i := range answers {
		e.all[i].add(&c, &answers[i])
		suite[i].add(&c, &answers[i])
	}
	e.addStrategy(c.Match, &answers[0])
}

func (e *Evaluation) addStrategy(m *reconcile.Match, lead *answer) {
	if lead.decided == "" {
		return
	}
	s := e.strategies[m.By]
	if s == nil {
		if e.strategies == nil {
			e.strategies = map[string]*Strategy{}
		}
		s = &Strategy{MatchedBy: m.By}
		e.strategies[m.By] = s
	}
	s.Auto++
	if lead.right(lead.decided) {
		s.Right++
	} else {
		s.Wrong++
	}
}

// Report computes the ratios of what was added so far.
func (e *Evaluation) Report() Report {
	r := Report{All: e.all.report(), Suites: make(map[string]Targets, len(e.suites)), Reliability: e.all[0].table(),
		Strategies: make([]Strategy, 0, len(e.strategies))}
	for name, suite := range e.suites {
		r.Suites[name] = suite.report()
	}
	for _, s := range e.strategies {
		done := *s
		done.Precision = ratio(s.Right, s.Auto)
		done.IntervalLow, done.IntervalHigh = wilson(s.Right, s.Auto)
		r.Strategies = append(r.Strategies, done)
	}
	slices.SortFunc(r.Strategies, func(a, b Strategy) int { return cmp.Compare(a.MatchedBy, b.MatchedBy) })
	return r
}

// answer is what a match says of one target, beside what is true of it.
type answer struct {
	truth      []string             // every right id; none: there is none
	decided    string               // automatically; empty: not
	best       string               // the best candidate; empty: none, or one without a confidence
	confidence reconcile.Confidence // of best
	listed     []string             // the first five candidates
}

func (a *answer) right(id string) bool { return slices.Contains(a.truth, id) }

func leadAnswer(c *Case) answer {
	m := c.Match
	a := answer{truth: c.Truth.leads(), decided: automatic(m, m.LeadID)}
	if len(m.Candidates) > 0 {
		a.best, a.confidence = m.Candidates[0].LeadID, m.Candidates[0].Confidence
	}
	for i := range firstCandidates(m) {
		a.listed = append(a.listed, m.Candidates[i].LeadID)
	}
	return a
}

// callAnswer takes the calls of all leads, the surest first. Decided is one that is sure by itself, of a lead that is decided.
func callAnswer(c *Case, sure reconcile.Confidence) answer {
	m := c.Match
	a := answer{truth: ids(c.Truth.CallID)}
	if c, known := m.CallConfidence(); known && c >= sure {
		a.decided = automatic(m, m.CallID)
	}
	var calls []*reconcile.Candidate
	for i := range m.Candidates {
		for j := range m.Candidates[i].Calls {
			calls = append(calls, &m.Candidates[i].Calls[j])
		}
	}
	slices.SortStableFunc(calls, func(a, b *reconcile.Candidate) int { return cmp.Compare(b.Confidence, a.Confidence) })
	for i := range min(listedAtMost, len(calls)) {
		a.listed = append(a.listed, calls[i].CallID)
	}
	if len(calls) > 0 {
		a.best, a.confidence = calls[0].CallID, calls[0].Confidence
	}
	return a
}

// productAnswer does not ask for the lead: what was paid for may be sure where the payer is not.
func productAnswer(c *Case, sure reconcile.Confidence) answer {
	m := c.Match
	a := answer{truth: ids(c.Truth.ProductID)}
	if c, known := m.ProductConfidence(); known && c >= sure {
		a.decided = m.ProductID
	}
	for i := range m.Products[:min(listedAtMost, len(m.Products))] {
		a.listed = append(a.listed, m.Products[i].ProductID)
	}
	if len(m.Products) > 0 {
		a.best, a.confidence = m.Products[0].ProductID, m.Products[0].Confidence
	}
	return a
}

// automatic is the id if a machine decided.
func automatic(m *reconcile.Match, id string) string {
	if m.State != reconcile.MatchAuto {
		return ""
	}
	return id
}

// firstCandidates is how many candidates are listed.
func firstCandidates(m *reconcile.Match) int { return min(listedAtMost, len(m.Candidates)) }

// ids drops the empty ones, in place: no id is never equal to no id.
func ids(all ...string) []string {
	return slices.DeleteFunc(all, func(id string) bool { return id == "" })
}

// meters are those of lead, call and product.
type meters [3]meter

func (m *meters) report() Targets {
	return Targets{Lead: m[0].measure(), Call: m[1].measure(), Product: m[2].measure()}
}

// meter adds up one target. Its sums are integers: no order of adding shows.
type meter struct {
	Counts
	bins    [len(binEdges)]bin
	squared int64 // sum of squared distances of confidence and outcome, each in ten-thousandths
}

// binEdges are where the bins of the reliability table begin. Tenths say too little at the top, where decisions
// are made and where 0.95 and 0.99 are very different promises, so the last tenth is cut finer.
var binEdges = [...]reconcile.Confidence{0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 9500, 9800, 9900, 9950}

// bin adds up the payments of one range of confidences.
type bin struct {
	count, right int64
	confidence   int64 // sum
}

// binOf is the last bin that begins at or below a confidence.
func binOf(c reconcile.Confidence) int {
	i := len(binEdges) - 1
	for i > 0 && c < binEdges[i] {
		i--
	}
	return i
}

func (m *meter) add(c *Case, a *answer) {
	if c.Match.State == reconcile.MatchManual {
		m.Manual++
		return
	}
	m.Payments++
	right := a.right(a.decided)
	if len(a.truth) > 0 {
		m.WithTruth++
		if slices.ContainsFunc(a.listed, a.right) {
			m.InFirst5++
		}
		if c.Truth.Linkable {
			m.Linkable++
			if right {
				m.RightLinkable++
			}
		}
	}
	switch {
	case a.decided == "":
	case right:
		m.Auto++
		m.Right++
	default:
		m.Auto++
		m.Wrong++
		if len(c.Truth.leads()) == 0 {
			m.WrongNoLead++
		}
	}
	if a.best != "" {
		m.addBest(a.confidence, a.right(a.best))
	}
}

// addBest holds the confidence of a best candidate against what came of it.
func (m *meter) addBest(c reconcile.Confidence, right bool) {
	b := &m.bins[binOf(c)]
	m.Candidates++
	b.count++
	b.confidence += int64(c)
	distance := int64(c)
	if right {
		m.RightBest++
		b.right++
		distance -= int64(reconcile.Sure)
	}
	m.squared += distance * distance
	if c >= even {
		m.At50++
		if right {
			m.RightAt50++
		}
	}
}

func (m *meter) measure() Measure {
	const sure, many = int64(reconcile.Sure), 10_000
	gaps := int64(0) // summed over payments, in ten-thousandths
	for _, b := range m.bins {
		gap := b.confidence - b.right*sure
		gaps += max(gap, -gap)
	}
	return Measure{
		Precision:         ratio(m.Right, m.Auto),
		Recall:            ratio(m.Right, m.WithTruth),
		F1:                ratio(2*m.Right, m.Auto+m.WithTruth),
		F1At50:            ratio(2*m.RightAt50, m.At50+m.WithTruth),
		RecallAt5:         ratio(m.InFirst5, m.WithTruth),
		RecallLinkable:    ratio(m.RightLinkable, m.Linkable),
		ECE:               ratio(gaps, m.Candidates*sure),
		Brier:             ratio(m.squared, m.Candidates*sure*sure),
		FalsePer10K:       ratio(m.Wrong*many, m.Payments),
		FalseNoLeadPer10K: ratio(m.WrongNoLead*many, m.Payments),
		Counts:            m.Counts,
	}
}

func (m *meter) table() []Bin {
	bins := make([]Bin, len(m.bins))
	for i, b := range m.bins {
		to := reconcile.Sure
		if i+1 < len(binEdges) {
			to = binEdges[i+1]
		}
		bins[i] = Bin{From: share(binEdges[i]), To: share(to), Count: b.count,
			MeanConfidence: ratio(b.confidence, b.count*int64(reconcile.Sure)), Right: b.right}
	}
	return bins
}

func share(c reconcile.Confidence) Number { return ratio(int64(c), int64(reconcile.Sure)) }
