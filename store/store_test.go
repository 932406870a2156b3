package store

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	for _, url := range []string{path, "sqlite:" + path} {
		opened, err := Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
	for url, says := range map[string]string{
		"":                            "no path",
		"postgres://u:secret@host/db": "not supported yet",
		"mysql://u:secret@host/db":    "unknown scheme",
		"sqlite:":                     "no path",
		"/none/such/store.db":         "does not exist",
	} {
		opened, err := Open(t.Context(), url)
		if err == nil || opened != nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q gives %v, %v; want %q", url, opened, err, says)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q prints the password: %v", url, err)
		}
	}
}
