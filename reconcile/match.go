package reconcile

// MatchState is what is known of a payment's attribution.
type MatchState string

// Match states.
const (
	MatchAuto      MatchState = "auto"
	MatchSuggested MatchState = "suggested" // one best candidate, not sure enough
	MatchAmbiguous MatchState = "ambiguous" // two or more too close together
	MatchUnmatched MatchState = "unmatched" // no plausible candidate: the payer need not be a lead
	MatchManual    MatchState = "manual"    // a person said so
)

// Decided says whether the attribution may be relied on.
func (s MatchState) Decided() bool { return s == MatchAuto || s == MatchManual }

// Confidence is a probability in ten-thousandths (9312 is 0.9312): an integer, so that it is stored,
// compared and printed the same everywhere.
type Confidence int

// Sure is probability one.
const Sure Confidence = 10_000

// Weight is log-odds in hundredths of a natural-log unit: 620 is +6.20.
type Weight int

// Evidence is one compared feature with both values.
type Evidence struct {
	Signal    string // e.g. email, phone, name, amount, call_time
	Payment   string // the payment's value
	Candidate string // the candidate's value
	Weight    Weight // for (+) or against (-)
	Strategy  string // name of the matcher that found it
}

// Candidate is a possible lead for a payment, a possible call of a lead (without LeadID) or a possible product (without CallID,
// too). Matchers fill the id and Evidence, of a lead also its Calls, of a call its ProductID; scoring fills the rest.
type Candidate struct {
	LeadID     string
	CallID     string // of a lead: the call from which the payment came, if it is likelier than not once the lead paid
	ProductID  string // of that call
	Confidence Confidence
	MatchedBy  string // strategy of the strongest evidence
	Evidence   []Evidence
	Note       string
	Calls      []Candidate // of a lead: its calls that come into question, best first, at most MaxChoices
	Measures   []Measure   // what the trained model sees; not stored
}

// Person is what the leads that record one person have in common: the id of one of them.
func (c *Candidate) Person() string {
	for i := range c.Evidence {
		if c.Evidence[i].Signal == SignalSamePerson {
			return c.Evidence[i].Candidate
		}
	}
	return c.LeadID
}

// CallConfidence is how sure it is that the payment came from the candidate's call: from this lead and, of its calls, from this one.
func (c *Candidate) CallConfidence() (sure Confidence, known bool) {
	return confidenceIn(c.Calls, func(call *Candidate) bool { return c.CallID != "" && call.CallID == c.CallID })
}

func confidenceIn(list []Candidate, is func(*Candidate) bool) (sure Confidence, known bool) {
	for i := range list {
		if is(&list[i]) {
			return list[i].Confidence, true
		}
	}
	return 0, false
}

// Match is the decision about a payment's attribution.
type Match struct {
	State      MatchState
	LeadID     string // empty unless decided or suggested
	CallID     string
	ProductID  string
	By         string // matched_by: the deciding strategy
	Confidence Confidence
	Margin     Confidence  // distance to the runner-up
	Candidates []Candidate // best first, at most MaxCandidates
	Cut        int         // how many more there were
	Products   []Candidate // best first, at most MaxChoices
}

// Attributed is who and what the payment may be booked to. A mere suggestion stays among the candidates. A product may be sure
// where the lead is not: beside a lead that is not decided stands none that is not.
func (m *Match) Attributed() (leadID, callID, productID string) {
	if m.State.Decided() {
		return m.LeadID, m.CallID, m.ProductID
	}
	return "", "", m.ProductID
}

// CallConfidence is how sure the call of the match is: what a person said is sure.
func (m *Match) CallConfidence() (sure Confidence, known bool) {
	if m.CallID != "" && m.State == MatchManual {
		return Sure, true
	}
	for i := range m.Candidates {
		if c := &m.Candidates[i]; m.CallID != "" && c.CallID == m.CallID {
			return c.CallConfidence()
		}
	}
	return 0, false
}

// ProductConfidence is likewise how sure the product is. Beside a person's word for a lead it may still be the machine's.
func (m *Match) ProductConfidence() (sure Confidence, known bool) {
	if m.ProductID == "" {
		return 0, false
	}
	sure, known = confidenceIn(m.Products, func(c *Candidate) bool { return c.ProductID == m.ProductID })
	if !known && m.State == MatchManual {
		return Sure, true
	}
	return sure, known
}

// MaxCandidates is how many candidates are kept of each payment.
const MaxCandidates = 10

// PriorCall is what speaks for a call of who bought, before anything is known of it, against their having bought without one: who had
// a call that was won in the window mostly bought because of it.
const PriorCall Weight = 150

// MaxChoices is how many calls are kept of each lead, and how many products of each payment.
const MaxChoices = 5

// Matcher proposes candidates with evidence. It does no I/O, keeps no state and never decides; the
// order of the index's leads must not show in what it returns.
type Matcher interface {
	Name() string // stored in matched_by; never change
	Match(p *Prepared, in *Index) []Candidate
}

// Preparer normalises once, before matching, and names the blocking keys by which candidates are
// found: payment and lead share a key when they are worth comparing.
type Preparer interface {
	// Version names the way in which keys are made: another name, other keys.
	Version() string
	Payment(*Payment) *Prepared
	Lead(*Lead) *PreparedLead
	// LeadKeys are those of a lead, CallKeys those under which a call makes its lead a candidate. Sorted, distinct.
	LeadKeys(*PreparedLead) []BlockKey
	CallKeys(*Call) []BlockKey
}

// Pairer compares a claim with a payment of a processor that may be the same money.
type Pairer interface {
	// Keys names the keys of which the two share one when they are worth comparing.
	Keys(*Prepared) []BlockKey
	// Pair says what speaks for and against, beside the amount: one piece of evidence of each signal. What one of them does not
	// know is not compared.
	Pair(claim, payment *Prepared) []Evidence
}

// BlockKey is a hash of a kind and a normalised value. Equal keys are a reason to compare, not proof.
type BlockKey int64

// Prepared is a payment in comparable form.
type Prepared struct {
	*Payment
	Emails      []string // normalised, distinct
	Phones      []string // E.164, or national digits where the country is unknown
	Name        Name
	Company     []string // folded tokens of the name, if it were a company's
	IsCompany   bool     // the name says so
	Place       Place
	References  []string    // values that may be our own ids: metadata, client reference, external id
	Description []string    // folded tokens of description and statement text
	Keys        []BlockKey  // sorted, distinct
	Likeness    []BlockKey  // sorted, distinct; leads that are only like it are looked for under these where Keys find few
	PayerKeys   []BlockKey  // of these, those that other payments of the same payer have, too
	Siblings    []*Prepared // other payments of the same payer, by date and id; filled by the engine
	Identifiers []Identifier
	Taught      []Taught // filled in by the engine: see Teach
}

// PreparedLead is a lead in comparable form, with its calls.
type PreparedLead struct {
	*Lead
	Emails  []string
	Phones  []string
	Name    Name
	Company []string
	Place   Place
	Calls   []*Call // sorted by start, then id; filled by the index
}

// Name is a person's name in comparable form.
type Name struct {
	Main       []string // the words that tell people apart, folded, in Latin letters, in the order given
	Generation string   // jr, sr, ii, …
	Disguised  bool     // it mixes alphabets whose letters look alike: whoever's it is, it is not the one it looks like
}

// Place is a postal address in comparable form.
type Place struct{ Street, PostalCode, City, Country string }

// Policy holds the thresholds of the decision. Values come from the configuration.
type Policy struct {
	AutoConfirm    Confidence
	Suggest        Confidence
	Margin         Confidence
	CallWindowDays int
	// ClaimWindowDays is how many days a claim without a shared id may lie from the payment that it is.
	ClaimWindowDays int
}
