package fake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// appendJSON writes v in a fixed order of keys: id and object first, as services do, then by name.
// The common types are written by hand because a sample of 20,000 payments has 150,000 objects.
// A value that JSON cannot hold is a mistake in the calling test, so it panics.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case map[string]any:
		dst = append(dst, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, key), ':')
			dst = appendJSON(dst, v[key])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item)
		}
		return append(dst, ']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(fmt.Sprintf("fake: a value that JSON cannot hold: %v", err))
		}
		return append(dst, text...)
	}
}

func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string always encodes
			return append(dst, text...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for _, first := range []string{"id", "object"} {
		if _, there := object[first]; there {
			keys = append(keys, first)
		}
	}
	leading := len(keys)
	for key := range object {
		if key != "id" && key != "object" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys[leading:])
	return keys
}

// asInt reads an integer of whatever Go type a test wrote it in.
func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == float64(int64(v))
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}

// asObjects reads a list of objects written as a slice, or as a service's list envelope.
func asObjects(v any) []map[string]any {
	switch v := v.(type) {
	case []map[string]any:
		return v
	case []any:
		out := make([]map[string]any, 0, len(v))
		for _, item := range v {
			if object, ok := item.(map[string]any); ok {
				out = append(out, object)
			}
		}
		return out
	case map[string]any:
		return asObjects(v["data"])
	}
	return nil
}
