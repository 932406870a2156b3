package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// SignalPaid compares the days of a claim and of a payment.
const SignalPaid = "paid"

// Join is what is thought of a claim that shares no id with any payment of a processor: which payment is the same money. Where
// the joint decision was sure, the claim's records are at that payment; they leave it as soon as it is not.
type Join struct {
	Source, Provider, Record string // the claim's leading record
	Amount                   money.Amount
	State                    JoinState
	PaymentID                string // the payment; of several that are equally likely the first
	Confidence               Confidence
	Margin                   Confidence   // distance to the best whole solution without this pair
	Evidence                 []Evidence   // Payment is the processor's value, Candidate the claim's
	Others                   []string     // Tied: further payments; of a group the other members
	Sum                      money.Amount // Short: of Others
}

// JoinState says how sure it is.
type JoinState string

// The states.
const (
	JoinSure    JoinState = "sure"    // the records are there
	JoinLikely  JoinState = "likely"  // a person must say so
	JoinTied    JoinState = "tied"    // another whole solution is as good
	JoinCrowded JoinState = "crowded" // too much looks alike to compare it

	// Groups are shown, never joined.
	JoinSplit   JoinState = "split"   // several payments come to it
	JoinPart    JoinState = "part"    // with other claims it comes to one payment
	JoinShort   JoinState = "short"   // all payments of the payer come to less
	JoinUnclear JoinState = "unclear" // more than one group fits, or there is too much to choose from
)

// Group says whether the state is about a sum and not about a pair.
func (s JoinState) Group() bool {
	return s == JoinSplit || s == JoinPart || s == JoinShort || s == JoinUnclear
}

// Claim is what a joint decision put at a payment.
type Claim struct {
	Join      Join
	Keys      []Key
	Records   []SourceRecord
	Decisions []Decision // that were made on it
}

// Leading is the claim's record that is the most authoritative.
func (c *Claim) Leading() *SourceRecord { return moneyRecords(c.Records)[0] }

// Unequal lists the claims that were joined to a payment and no longer ask for what it asks for.
func (k *Known) Unequal() []Claim {
	own, joined := k.Apart()
	if len(joined) == 0 {
		return nil
	}
	taken, some := asked(own.Records)
	return slices.DeleteFunc(joined, func(c Claim) bool {
		claimed, is := asked(c.Records)
		return is && some && claimed == taken
	})
}

// Apart divides what is known of a payment into what belongs to it by its ids, and the claims that a joint decision put there, in
// the order of Known.Joins. A claim that stands alone is joined to nothing.
func (k *Known) Apart() (own Known, joined []Claim) {
	own = *k
	if len(k.Joins) == 0 || !slices.ContainsFunc(k.Records, func(r SourceRecord) bool { return r.Role != RoleBook && r.Kind == KindPayment }) {
		return own, nil
	}
	for _, join := range k.Joins {
		if at := slices.IndexFunc(own.Records, join.of); join.State == JoinSure && at >= 0 {
			if claim, apart := own.take(own.Records[at].Identity()); apart {
				claim.Join = join
				joined = append(joined, claim)
			}
		}
	}
	return own, joined
}

// take moves the records that hang together with some keys, and what belongs to them, to a claim of their own: if they are
// books' alone. Otherwise ids show by now that they belong here.
func (k *Known) take(keys []Key) (claim Claim, apart bool) {
	group := joining(keys, k.Records, (*SourceRecord).Identity)
	if slices.ContainsFunc(group.records, func(r SourceRecord) bool { return r.Role != RoleBook && !r.ByHand() }) {
		return Claim{}, false
	}
	claim = Claim{Keys: among(group.keys, k.Keys), Records: group.records}
	k.Keys = without(k.Keys, claim.Keys)
	k.Records = slices.DeleteFunc(slices.Clone(k.Records), func(r SourceRecord) bool {
		return slices.ContainsFunc(claim.Records, r.Same)
	})
	made := func(d Decision) bool {
		return slices.ContainsFunc(claim.Keys, func(key Key) bool { return PaymentID(key) == d.On })
	}
	for _, d := range k.Decisions {
		if made(d) {
			claim.Decisions = append(claim.Decisions, d)
		}
	}
	k.Decisions = slices.DeleteFunc(slices.Clone(k.Decisions), made)
	return claim, true
}

// Same says whether both are versions of one record.
func (r SourceRecord) Same(o SourceRecord) bool {
	return r.Source == o.Source && r.Provider == o.Provider && r.ID == o.ID
}

func (j *Join) of(r SourceRecord) bool {
	return j.Source == r.Source && j.Provider == r.Provider && j.Record == r.ID
}

// DaysApart counts the days between two instants, by their dates in UTC.
func DaysApart(a, b time.Time) int {
	const day = 24 * time.Hour
	apart := int(a.UTC().Truncate(day).Sub(b.UTC().Truncate(day)) / day)
	return max(apart, -apart)
}

// Spoken says whether a person has decided, and not taken it back.
func Spoken(said []Decision) bool {
	_, spoken := LastWord(said)
	return spoken
}

// JoinExceptions tells of claims that may be the same money as a payment and must not be taken for it without a person.
func JoinExceptions(p *Payment, joins []Join) []Exception {
	var found []Exception
	if p.Role != RoleBook {
		return nil
	}
	for _, j := range joins {
		e := Exception{Code: ExLowConfidence, Subject: "claim of " + j.Source, Expected: j.PaymentID, Actual: p.ID}
		switch j.State {
		case JoinLikely:
			e.Detail = fmt.Sprintf("this claim is likely payment %s (%d.%04d): %s", j.PaymentID, j.Confidence/Sure, j.Confidence%Sure, Signs(j.Evidence))
		case JoinTied:
			e.Code = ExAmbiguous
			e.Detail = fmt.Sprintf("this claim may be payment %s, and another solution is as good%s", j.PaymentID, alsoText(j.Others))
		case JoinCrowded:
			e.Code, e.Expected, e.Actual = ExAmbiguous, "", ""
			e.Detail = "too many claims and payments of this amount look alike to tell which one this claim is"
		case JoinSplit:
			e.Expected = strings.Join(j.Others, " ")
			e.Detail = fmt.Sprintf("these payments together come to this claim (%s)", Signs(j.Evidence))
		case JoinPart:
			e.Detail = fmt.Sprintf("with %s this claim comes to payment %s (%s)", strings.Join(j.Others, " "), j.PaymentID, Signs(j.Evidence))
		case JoinShort:
			e.Code, e.Expected, e.Actual = ExSplitIncomplete, j.Amount.String(), j.Sum.String()
			e.Detail = fmt.Sprintf("the payments of this payer, %s, come to less than this claim", strings.Join(j.Others, " "))
		case JoinUnclear:
			e.Code, e.Expected, e.Actual = ExAmbiguous, "", ""
			e.Detail = "payments and claims of this payer come to each other in more than one way, or are too many to try"
		default:
			continue
		}
		found = append(found, e)
	}
	return found
}

func alsoText(others []string) string {
	if len(others) == 0 {
		return ""
	}
	return ", also " + strings.Join(others, " ")
}

// Signs names what was compared and what it weighs, strongest first, without the values.
func Signs(evidence []Evidence) string {
	ordered := slices.SortedFunc(slices.Values(evidence), func(a, b Evidence) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Signal, b.Signal))
	})
	words := make([]string, len(ordered))
	for i, e := range ordered {
		sign, w := "+", e.Weight
		if w < 0 {
			sign, w = "-", -w
		}
		words[i] = fmt.Sprintf("%s %s%d.%02d", e.Signal, sign, w/100, w%100)
	}
	return strings.Join(words, ", ")
}
