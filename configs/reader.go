package configs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds nesting, because the parser's work grows with its square and its stack with it.
const maxDepth = 32

// parseYAML reads the text into a tree. The tree is then read by hand instead of being decoded into
// structs: a decoder turns numbers into text and floats into integers where this file must be strict.
func parseYAML(src *source, text string) (root ast.Node, problem Problem) {
	defer func() {
		if recover() != nil { // a fault of the parser is a fault of the text to whoever reads the message
			root, problem = nil, Problem{Message: "is not YAML that can be read"}
		}
	}()
	tokens := lexer.Tokenize(text)
	if problem := checkTokens(src, tokens); problem.Message != "" {
		return nil, problem
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(src, err)
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) != 1 {
		return nil, Problem{Message: fmt.Sprintf("has %d documents; write one (without --- between)", len(docs))}
	}
	return docs[0], Problem{}
}

// syntaxProblem keeps the parser's sentence and replaces its excerpt, which may show a secret.
func syntaxProblem(src *source, err error) Problem {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		return Problem{Message: "is not YAML that can be read"}
	}
	at := tokenAt(syntax.GetToken())
	return Problem{
		Line: at.line, Column: at.column, Message: printable(syntax.GetMessage()), excerpt: src.excerpt(at, false),
	}
}

// checkTokens refuses what a configuration does not need and what makes YAML dangerous to read.
func checkTokens(src *source, tokens token.Tokens) Problem {
	depth, line, onLine := 0, 0, 0
	refuse := func(tk *token.Token, message string) Problem {
		at := tokenAt(tk)
		return Problem{Line: at.line, Column: at.column, Message: message, excerpt: src.excerpt(at, false)}
	}
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, onLine = tk.Position.Line, 0
			if tk.Position.Column > 200 && tk.Type != token.CommentType {
				return refuse(tk, "is indented too far")
			}
		}
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return refuse(tk, "anchors (&), aliases (*) and merges (<<) are not supported; write the value out "+
				"(in quotes if it begins with & or *)")
		case token.TagType, token.DirectiveType:
			return refuse(tk, "tags (!) and directives (%) are not supported; remove it "+
				"(or put the value in quotes)")
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			onLine++
		}
		if depth > maxDepth || onLine > maxDepth {
			return refuse(tk, "is nested too deep")
		}
	}
	return Problem{}
}

// tokenAt is where a token stands.
func tokenAt(tk *token.Token) position {
	if tk == nil || tk.Position == nil {
		return position{}
	}
	return position{tk.Position.Line, tk.Position.Column}
}

// reader walks the tree, remembers where each key stands and collects what is wrong.
type reader struct {
	src      *source
	problems []Problem
}

// binder stores the value of one key.
type binder func(key string, n ast.Node)

// fields are the keys that an object may have.
type fields map[string]binder

func (r *reader) fail(key, format string, args ...any) {
	r.problems = append(r.problems, r.src.problem(key, false, format, args...))
}

// object reads an object with known keys.
func (r *reader) object(key string, n ast.Node, known fields) {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	r.each(key, n, func(name, path string, value ast.Node) {
		if bind, ok := known[name]; ok {
			bind(path, value)
			return
		}
		mend := "the keys here are " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
		if near := nearest(name, names); near != "" {
			mend = fmt.Sprintf("did you mean %q?", near)
		} else if secretName(name) {
			mend = "a secret does not belong in this file; name its place with key_env or key_file"
		}
		r.problems = append(r.problems, r.src.problem(path, true, "unknown key; %s", mend))
	})
}

// each goes through the keys of an object and refuses doubled ones.
func (r *reader) each(key string, n ast.Node, visit func(name, path string, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.wrongType(key, n, "keys with values (`key: value`)")
		return
	}
	seen := map[string]position{}
	for _, v := range values {
		name, at := keyText(v.Key), tokenAt(v.Key.GetToken())
		path := strings.TrimPrefix(key+"."+name, ".")
		if first, twice := seen[name]; twice {
			p := Problem{Line: at.line, Column: at.column, Key: path, excerpt: r.src.excerpt(at, true)}
			p.Message = fmt.Sprintf("is already written in line %d; remove one of the two", first.line)
			r.problems = append(r.problems, p)
			continue
		}
		seen[name], r.src.pos[path] = at, at
		if _, null := v.Value.(*ast.NullNode); null || v.Value == nil {
			r.fail(path, "has no value; write one or remove the key")
			continue
		}
		visit(name, path, v.Value)
	}
}

// keyText is a key as it may be shown: a key is a short plain word or it is unknown anyway.
func keyText(key ast.MapKeyNode) string {
	if s, ok := key.(*ast.StringNode); ok {
		if len(s.Value) <= 64 && strings.IndexFunc(s.Value, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
			return s.Value
		}
	} else if tk := key.GetToken(); tk != nil && len(tk.Value) <= 64 {
		return printable(tk.Value)
	}
	return "(unreadable key)"
}

// secretName says whether a key's name promises a secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"key", "secret", "token", "password", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
