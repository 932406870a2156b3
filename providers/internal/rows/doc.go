// Package rows takes the rows of a service's list one by one: each becomes a record of the page, or is put aside as it
// came, with the reason, while the rest goes on.
//
// Providers call it. It keeps the rules that must be the same for every service: what is put aside, which ids may be asked
// for, how long an unfinished row is read again, how a doubt is told, which text names a processor's payment. The package
// must not know the rows of any one service, read a value's type, or drop a row in silence.
package rows
