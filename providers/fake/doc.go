// Package fake holds stateful stand-ins for payment services, and a sample business to put in them.
// Tests, the demo and the benchmarks run the real providers against it, without a network or a key.
//
// A service (now [Stripe]; others follow) is an [http.Handler] over objects that have versions in
// time: what it answers depends on an injected clock, so "the refund of a three-month-old charge" is
// one Put and one step of the clock. [Faults] make any request go wrong on purpose. [Business] is a
// seeded company whose leads, calls, products and payments agree with each other, with the true
// answer of every payment kept aside for tests.
//
// The package never binds an address that is not loopback, never talks to the outside, holds no real
// name, e-mail or phone (only reserved domains and 555-01xx numbers), and reads no clock of its own
// where a result depends on it.
package fake
