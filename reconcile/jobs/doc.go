// Package jobs runs named jobs at the times of a cron spec.
//
// The schedule command builds a Runner and calls its Loop or Once; the run function it gets does the work.
// The package decides only which due times (slots) are to be run, and sees to it that each is run once:
// whatever the clocks do in spring and autumn, while the machine sleeps, or when the process dies. It knows
// nothing of payments, opens no store (it is handed the Slots port) and imports no other package of
// pennytie.
//
// A cron spec is read on the local calendar, as if every day had 24 hours, and each local time is then
// mapped to one instant: a time that the clocks skip falls on the first instant after the gap, one that they
// repeat falls on its first occurrence. So a daily job has exactly one slot on every local date. The price
// is that a job that runs every few minutes rests during the repeated hour; a run covers everything since
// the last one, so nothing is lost by that.
package jobs
