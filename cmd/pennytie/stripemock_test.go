package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pennytie/reconcile"
)

// TestStripeMock runs the program against stripe-mock, which checks every request against Stripe's own description of its API.
// The gate starts it and sets PENNYTIE_STRIPE_MOCK to its address.
func TestStripeMock(t *testing.T) {
	address := os.Getenv("PENNYTIE_STRIPE_MOCK")
	if address == "" {
		t.Skip("PENNYTIE_STRIPE_MOCK is not set")
	}
	dir := t.TempDir()
	config := `
allow_insecure_loopback: true
sources:
  - {name: mock, provider: stripe, base_url: ` + address + `, key_env: MOCK_KEY, options: {products: true}}
`
	if err := os.WriteFile(filepath.Join(dir, "pennytie.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() reconcile.Run {
		cmd := exec.Command("pennytie", "run", "--json", "--as-of", "2026-07-01T00:00:00Z")
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		cmd.Env = append(os.Environ(), "MOCK_KEY=sk_test_123")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("run: %v\n%s", err, out)
		}
		t.Logf("%s", out)
		var r reconcile.Run
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, second := run(), run()
	if first.Payments != 1 || !first.Ties || first.Sources[0].State != reconcile.SourceComplete || first.Sources[0].Quarantined != 0 {
		t.Errorf("first run: %+v", first)
	}
	if second.Writes != 0 || second.Payments != 1 {
		t.Errorf("second run: %+v", second)
	}
}
