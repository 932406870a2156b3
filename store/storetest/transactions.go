package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"pennytie/reconcile"
)

func count(t testing.TB, store reconcile.Store) (found int) {
	t.Helper()
	view(t, store, func(r reconcile.Reader) { found = len(all(t, r.Payments(reconcile.PaymentFilter{}))) })
	return found
}

func testErrorRollsBack(t *testing.T, store reconcile.Store) {
	mine := errors.New("mine")
	err := store.Update(t.Context(), func(tx reconcile.Tx) error {
		add(t, tx, "p", nil, nil, nil)
		return mine
	})
	wantKind(t, err, mine)
	same(t, "payments", count(t, store), 0)
	update(t, store, func(tx reconcile.Tx) { add(t, tx, "p", nil, nil, nil) })
	same(t, "payments", count(t, store), 1)
}

func testPanicRollsBack(t *testing.T, store reconcile.Store) {
	for _, run := range []func(){
		func() {
			_ = store.Update(t.Context(), func(tx reconcile.Tx) error {
				add(t, tx, "p", nil, nil, nil)
				panic("mine")
			})
		},
		func() { _ = store.View(t.Context(), func(reconcile.Reader) error { panic("mine") }) },
	} {
		func() {
			defer func() { same(t, "panic", recover(), "mine") }()
			run()
		}()
	}
	same(t, "payments", count(t, store), 0)
	update(t, store, func(tx reconcile.Tx) { add(t, tx, "p", nil, nil, nil) })
}

func testFirstErrorSticks(t *testing.T, store reconcile.Store) {
	var row int64
	update(t, store, func(tx reconcile.Tx) { row = add(t, tx, "kept", nil, nil, nil).Row })
	var first error
	err := store.Update(t.Context(), func(tx reconcile.Tx) error {
		add(t, tx, "before", nil, nil, nil)
		_, first = tx.PutPayment(bare(row+500, "nobody's"), reconcile.PaymentKeys{}) // swallowed
		_, second := tx.PutPayment(bare(row, "after"), reconcile.PaymentKeys{})
		_, third := tx.Payment("kept")
		for _, later := range []error{second, third, tx.PutProgress(reconcile.SourceProgress{Source: "s"})} {
			if later == nil || later != first { //nolint:errorlint // the very same is promised
				t.Errorf("a later call gives %v, want %v", later, first)
			}
		}
		for _, err := range tx.Payments(reconcile.PaymentFilter{}) {
			wantKind(t, err, first)
		}
		return nil
	})
	wantKind(t, first, reconcile.ErrConflict)
	wantKind(t, err, first)
	same(t, "payments", count(t, store), 1)

	err = store.Update(t.Context(), func(tx reconcile.Tx) error {
		_, err := tx.Payment("unknown")
		wantKind(t, err, reconcile.ErrNotFound)
		add(t, tx, "not found ends nothing", nil, nil, nil)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	same(t, "payments", count(t, store), 2)
}

func testUseAfterEnd(t *testing.T, store reconcile.Store) {
	var tx reconcile.Tx
	var reader reconcile.Reader
	update(t, store, func(open reconcile.Tx) { tx = open })
	view(t, store, func(open reconcile.Reader) { reader = open })
	if _, err := tx.Open([]reconcile.Key{key("x")}); err == nil {
		t.Error("a transaction writes after its end")
	}
	if _, err := reader.Payment("x"); err == nil || errors.Is(err, reconcile.ErrNotFound) {
		t.Errorf("a reader reads after its end: %v", err)
	}
}

func testCancelled(t *testing.T, store reconcile.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := store.Update(ctx, func(tx reconcile.Tx) error {
		add(t, tx, "p", nil, nil, nil)
		cancel()
		_, err := tx.Open([]reconcile.Key{key("x")})
		return err
	})
	wantKind(t, err, context.Canceled)
	wantKind(t, store.Update(ctx, func(reconcile.Tx) error { return nil }), context.Canceled)
	wantKind(t, store.View(ctx, func(reconcile.Reader) error { return nil }), context.Canceled)
	same(t, "payments", count(t, store), 0)
}

func testSnapshot(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) { add(t, tx, "before", nil, nil, nil) })
	view(t, store, func(r reconcile.Reader) {
		update(t, store, func(tx reconcile.Tx) { add(t, tx, "after", nil, nil, nil) })
		same(t, "in the snapshot", ids(all(t, r.Payments(reconcile.PaymentFilter{}))), []string{"before"})
		same(t, "in a new one", count(t, store), 2)
		same(t, "still", must(r.Counts(nil)).Payments, 1)
	})
}

func testLease(t *testing.T, store reconcile.Store) {
	ctx := t.Context()
	if err := store.Lease(ctx, "run-1", day(1), day(2)); err != nil {
		t.Fatal(err)
	}
	if err := store.Lease(ctx, "run-1", day(1).Add(time.Hour), day(3)); err != nil {
		t.Errorf("extend: %v", err)
	}
	update(t, store, func(reconcile.Tx) {})
	err := store.Lease(ctx, "run-2", day(2), day(4))
	wantKind(t, err, reconcile.ErrConflict)
	if err == nil || !strings.Contains(err.Error(), "run-1") {
		t.Errorf("%v does not name the holder", err)
	}
	if err := store.Release(ctx, "run-2"); err != nil {
		t.Errorf("release what another holds: %v", err)
	}
	wantKind(t, store.Lease(ctx, "run-2", day(2), day(4)), reconcile.ErrConflict)
	if err := store.Release(ctx, "run-1"); err != nil {
		t.Error(err)
	}
	if err := store.Lease(ctx, "run-2", day(2), day(4)); err != nil {
		t.Errorf("after the release: %v", err)
	}
	update(t, store, func(reconcile.Tx) {})
}

func testTakeOver(t *testing.T, first, second reconcile.Store) {
	ctx := t.Context()
	write := func(store reconcile.Store) error {
		return store.Update(ctx, func(tx reconcile.Tx) error {
			return tx.PutProgress(reconcile.SourceProgress{Source: "s"})
		})
	}
	if err := first.Lease(ctx, "run-1", day(1), day(2)); err != nil {
		t.Fatal(err)
	}
	wantKind(t, second.Lease(ctx, "run-2", day(1), day(3)), reconcile.ErrConflict)
	if err := write(second); err != nil {
		t.Errorf("who never leased writes freely: %v", err)
	}
	if err := second.Lease(ctx, "run-2", day(2), day(3)); err != nil {
		t.Fatalf("take over: %v", err)
	}
	err := write(first)
	wantKind(t, err, reconcile.ErrConflict)
	if err == nil || !strings.Contains(err.Error(), "run-2") {
		t.Errorf("%v does not name the holder", err)
	}
	if err := write(second); err != nil {
		t.Errorf("the holder writes: %v", err)
	}
	if err := second.Release(ctx, "run-2"); err != nil {
		t.Error(err)
	}
	wantKind(t, write(first), reconcile.ErrConflict)
	if err := first.Lease(ctx, "run-1", day(3), day(4)); err != nil {
		t.Errorf("lease again: %v", err)
	}
	if err := write(first); err != nil {
		t.Error(err)
	}
}

// testBothWrite reads and writes a counter from both handles, so that a lost update would show.
func testBothWrite(t *testing.T, first, second reconcile.Store) {
	const each = 60
	var work sync.WaitGroup
	for _, store := range []reconcile.Store{first, second} {
		for range 2 {
			work.Go(func() {
				for range each {
					err := store.Update(t.Context(), func(tx reconcile.Tx) error {
						progress, err := tx.Progress("s")
						if err != nil {
							return err
						}
						progress.Source, progress.Cursor = "s", progress.Cursor+"x"
						return tx.PutProgress(progress)
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	work.Wait()
	view(t, first, func(r reconcile.Reader) {
		same(t, "updates", len(must(r.Progress("s")).Cursor), 4*each)
	})
}
