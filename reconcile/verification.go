package reconcile

// VerificationStatus says whether processor, claims and attribution agree.
type VerificationStatus string

// Verification statuses.
const (
	Unverified  VerificationStatus = "unverified"
	NeedsReview VerificationStatus = "needs_review"
	Confirmed   VerificationStatus = "confirmed"
	Rejected    VerificationStatus = "rejected"
)
