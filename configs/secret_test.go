package configs

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const canary = "rk_test_canary"

func TestSecretHides(t *testing.T) {
	s := NewSecret(canary)
	if s.Reveal() != canary || s.IsZero() || !NewSecret("").IsZero() || (Secret{}).Reveal() != "" {
		t.Error("Reveal or IsZero is wrong")
	}
	inner := struct {
		Public  Secret
		private Secret
		Ptr     *Secret
	}{s, s, &s}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%10.3s", "%T"} {
		fmt.Fprintf(&out, verb, s)
		fmt.Fprintf(&out, verb, &s)
		fmt.Fprintf(&out, verb, inner)
		fmt.Fprintf(&out, verb, []any{s, map[string]Secret{"a": s}})
	}
	for _, encode := range []func(any) ([]byte, error){
		json.Marshal, yaml.Marshal,
		func(v any) ([]byte, error) { return xml.Marshal(v.([]Secret)) },
		func(v any) ([]byte, error) {
			var b bytes.Buffer
			return b.Bytes(), gob.NewEncoder(&b).Encode(v)
		},
	} {
		b, err := encode([]Secret{s})
		if err != nil {
			t.Error(err)
		}
		out.Write(b)
	}
	var log bytes.Buffer
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{})
	logger := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&log), zap.DebugLevel))
	logger.Info("x", zap.Any("a", s), zap.Any("b", inner.Ptr),
		zap.Reflect("c", []Secret{s}), zap.Stringer("d", s))
	out.Write(log.Bytes())
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("the secret shows:\n%s", out.String())
	}
	if !strings.Contains(log.String(), `"a":"***"`) {
		t.Error(log.String())
	}
}

func TestKey(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) Source {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return Source{Name: "s", KeyFile: path}
	}
	t.Setenv("PT_KEY", canary)
	t.Setenv("PT_EMPTY", "")
	t.Setenv("PT_LINES", canary+"\n\n")
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	tests := []struct {
		name   string
		source Source
		want   string // in the error; empty: the key is read
	}{
		{"env", Source{KeyEnv: "PT_KEY"}, ""},
		{"file", file("good", canary+"\n", 0o600), ""},
		{"file of Windows", file("crlf", canary+"\r\n", 0o400), ""},
		{"env missing", Source{Name: "s", KeyEnv: "PT_NONE"}, "source s: environment variable PT_NONE is not set"},
		{"env empty", Source{KeyEnv: "PT_EMPTY"}, "PT_EMPTY is empty"},
		{"env with lines", Source{KeyEnv: "PT_LINES"}, "holds more than a key"},
		{"file missing", Source{KeyFile: filepath.Join(dir, "none")}, "no such file"},
		{"file empty", file("empty", "\n", 0o600), "is empty"},
		{"file with blank", file("blank", canary+" \n", 0o600), "holds more than a key"},
		{"file open to group", file("group", canary, 0o640), "can be read by others (mode 0640); run: chmod 600"},
		{"file open to all", file("all", canary, 0o604), "can be read by others"},
		{"file large", file("large", strings.Repeat("x", 70_000), 0o600), "larger than"},
		{"folder", Source{KeyFile: dir}, "not a regular file"},
		{"pipe", Source{KeyFile: pipe}, "not a regular file"},
		{"both", Source{KeyEnv: "PT_KEY", KeyFile: "x"}, "both set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := tt.source.Key()
			if tt.want == "" {
				if err != nil || key.Reveal() != canary {
					t.Fatalf("Key = %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("Key = %v, want %q", err, tt.want)
			}
		})
	}
	if key, err := (Source{}).Key(); err != nil || !key.IsZero() {
		t.Errorf("no key: %v", err)
	}
}

func TestKeyFileOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, -1); err != nil {
		t.Skip(err)
	}
	if _, err := (Source{KeyFile: path}).Key(); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("Key = %v", err)
	}
}

func TestShowHidesKeys(t *testing.T) {
	t.Setenv("PT_KEY", canary)
	c, err := Load(write(t, `sources:
  - {name: a, provider: stripe, key_env: PT_KEY}
  - {name: b, provider: stripe, key_env: PT_NONE}
  - {name: c, provider: stripe, key_file: ./none, options: {token: geheim, x: {api_key: geheim}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{c.String(), fmt.Sprintf("%v %s", c, c)} {
		for _, want := range []string{"# set (env PT_KEY)", "# not set (env PT_NONE)", "# not set (file)"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%q is not in\n%s", want, shown)
			}
		}
		if strings.Contains(shown, "canary") || strings.Contains(shown, "geheim") {
			t.Errorf("a secret shows in\n%s", shown)
		}
	}
}

// A credential that its holder renews is replaced whole, and only in a file.
func TestStoredKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := Source{Name: "c", KeyFile: path}.StoredKey()
	token, stored, err := key.Load()
	if err != nil || token.Reveal() != "old" || time.Since(stored) > time.Hour {
		t.Fatalf("%v stored %v, %v", token, stored, err)
	}
	login := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Chtimes(path, login, login), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	if err := (Source{Name: "c", KeyFile: link}).StoredKey().Keep(NewSecret("new")); err != nil {
		t.Fatal(err)
	}
	if token, stored, err = key.Load(); err != nil || token.Reveal() != "new" || !stored.Equal(login) {
		t.Errorf("after keeping through a link: stored %v, %v", stored, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	t.Setenv("STORED_KEY_TEST", "from-env")
	fixed := Source{Name: "c", KeyEnv: "STORED_KEY_TEST"}.StoredKey()
	if token, stored, err := fixed.Load(); err != nil || token.Reveal() != "from-env" || !stored.IsZero() {
		t.Errorf("from the environment: %v, %v", stored, err)
	}
	if err := fixed.Keep(NewSecret("secret-new")); err == nil || strings.Contains(err.Error(), "secret-new") {
		t.Errorf("kept in the environment: %v", err)
	}
	gone := Source{Name: "c", KeyFile: filepath.Join(t.TempDir(), "none", "token")}.StoredKey()
	if err := gone.Keep(NewSecret("secret-new")); err == nil || strings.Contains(err.Error(), "secret-new") {
		t.Errorf("kept in a folder that is not there: %v", err)
	}
}
