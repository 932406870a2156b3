// Package files reads payments, refunds, leads, calls and products from CSV and JSON Lines files: the
// product's own columns, and two exports that Stripe's dashboard offers.
//
// The provider catalogue and the import command make a Provider with New; the engine calls Pull, one
// chunk of rows at a time. A bad row is quarantined with its line, field and reason while the rest goes
// on; a file whose header cannot be trusted is refused as a whole.
//
// The package must not decide anything about a payment: columns that only the engine may fill, such as
// verification_status, are accepted, so that a written payments.csv can be read back, and ignored. It
// must not guess about money or time: an amount with grouping marks or a date without a zone is a
// question to a person. It keeps no row content beyond the chunk in hand, and neither errors nor logs
// carry any.
//
// Labels reads another kind of file: what is true of payments, for measuring. No provider does, so that it is never
// stored and no matcher sees it.
//
// # Ledger
//
// Every row of Stripe's payout reconciliation is a line of the ledger, and that of a charge, a refund or a payout is that, too.
// What is counted is records, here and by the engine: such a row counts as two, whether it is new or in an unchanged file. A row
// that is quarantined or a duplicate gives nothing and counts as one.
//
// # Order
//
// The files of a glob are read in falling order of their paths, then the refund files likewise: exports are
// named by their dates, overlap, and the newest word holds. A row whose id a file of a later name has said
// is counted as a duplicate. Where one file says an id twice, its first row stays; an equal row is a
// duplicate, a different one is quarantined. To tell, the ids of unchanged files are read again whenever a
// file of an earlier name has changed, but their rows are not handed out. An unchanged file is never judged
// anew: if a newer file comes to hold one of its ids, the counts of its last read still stand.
package files
