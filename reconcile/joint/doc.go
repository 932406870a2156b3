// Package joint decides where the business is one-to-one: which claim of a book is which payment of a processor when they share
// no id. Pairs compete as whole solutions, not one by one: what looks best for one claim may take the only payment that another
// can have.
//
// The engine calls Solve with the pairs that something speaks for and each one's weight in log-odds, in hundredths, and Groups
// where one amount may be the sum of several. Matchers call Costs, for payments of one payer and the calls that they may come from.
// Whoever calls turns margins into confidences and decides by policy.
//
// Everything here is exact: integers, no clock, no order of input shows in what comes out. It must never choose between
// solutions that are equally good, never use anything twice, and never search on without bound: beyond MostTogether,
// MostParts and MostMembers it says that it did not decide.
package joint
