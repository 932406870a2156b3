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

// Candidate is a possible lead, call and product for a payment. Matchers fill LeadID and Evidence (for a
// product: ProductID and Evidence); scoring fills the rest.
type Candidate struct {
	LeadID     string
	CallID     string
	ProductID  string
	Confidence Confidence
	MatchedBy  string // strategy of the strongest evidence
	Evidence   []Evidence
	Note       string
	Measures   []Measure // what the trained model sees; not stored
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
}

// MaxCandidates is how many candidates are kept of each payment.
const MaxCandidates = 10

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
	CallKeys(*Call) []BlockKey // under which a call makes its lead a candidate
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
	Calls   []*Call    // sorted by start, then id; filled by the index
	Keys    []BlockKey // sorted, distinct
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
