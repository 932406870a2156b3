package sqlite

import (
	"path/filepath"
	"testing"

	"pennytie/reconcile"
	"pennytie/store/storetest"
)

// openTest opens a store in a folder that goes with the test.
func openTest(t testing.TB, path string) *Store {
	t.Helper()
	if path == "" {
		path = filepath.Join(t.TempDir(), "store.db")
	}
	store, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) reconcile.Store { return openTest(t, "") })
}

func TestSharedContract(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T) (first, second reconcile.Store) {
		path := filepath.Join(t.TempDir(), "store.db")
		return openTest(t, path), openTest(t, path)
	})
}
