package reconcile

import "time"

// Decision is a person's word on a payment's attribution. Decisions are only ever added; the last one
// holds, and no run touches it.
type Decision struct {
	ID        int64 // in order of being made
	LeadID    string
	CallID    string
	ProductID string
	None      bool // the payer is no lead
	Undo      bool // back to the machine's view
	Reason    string
	By        string
	At        time.Time
	Confirmed string // version of what was shown, where the person took the best candidate of it
	// Overruled are the leads that the person turned down: the one that the machine proposed, where they say another; every
	// candidate, where they say nobody.
	Overruled []string
	Verified  bool   // they say for sure that the payment is right as it is
	Audited   string // of an answer to an audit: the lead that the machine had given the payment by itself

	On     string // filled when read back: the public id that the payment had
	Joined int64  // likewise: the last decision there was when this one came from a payment that was merged in; 0: never moved
}
