// Package wire reads JSON values whose types drift: a number that comes as text, an integer that comes as 1000.0, a
// time without a zone. A value that is null, missing or an empty text is absent; anything else that cannot be what was
// asked for is an error with words of ours, never with what the service wrote.
//
// Providers below providers build their wire types of Scalar and Object and decode with encoding/json: decoding never
// fails for the type of one field, so that one bad row can be quarantined while its page goes on. The package
// must not know any one service, guess a unit or a zone that its caller did not name, or let money pass through a float.
package wire
