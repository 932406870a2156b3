// Package rest is the part of speaking JSON over HTTP that every provider shares: a client that paces,
// retries, limits and, unless it is told otherwise, only reads, a strict check of a JSON page, and the settings of an account.
//
// Packages below providers call it. It must not know any one service, follow a redirect, speak to a host
// other than the configured one, send anything but GET (and a form to the one path that renews a credential, and the writes
// that its provider lists where writing is switched on), send a write twice where the first may have been done,
// hand out half a body, or put a body, a key, a query string or an e-mail address into an error or a log line.
package rest
