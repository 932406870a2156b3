package configs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCaret: the message shows the line.
func TestCaret(t *testing.T) {
	_, err := parse("p.yaml", []byte("sources: []\nmatching: {suggest: 0.96}\n"))
	const want = "p.yaml:2:12: matching.suggest: must not be above matching.auto_confirm (0.95), is 0.96\n" +
		"     2 | matching: {suggest: 0.96}\n" +
		"       |            ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	_, err = parse("p.yaml", []byte("sources:\n- password: geheim\n"))
	if err == nil || !strings.HasSuffix(err.Error(), "     2 | - password: …\n       |   ^") {
		t.Errorf("got\n%v", err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "missing.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "pennytie init") {
		t.Errorf("missing: %v", err)
	}
	if _, err = Load(dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err = Load(pipe); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("pipe: %v", err)
	}
	odd := filepath.Join(dir, "a[1]")
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	text := filesWith("path: ./*.csv")
	if err := os.WriteFile(filepath.Join(odd, "p.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Load(filepath.Join(odd, "p.yaml"))
	if err == nil || !strings.Contains(err.Error(), "a pattern cannot") {
		t.Errorf("pattern: %v", err)
	}
}

// FuzzParse: whatever the bytes, there is a Config that passes its own checks, or an error; and what is
// shown of a Config is one again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte("sources: [{name: s, provider: stripe, options: {a: [1, 0.5, x]}}]"))
	f.Add([]byte(stripeWith("key_env: A")))
	f.Add([]byte("? a\n: b\n"))
	f.Add([]byte("a: |\n  x\nb: >-\n  y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parse("/d/p.yaml", data)
		if err != nil {
			_ = err.Error()
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("parse let pass: %v", err)
		}
		if _, err := parse("/d/p.yaml", []byte(c.String())); err != nil && hideKeys(string(data)) == string(data) {
			t.Fatalf("%v\nof\n%s", err, c)
		}
	})
}
