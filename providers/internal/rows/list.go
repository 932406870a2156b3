package rows

import (
	"bytes"
	"encoding/json"
	"errors"
)

// List is a JSON list whose items keep their raw bytes beside what they were decoded to. Null and missing are no items;
// anything else that is no list shows in Err.
type List[T any] struct {
	Items []Item[T]
	Err   error
}

// Item is one item of a list. Err, a Fault, says that it is not of the shape of T.
type Item[T any] struct {
	Value T
	Raw   json.RawMessage
	Err   error
}

var errList = errors.New("is not a list")

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	*l = List[T]{}
	if string(bytes.TrimSpace(raw)) == "null" {
		return nil
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		l.Err = errList
		return nil
	}
	l.Items = make([]Item[T], len(items))
	for i, raw := range items {
		l.Items[i] = ItemOf[T](raw)
	}
	return nil
}

// ItemOf decodes one row.
func ItemOf[T any](raw json.RawMessage) Item[T] {
	item := Item[T]{Raw: raw}
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' || json.Unmarshal(raw, &item.Value) != nil {
		item.Err = Refuse("", "row is not an object")
	}
	return item
}
