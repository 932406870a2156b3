package configs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hiddenSecret is what a secret shows of itself.
const hiddenSecret = "***"

// Secret is a credential. It prints and encodes as ***, also from inside other values; only Reveal gives it
// away. It cannot be compared with ==, which would leak its length and prefix through timing.
type Secret struct {
	// A closure, since reflection prints and dumps the text of unexported fields but not of closures.
	reveal func() string
}

// NewSecret wraps a credential. The empty text makes the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return text }}
}

// Reveal gives the credential; only what sends it to its service may call this.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero says whether there is no credential.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String hides the secret.
func (Secret) String() string { return hiddenSecret }

// GoString hides the secret.
func (Secret) GoString() string { return hiddenSecret }

// Format hides the secret from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenSecret) }

// MarshalText hides the secret from encoders of text, such as XML.
func (Secret) MarshalText() ([]byte, error) { return []byte(hiddenSecret), nil }

// MarshalJSON hides the secret.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hiddenSecret + `"`), nil }

// MarshalYAML hides the secret.
func (Secret) MarshalYAML() (any, error) { return hiddenSecret, nil }

// MarshalBinary hides the secret from encoders of bytes, such as gob.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(hiddenSecret), nil }

// Key reads the source's credential anew, so that a rotated one is seen. A source that has neither key_env
// nor key_file has none: the zero Secret. Errors name the place, never the value.
func (s Source) Key() (Secret, error) {
	switch {
	case s.KeyEnv != "" && s.KeyFile != "":
		return Secret{}, fmt.Errorf("source %s: key_env and key_file are both set; keep one", s.Name)
	case s.KeyEnv != "":
		text, ok := os.LookupEnv(s.KeyEnv)
		if !ok {
			return Secret{}, fmt.Errorf("source %s: environment variable %s is not set; put the key there",
				s.Name, hideKeys(s.KeyEnv))
		}
		return s.secret("environment variable "+s.KeyEnv, text)
	case s.KeyFile != "":
		text, err := readKeyFile(s.KeyFile)
		if err != nil {
			return Secret{}, fmt.Errorf("source %s: %w", s.Name, err)
		}
		return s.secret("key file "+s.KeyFile, text)
	}
	return Secret{}, nil
}

// StoredKey is a credential in a key_file that its holder renews: what it is, when somebody logged in to get it, and how to
// replace it.
type StoredKey struct{ source Source }

// StoredKey gives access to the source's credential as one that is renewed.
func (s Source) StoredKey() StoredKey { return StoredKey{s} }

// Load reads the credential anew. stored is the date of its file, which Keep leaves; zero for one from the environment.
func (k StoredKey) Load() (token Secret, stored time.Time, err error) {
	if token, err = k.source.Key(); err != nil || k.source.KeyFile == "" {
		return token, time.Time{}, err
	}
	info, err := os.Stat(k.source.KeyFile)
	if err != nil {
		return Secret{}, time.Time{}, fmt.Errorf("source %s: cannot read the key file: %w", k.source.Name, err)
	}
	return token, info.ModTime().UTC(), nil
}

// Keep replaces the credential in its file, whole or not at all. One that comes from the environment cannot be replaced.
func (k StoredKey) Keep(token Secret) (err error) {
	if k.source.KeyFile == "" {
		return fmt.Errorf("source %s: the service gave a new credential, which cannot be kept in an environment variable; use key_file", k.source.Name)
	}
	path, err := filepath.EvalSymlinks(k.source.KeyFile) // a link stays a link
	if err != nil {
		return fmt.Errorf("source %s: keep the new credential: %w", k.source.Name, err)
	}
	before, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("source %s: keep the new credential: %w", k.source.Name, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // 0600
	if err != nil {
		return fmt.Errorf("source %s: keep the new credential: %w", k.source.Name, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // the old one stays in its place
		}
	}()
	_, err = file.WriteString(token.Reveal() + "\n")
	// Its date stays that of the login: a credential that is renewed does not live longer for it.
	err = errors.Join(err, os.Chtimes(file.Name(), time.Time{}, before.ModTime()), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("source %s: keep the new credential: %w", k.source.Name, err)
	}
	return nil
}

// syncFolder makes a rename outlast a power cut.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// secret refuses what cannot be a credential, before it breaks a request header.
func (s Source) secret(place, text string) (Secret, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if text == "" {
		return Secret{}, fmt.Errorf("source %s: %s is empty; put the key there", s.Name, place)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Secret{}, fmt.Errorf("source %s: %s holds more than a key: a blank, a second line or a letter "+
			"that no key has", s.Name, place)
	}
	return NewSecret(text), nil
}

// ReadTokens reads the tokens of a file that nobody else can read, one a line; an empty line is none.
func ReadTokens(path string) ([]Secret, error) {
	text, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	var tokens []Secret
	for line := range strings.Lines(text) {
		token := strings.TrimSpace(line)
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return nil, fmt.Errorf("key file %s: token %d is not one word of plain characters", path, len(tokens)+1)
		}
		if token != "" {
			tokens = append(tokens, NewSecret(token))
		}
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("key file %s has no token; put one on each line, e.g. from: openssl rand -hex 32", path)
	}
	return tokens, nil
}

// readKeyFile reads a file that nobody else can read. It checks the opened file, not its name, so that the
// file cannot be swapped in between; a pipe is refused without waiting for its writer.
func readKeyFile(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", fmt.Errorf("cannot read the key file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("cannot read the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("key file %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("key file %s can be read by others (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int64(st.Uid) != int64(os.Geteuid()) && st.Uid != 0 {
		return "", fmt.Errorf("key file %s belongs to another user", path)
	}
	const maxKey = 64 << 10
	data, err := io.ReadAll(io.LimitReader(f, maxKey+1))
	if err != nil {
		return "", errors.New("cannot read the key file " + path)
	}
	if len(data) > maxKey {
		return "", fmt.Errorf("key file %s is larger than 64 KiB", path)
	}
	return string(data), nil
}
