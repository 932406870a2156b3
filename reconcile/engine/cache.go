package engine

import (
	"context"

	"pennytie/reconcile"
)

// cache keeps what a source's provider looks up beside its data. It is bookkeeping: no run counts it.
type cache struct {
	store  reconcile.Store
	source string
}

// NewCache makes the cache of one source over a store.
func NewCache(s reconcile.Store, source string) reconcile.Cache { return cache{s, source} }

// Get implements reconcile.Cache.
func (c cache) Get(ctx context.Context, key string) (value []byte, known bool, err error) {
	err = c.store.View(ctx, func(r reconcile.Reader) error {
		value, known, err = r.Cached(c.source, key)
		return err
	})
	return value, known, err
}

// Put implements reconcile.Cache.
func (c cache) Put(ctx context.Context, key string, value []byte) error {
	return c.store.Update(ctx, func(tx reconcile.Tx) error { return tx.PutCached(c.source, key, value) })
}
