// Package sqlite keeps the store in one SQLite file, with SQL by hand and embedded migrations.
//
// Package store opens it; the engine, reports and web pages reach it only through reconcile.Store and
// the scheduler through jobs.Slots. It must not know providers, matchers or the policy, never build
// SQL from data, never log, and never put the contents of a row into an error.
//
// One connection writes, under BEGIN IMMEDIATE; a few others read snapshots, and cannot write. The
// connections are the driver's own, without database/sql above them: a transaction here is one
// connection for its whole life, its prepared statements stay with it, and a statement's error ends it
// (SQLite itself rolls back on some errors, after which a pooled transaction would go on in autocommit).
package sqlite
