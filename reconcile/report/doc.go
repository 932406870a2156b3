// Package report writes what the store knows as a folder of CSV files with a manifest, and proves it
// afterwards.
//
// The engine calls Write at the end of a run, inside the same View that gave it its totals, and then
// Recount, RecountLedger and RecountRows: the second, independent path to the control totals. The command line calls Write and Verify, and
// prints a payment as JSON with PaymentJSON. It calls WriteHandOff for a closed period, from what was booked and nothing else, and
// VerifyHandOff, which needs nothing but the folder. Reviews and ReadAnswers are the way of a question to a person and back.
// Each file of the folder has a source file here that builds its table; summary.html (page.go, picture.go) draws them.
//
// Same store content as of the same instant, same bytes: no run id, clock, duration or counter of a run reaches any file, and
// every table is in a stated order. Only the age of what is open depends on the instant. A folder is complete or absent: it is written aside, each file flushed,
// synced and closed with every error read, and then renamed; the link "latest" moves last.
//
// CSV is UTF-8 without a mark, one header, quoted as RFC 4180 says, with "\n" at line ends (a hand-off, which is for importers
// alone, has "\r\n"): importers and line tools read both, and only "\n" leaves no stray "\r" in the last column of the latter. A cell never
// holds a line break, so that one line is one row. Text cells are guarded against spreadsheet formulas (see
// Guard), number cells never, as these are made from integers only. An unknown value is an empty cell,
// never a zero.
//
// The package must not compute what a payment comes to, decide a match, read a clock, log, or keep all
// payments in memory; rows stream from the Reader to the files.
package report
