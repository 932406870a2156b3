// Package matchers holds the strategies that propose which lead, call and product a payment belongs to, and the
// preparation that makes records comparable.
//
// The engine prepares each record once with a Preparer, builds a reconcile.Index of the leads that share a
// blocking key with the batch, runs every Matcher of All on every payment and hands what they found to package
// score. A matcher is a pure function without state: it reads no clock, does no I/O, never decides, and never
// considers a lead that shares no key with the payment and that nobody named for its payer. What a finding is worth stands in one table,
// weights.go (between a claim and a payment in claim.go); Measure measures for the trained table of package score.
//
// To add a strategy: one file with a type, one line in All, weights with their reasons, a case in matchertest.
package matchers
