package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// maxSize is far above any configuration that a person writes.
const maxSize = 1 << 20

// Load reads, completes and checks the file. An error of type *Error lists all that is wrong with it.
// The file must exist and be UTF-8 YAML; relative paths in it become relative to its folder.
func Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data)
}

// readFile refuses what is not a plain file, since a pipe would hang and a device would never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file; `pennytie init` makes one, --config names another: %w",
			path, fs.ErrNotExist)
	case err != nil:
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("%s: is a folder; name the file in it, e.g. %s", path,
			filepath.Join(path, "pennytie.yaml"))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a regular file; write the configuration to a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return data, nil
}

// parse is Load without the disk.
func parse(file string, data []byte) (*Config, error) {
	text, problem := checkText(data)
	src := &source{file: file, lines: strings.Split(text, "\n"), pos: map[string]position{}}
	if problem.Message != "" {
		problem.excerpt = src.excerpt(position{problem.Line, problem.Column}, false)
		return nil, &Error{File: file, Problems: []Problem{problem}}
	}
	root, problem := parseYAML(src, text)
	if problem.Message != "" {
		return nil, &Error{File: file, Problems: []Problem{problem}}
	}
	c := Default()
	c.src = src
	r := &reader{src: src}
	r.config(root, c)
	if len(r.problems) == 0 {
		c.complete(r)
	}
	if len(r.problems) > 0 {
		return nil, &Error{File: file, Problems: r.problems}
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// checkText finds what a YAML parser would only complain about in riddles.
func checkText(data []byte) (string, Problem) {
	if len(data) > maxSize {
		return "", Problem{Message: "is larger than 1 MiB; that is not a configuration"}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", Problem{Message: "is UTF-16; save it as UTF-8"}
	}
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return "", Problem{Message: "is not UTF-8 text; is this the right file?"}
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	empty := true
	for i, line := range strings.Split(text, "\n") {
		body := strings.TrimLeft(line, " \t")
		if body == "" || body[0] == '#' || strings.TrimRight(body, " ") == "---" {
			continue
		}
		empty = false
		if at := strings.IndexByte(line[:len(line)-len(body)], '\t'); at >= 0 {
			return text, Problem{Line: i + 1, Column: at + 1, Message: "the line is indented with a tab; use spaces"}
		}
	}
	if empty {
		return text, Problem{Message: "is empty; `pennytie init` writes an example to start from"}
	}
	return text, Problem{}
}

// complete fills in the providers' defaults and makes the paths relative to the file.
func (c *Config) complete(r *reader) {
	dir := filepath.Dir(c.src.file)
	c.resolve(r, dir, "store", &c.Store)
	c.resolve(r, dir, "reports_dir", &c.ReportsDir)
	for i := range c.Sources {
		s := &c.Sources[i]
		*s = s.withDefaults()
		key := fmt.Sprintf("sources[%d].", i)
		c.resolve(r, dir, key+"key_file", &s.KeyFile)
		c.resolve(r, dir, key+"path", &s.Path)
		c.resolve(r, dir, key+"refunds_path", &s.RefundsPath)
	}
	for _, k := range c.recordKinds() {
		c.resolve(r, dir, "records."+k.name, &k.from.Path)
	}
}

// resolve joins a relative path to the file's folder. What looks like a path but would be taken for a
// strange file name is refused rather than created.
func (c *Config) resolve(r *reader, dir, key string, path *string) {
	p := *path
	switch {
	case p == "":
	case strings.HasPrefix(p, "~"):
		r.fail(key, "~ is not understood here; write the whole path")
	case strings.Contains(p, "://"):
		r.fail(key, "%s is not a path; addresses are not supported here yet", quoted(scheme(p)))
	case p == ":memory:" || strings.HasPrefix(p, "file:"):
		r.fail(key, "must be the path of a file")
	case filepath.IsAbs(p):
		*path = filepath.Clean(p)
	case strings.ContainsAny(p, "*?[") && strings.ContainsAny(dir, `*?[\`):
		r.fail(key, "a pattern cannot be relative to the folder %s, whose own name has *, ?, [ or \\; "+
			"move the file", quoted(dir))
	default:
		*path = filepath.Join(dir, p)
	}
}

// scheme keeps passwords of an address out of messages.
func scheme(address string) string {
	name, _, _ := strings.Cut(address, "://")
	return name + "://…"
}
