package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pennytie/reconcile/jobs"
)

func runAndExpect(ts *testscript.TestScript, code, program string, args []string) {
	err := ts.Exec(program, args...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", program, err)
	}
	if strconv.Itoa(got) != code {
		ts.Fatalf("%s %v: exit %d, want %s", program, args, got, code)
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

// fataler is what both a test and a script can fail with.
type fataler interface {
	Fatalf(format string, args ...any)
}

// differentFile names the first file that is not the same in both folders, or nothing.
func differentFile(t fataler, left, right string) string {
	for _, pair := range [][2]string{{left, right}, {right, left}} {
		names, err := filepath.EvalSymlinks(pair[0])
		if err != nil {
			t.Fatalf("%v", err)
		}
		var found string
		err = fs.WalkDir(os.DirFS(names), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || found != "" {
				return err
			}
			a, errA := os.ReadFile(filepath.Join(pair[0], path))
			b, errB := os.ReadFile(filepath.Join(pair[1], path))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				found = path
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%v", err)
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// jsonIs holds values of a JSON file against expectations: json FILE path=value path>number. Steps of a path are names, positions
// or len for a length.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: json FILE path=value…")
	}
	var root any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.UseNumber()
	ts.Check(decoder.Decode(&root))
	for _, want := range args[1:] {
		at := strings.IndexAny(want, "=>")
		if at < 0 {
			ts.Fatalf("%q is not path=value", want)
		}
		got := valueAt(ts, root, want[:at])
		if want[at] == '=' && got != want[at+1:] || want[at] == '>' && number(ts, got) <= number(ts, want[at+1:]) {
			ts.Fatalf("%s: %s is %s, want %s", args[0], want[:at], got, want[at:])
		}
	}
}

func valueAt(ts *testscript.TestScript, node any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch in := node.(type) {
		case map[string]any:
			node = in[step]
		case []any:
			if step == "len" {
				return strconv.Itoa(len(in))
			}
			if i := number(ts, step); i < len(in) {
				node = in[i]
				continue
			}
			ts.Fatalf("%s: there are only %d", path, len(in))
		default:
			ts.Fatalf("%s: nothing there", path)
		}
	}
	if text, is := node.(string); is {
		return text
	}
	text, err := json.Marshal(node)
	ts.Check(err)
	return string(text)
}

// lock holds a store's lock for the rest of the script: lock FILE.
func lock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lock FILE")
	}
	release, err := jobs.Lock(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = release() })
}

// csvRows reads a CSV file as one map for each row.
func csvRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		one := make(map[string]string, len(row))
		for i, name := range rows[0] {
			one[name] = row[i]
		}
		all = append(all, one)
	}
	return all
}
