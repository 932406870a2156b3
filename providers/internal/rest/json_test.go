package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func testRules() Rules {
	return Rules{
		FreeForm: map[string]bool{"metadata": true},
		Integers: map[string]bool{"amount": true},
		Exact:    map[string]bool{"amount": true, "has_more": true},
	}
}

func TestCheckJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for text, want := range map[string]error{
		`{"amount":1,"data":[{"amount":-2},{"amount":null}]}`: nil,
		`{"metadata":{"Plan":"a","plan":"b","amount":1.5}}`:   nil,
		`{"rate":1.5,"big":1e400,"amount":"x"}`:               nil,
		" {\"a\" : [ ] , \"b\" : { } } \n":                    nil,
		`"text"`:                                              nil,
		`{"a\"b":"\\","c":"\"}"}`:                             nil,
		deep(64):                                              nil,
		deep(65):                                              ErrDepth,
		deep(10050):                                           ErrSyntax, // encoding/json itself gives up
		`{"amount":1,"amount":2}`:                             ErrDuplicate,
		`{"a":1,"b":{"c":1,"\u0063":2}}`:                      ErrDuplicate,
		`{"a":1,"A":2}`:                                       ErrDuplicate,
		`{"key":1,"` + "\u212a" + `ey":2}`:                    ErrDuplicate, // Kelvin sign
		`{"metadata":{"a":1,"a":2}}`:                          ErrDuplicate,
		`{"AMOUNT":1}`:                                        ErrSpelling,
		`{"amount":1,"AMOUNT":2}`:                             ErrSpelling,
		`{"Has_More":false}`:                                  ErrSpelling,
		`{"amount":10.10}`:                                    ErrNumber,
		`{"amount":5e3}`:                                      ErrNumber,
		`{"amount":1.0}`:                                      ErrNumber,
		`{"amount":9223372036854775808}`:                      ErrNumber,
		`{"amount":9223372036854775807}`:                      nil,
		`{"amount":[1.5]}`:                                    ErrNumber,
		`{"amount":1}{"amount":1}`:                            ErrSyntax,
		`{"amount":NaN}`:                                      ErrSyntax,
		`{"amount":1`:                                         ErrSyntax,
		``:                                                    ErrSyntax,
		"{\"a\":\"\xff\"}":                                    ErrEncoding,
	} {
		if err := CheckJSON([]byte(text), testRules()); !errors.Is(err, want) {
			t.Errorf("%.60s: %v, want %v", text, err, want)
		}
	}
}

// FuzzCheckJSON compares the walk with encoding/json: what passes must decode, and must have no key that
// encoding/json dropped.
func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{
		page, `{"a":{"b":[1,-2.5e3,"\u00e9\"",true,null]},"A1":""}`, `{"a":1,"A":2}`, `[[],{}]`,
		`{"metadata":{"a":1,"A":2}}`, " 1 ", `"\ud800"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if CheckJSON(text, testRules()) != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Fatalf("passed, but does not decode: %v", err)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if keys(text) != keys(again) {
			t.Fatalf("a key was lost: %s", text)
		}
		decoder = json.NewDecoder(bytes.NewReader(again))
		decoder.UseNumber() // 2E320 is a number, though no float64
		var twin any
		if err := decoder.Decode(&twin); err != nil || !reflect.DeepEqual(twin, value) {
			t.Fatalf("does not survive: %v", err)
		}
	})
}

// keys counts colons outside strings: one for each key.
func keys(text []byte) int {
	n, inside := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case inside && text[i] == '\\':
			i++
		case text[i] == '"':
			inside = !inside
		case text[i] == ':' && !inside:
			n++
		}
	}
	return n
}

// What nobody reads cannot be wrong.
func TestUnreadObjects(t *testing.T) {
	rules := Rules{Exact: Words("status", "data"), Decoded: Words("data", "card")}
	for page, want := range map[string]error{
		`{"data":[{"status":"x","custom":{"Status":1,"a":1,"a":2,"Plan":1,"plan":{"Status":2}}}]}`: nil,
		`{"data":[{"status":"x","card":{"Status":1}}]}`:                                            ErrSpelling,
		`{"data":[{"status":"x","Status":1}]}`:                                                     ErrSpelling,
		`{"data":[{"status":"x","card":{"a":1,"a":2}}]}`:                                           ErrDuplicate,
		`{"custom":{},"data":[{"a":1,"A":2}]}`:                                                     ErrDuplicate,
	} {
		if err := CheckJSON([]byte(page), rules); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", page, err, want)
		}
	}
}
