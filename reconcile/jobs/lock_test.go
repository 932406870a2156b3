package jobs

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	// What a dead process left behind, readable for all, is no lock.
	if err := os.WriteFile(path, []byte("pid 1\nsince 2020-01-01T00:00:00Z\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	_, err = Lock(path)
	if !errors.Is(err, ErrLocked) {
		t.Fatalf("second Lock = %v", err)
	}
	want := regexp.MustCompile(`^another run \(pid \d+, since 20\d\d-\S+Z\) holds \S+/run\.lock$`)
	if !want.MatchString(err.Error()) {
		t.Error(err)
	}
	for range 2 { // releasing twice does no harm
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	again, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}

func TestLockCannotOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Lock(filepath.Join(dir, "none", "x.lock")); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("Lock = %v", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Skip(err)
	}
	if _, err := Lock(link); err == nil {
		t.Error("Lock followed a link")
	}
}

// TestLockOfADeadProcess: a killed process holds nothing.
func TestLockOfADeadProcess(t *testing.T) {
	if path := os.Getenv("PENNYTIE_TEST_LOCK"); path != "" {
		if _, err := Lock(path); err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("locked\n")
		select {}
	}
	path := filepath.Join(t.TempDir(), "run.lock")
	cmd := exec.Command(os.Args[0], "-test.run=^TestLockOfADeadProcess$")
	cmd.Env = append(os.Environ(), "PENNYTIE_TEST_LOCK="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("Lock beside the other process = %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // "killed"
	release, err := Lock(path)
	if err != nil {
		t.Fatalf("Lock after its death = %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
