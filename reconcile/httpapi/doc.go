// Package httpapi is the payment API of the seed documents over pennytie's own store: list, read, correct and verify payments, and
// read leads, calls and products, in the shapes that a client of Aura's documented API expects. openapi.json is its contract.
//
// cmd/pennytie serves the Handler and brings the listener, TLS, tokens and the lock; its `payments list` prints List's page from the
// same code. Reads are snapshots of the store that no run blocks. A write goes through Config.Apply, which is one action of the
// engine: the package must hold no rule about money, matching or verification, never write to the store by itself, and never put a
// token, a body or a payer's data into a log or an error.
//
// What is refused is answered in the seed's envelope, {success:false,error,code,requestId}, and nothing of it is written.
package httpapi
