package engine_test

import (
	"context"
	"io"

	"pennytie/reconcile"
)

// breaking is a store of which the n-th line to be booked fails.
type breaking struct {
	reconcile.Store
	left int
}

type breakingTx struct {
	reconcile.Tx
	store *breaking
}

func (b *breaking) Update(ctx context.Context, fn func(reconcile.Tx) error) error {
	return b.Store.Update(ctx, func(tx reconcile.Tx) error { return fn(breakingTx{tx, b}) })
}

func (tx breakingTx) Book(l *reconcile.BookedLine) error {
	if tx.store.left--; tx.store.left < 0 {
		return io.ErrShortWrite
	}
	return tx.Tx.Book(l)
}
