package reconcile

import (
	"fmt"
	"slices"
)

// transitions lists, for each state, the states that may follow. What a provider or a run says is the
// event; a state may always be said again.
type transitions[S ~string] map[S][]S

func (t transitions[S]) allow(from, to S) bool { return from == to || slices.Contains(t[from], to) }

// Money that came back can be taken back again (a refund fails after it succeeded), but a refund that once
// counted cannot have never been: those steps are reported.
func refundTransitions() transitions[RefundStatus] {
	return transitions[RefundStatus]{
		"":            {RefundNone, RefundPending, RefundPartial, RefundFull, RefundFailed},
		RefundNone:    {RefundPending, RefundPartial, RefundFull, RefundFailed},
		RefundPending: {RefundPartial, RefundFull, RefundFailed},
		RefundPartial: {RefundFull, RefundFailed},
		RefundFull:    {RefundPartial, RefundFailed},
		RefundFailed:  {RefundPending, RefundPartial, RefundFull},
	}
}

// A lost dispute may still be reversed; a won one stays won unless another is opened.
func disputeTransitions() transitions[DisputeStatus] {
	return transitions[DisputeStatus]{
		"":          {DisputeNone, DisputeOpen, DisputeWon, DisputeLost},
		DisputeNone: {DisputeOpen, DisputeWon, DisputeLost},
		DisputeOpen: {DisputeWon, DisputeLost, DisputeNone},
		DisputeWon:  {DisputeOpen, DisputeLost},
		DisputeLost: {DisputeWon, DisputeOpen},
	}
}

// A payment that failed or was refunded may succeed after all (a later attempt, a failed refund). It never
// becomes pending again.
func statusTransitions() transitions[Status] {
	return transitions[Status]{
		"":              {StatusPending, StatusSucceeded, StatusFailed, StatusRefunded},
		StatusPending:   {StatusSucceeded, StatusFailed, StatusRefunded},
		StatusSucceeded: {StatusRefunded},
		StatusFailed:    {StatusSucceeded, StatusRefunded},
		StatusRefunded:  {StatusSucceeded},
	}
}

// Every status of verification may follow every other: it is computed from what is known today. What may not
// happen is that it is left silently; LateChanges sees to that.
func verificationTransitions() transitions[VerificationStatus] {
	all := []VerificationStatus{Unverified, NeedsReview, Confirmed, Rejected}
	return transitions[VerificationStatus]{
		"": all, Unverified: all, NeedsReview: all, Confirmed: {NeedsReview, Unverified, Rejected}, Rejected: all,
	}
}

// A run moves freely between the machine's states and never out of a person's.
func matchTransitions() transitions[MatchState] {
	machine := []MatchState{MatchAuto, MatchSuggested, MatchAmbiguous, MatchUnmatched, MatchManual}
	return transitions[MatchState]{
		"": machine, MatchAuto: machine, MatchSuggested: machine, MatchAmbiguous: machine,
		MatchUnmatched: machine, MatchManual: nil,
	}
}

// CheckStep refuses a step that no run may take: leaving a person's decision that nobody took back and that is still here. One
// that went with its claim to another payment is said there.
func CheckStep(before, after *Payment, said []Decision) error {
	_, spoken := LastWord(said)
	if !matchTransitions().allow(before.Match.State, after.Match.State) && spoken {
		return fmt.Errorf("payment %s: match may not go from %q to %q: %w",
			before.ID, before.Match.State, after.Match.State, ErrIntegrity)
	}
	if !verificationTransitions().allow(before.Verification, after.Verification) {
		return fmt.Errorf("payment %s: verification may not go from %q to %q: %w",
			before.ID, before.Verification, after.Verification, ErrIntegrity)
	}
	return nil
}
