package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile/report"
)

// TestKillHandOff kills closing and handing over at random moments: what was handed over before stays whole, nothing half is ever
// under its name, and the next try gives the same bytes as one that nobody disturbed.
func TestKillHandOff(t *testing.T) {
	if testing.Short() {
		t.Skip("one command after the other")
	}
	dir := t.TempDir()
	rows := "provider,provider_payment_id,amount,currency,status,payment_date\n"
	for n := range 3_000 {
		rows += fmt.Sprintf("stripe,pi_%d,%d.00,USD,succeeded,2026-0%d-02T10:00:00Z\n", n, n+1, 2+n%2)
	}
	for name, text := range map[string]string{"payments.csv": rows,
		"pennytie.yaml": "sources: [{name: exports, provider: files, role: processor, path: ./payments.csv}]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command("pennytie", append(args, "-q", "--as-of", "2026-05-01T00:00:00Z")...)
		cmd.Dir = dir
		return cmd
	}
	must := func(args ...string) {
		t.Helper()
		if out, err := command(args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	march := []string{"handoff", "create", "--period", "2026-03"}
	must("run")
	must("handoff", "create", "--period", "2026-02")
	before, err := os.ReadFile(filepath.Join(dir, "pennytie.db"))
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	must(march...)
	whole := time.Since(started)
	entries, err := os.ReadDir(filepath.Join(dir, "handoff"))
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	organization := entries[0].Name()
	of := func(period string) string { return filepath.Join(dir, "handoff", organization, period) }
	want := filepath.Join(dir, "want")
	if err := os.Rename(of("2026-03"), want); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 0))
	const tries = 12
	killed := 0
	for range tries {
		for _, wal := range []string{"-wal", "-shm"} {
			_ = os.Remove(filepath.Join(dir, "pennytie.db"+wal)) // of the state that is thrown away
		}
		if err := errors.Join(os.RemoveAll(of("2026-03")), os.WriteFile(filepath.Join(dir, "pennytie.db"), before, 0o600)); err != nil {
			t.Fatal(err)
		}
		cmd := command(march...)
		var out bytes.Buffer
		cmd.Stderr = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Int64N(int64(whole))))
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err != nil {
			killed++
		}
		left, _ := filepath.Glob(filepath.Join(of("2026-03"), "[^.]*"))
		if len(left) > 1 || len(left) == 1 && !strings.HasSuffix(left[0], "r1") {
			t.Fatalf("left behind: %v", left)
		}
		for _, folder := range append(left, filepath.Join(of("2026-02"), "r1")) {
			if _, err := report.VerifyHandOff(folder); err != nil {
				t.Fatal(err)
			}
		}
		must(march...)
		if file := differentFile(t, filepath.Join(want, "r1"), filepath.Join(of("2026-03"), "r1")); file != "" {
			t.Fatalf("after a kill %s differs", file)
		}
		if hidden, _ := filepath.Glob(filepath.Join(of("2026-03"), ".*")); len(hidden) > 0 {
			t.Errorf("left behind: %v", hidden)
		}
	}
	t.Logf("%d of %d were killed; an undisturbed one takes %s", killed, tries, whole.Round(time.Millisecond))
}
