package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"pennytie/providers/fake"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pennytie": main})
}

// TestScripts runs the program as a user does: testdata/*.txtar.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"same":       same,
			"json":       jsonIs,
			"lock":       lock,
			"fakestripe": fakeStripe,
			"fill":       fill,
			"sheet":      sheet,
		},
	})
}

func setupScript(env *testscript.Env) error {
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("TZ", "UTC")
	return nil
}

// exits runs a program and expects an exit code: exits 3 pennytie run.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program args…")
	}
	runAndExpect(ts, args[0], args[1], args[2:])
}

// same compares two folders file by file.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same DIR DIR")
	}
	difference := differentFile(ts, ts.MkAbs(args[0]), ts.MkAbs(args[1]))
	if (difference == "") == neg {
		ts.Fatalf("folders differ in %q, want difference %v", difference, neg)
	}
}

// fill copies a review file with cells that a person filled in: fill FROM TO pi_1:decision=none…; * is every payment.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fill FROM TO provider_payment_id:column=value…")
	}
	table := readTable(ts, args[0])
	for _, cell := range args[2:] {
		payment, rest, _ := strings.Cut(cell, ":")
		column, value, _ := strings.Cut(rest, "=")
		at, id := slices.Index(table[0], column), slices.Index(table[0], "provider_payment_id")
		filled := 0
		for _, row := range table[1:] {
			if at >= 0 && (row[id] == payment || payment == "*") {
				row[at] = value
				filled++
			}
		}
		if filled == 0 {
			ts.Fatalf("%s has no cell %s", args[0], cell)
		}
	}
	writeTable(ts, args[1], table, false)
}

// sheet copies a CSV file as a spreadsheet may save it, with the columns turned round: sheet FROM TO.
func sheet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sheet FROM TO")
	}
	table := readTable(ts, args[0])
	for _, row := range table {
		slices.Reverse(row)
	}
	table[0][0] = "\ufeff" + table[0][0]
	writeTable(ts, args[1], table, true)
}

func readTable(ts *testscript.TestScript, file string) [][]string {
	table, err := csv.NewReader(strings.NewReader(ts.ReadFile(file))).ReadAll()
	ts.Check(err)
	return table
}

func writeTable(ts *testscript.TestScript, file string, table [][]string, crlf bool) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.UseCRLF = crlf
	ts.Check(w.WriteAll(table))
	ts.Check(os.WriteFile(ts.MkAbs(file), text.Bytes(), 0o600))
}

// fakeStripe starts a fake Stripe with a sample business for the rest of the script: fakestripe KEY CHARGES. Its address is in
// $STRIPE, and the records stand in the current folder.
func fakeStripe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fakestripe KEY CHARGES")
	}
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	business := fake.NewBusiness(7, number(ts, args[1]), to.AddDate(0, -3, 0), to)
	ts.Check(business.WriteRecords(ts.MkAbs(".")))
	stripe := fake.NewStripe(args[0], func() time.Time { return to })
	business.Load(stripe)
	server, err := fake.Listen(stripe)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	ts.Setenv("STRIPE", server.URL())
	ts.Check(os.WriteFile(ts.MkAbs("stripe.key"), []byte(args[0]+"\n"), 0o600))
}
