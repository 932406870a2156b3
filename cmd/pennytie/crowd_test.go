package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pennytie/reconcile"
)

// TestCrowdIsSaid wants to be told by what nobody was looked for, and how many share it.
func TestCrowdIsSaid(t *testing.T) {
	dir := t.TempDir()
	leads := "id,name,email\n"
	for i := range reconcile.MostUnderKey + 1 {
		leads += fmt.Sprintf("L%d,,desk@hotel.example\n", i)
	}
	for name, text := range map[string]string{
		"leads.csv": leads,
		"payments.csv": "provider,provider_payment_id,amount,currency,status,payment_date,customer_email,customer_name\n" +
			"stripe,pi_1,10.00,USD,succeeded,2026-01-05T10:00:00Z,desk@hotel.example,Ann Kurz\n",
		"pennytie.yaml": "{sources: [{name: bank, provider: files, role: processor, path: payments.csv}], records: {leads: leads.csv}, pii: none}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out []byte
	for _, args := range [][]string{{"run", "-q", "--as-of", "2026-02-01T00:00:00Z"}, {"explain", "pi_1"}} {
		cmd := exec.Command("pennytie", args...)
		cmd.Dir = dir
		var err error
		if out, err = cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	want := fmt.Sprintf("%d leads share the payer's e-mail: too many to look for the right one by it", reconcile.MostUnderKey+1)
	if !strings.Contains(string(out), want) || strings.Contains(string(out), "desk@") {
		t.Errorf("explain says\n%s\nwant in it: %s, and no address", out, want)
	}
}
