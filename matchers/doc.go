// Package matchers holds the strategies that propose which lead, call and product a payment belongs to, and the
// preparation that makes records comparable.
//
// The engine prepares each record once with a Preparer, builds a reconcile.Index of the leads that share a
// blocking key with the batch, runs every Matcher of All on every payment and hands what they found to package
// score. A matcher is a pure function without state: it reads no clock, does no I/O, never decides, and never
// considers a lead that shares no key with the payment and that nobody named for its payer. What a finding is worth stands in one table,
// weights.go (between a claim and a payment in claim.go); Measure measures for the trained table of package score.
//
// A payer of whom every word is misspelt a little shares no exact key with the lead. For these there are keys of likeness (likeness.go):
// each is made of two three-letter pieces of name and mailbox, or of name and place, drawn so that two records share one the
// more often the more pieces they have in common (MinHash). They are stored like the others, crowded ones say nothing, and they are
// asked for only where the others find fewer than five leads, none of them by what names a payer alone; of what they find the most
// alike fill up to ten.
//
// To add a strategy: one file with a type, one line in All, weights with their reasons, a case in matchertest.
package matchers
