// Package walk reads the lists of one account in turn: window by window, page by page, with a cursor from which any
// process can go on.
//
// Providers call it. A service lists an object by when it was made, never by when it changed, so a walk has two ways:
// Pull reads what is new, with an overlap before where it ended last; Rescan reads an older stretch once more. The
// package must not know any one service, send anything, or keep state between runs other than in the cursor.
package walk
