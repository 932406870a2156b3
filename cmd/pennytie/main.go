// Command pennytie reconciles payments: it pulls them from processors and books, says which lead, call and product each
// belongs to, and writes SQLite and CSV reports that add up. This package only wires: flags in, exit codes out. It must
// hold no rule about money or matching.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules and booking zones work where the system has no zone files
)

func main() { os.Exit(run()) }

func run() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		got := <-signals
		signal.Stop(signals) // a second one ends the program at once
		cancel(interrupted{got})
	}()
	a := newApp(os.Stdin, os.Stdout, os.Stderr)
	return a.main(ctx, os.Args[1:])
}

// interrupted is why a context ended.
type interrupted struct{ by os.Signal }

func (i interrupted) Error() string { return "interrupted by " + i.by.String() }

// interruption says whether the context was ended by a signal, and by which.
func interruption(ctx context.Context) (interrupted, bool) {
	var i interrupted
	return i, errors.As(context.Cause(ctx), &i)
}
