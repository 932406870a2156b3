package wire

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Errors of shape.
var (
	ErrObject = errors.New("is not an object")
	ErrList   = errors.New("is not a list")
)

// Object is a JSON object that may be missing, null, or something else altogether: then it is nil.
type Object map[string]Scalar

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (o *Object) UnmarshalJSON(raw []byte) error {
	var fields map[string]Scalar
	if json.Unmarshal(raw, &fields) != nil {
		fields = nil
	}
	*o = fields
	return nil
}

// Object reads a field as an object.
func (o Object) Object(name string) Object {
	var inner Object
	_ = inner.UnmarshalJSON(o[name].raw) // never fails
	return inner
}

// List is a JSON list whose items keep their raw bytes beside what they were decoded to. Null and missing are no items;
// anything else that is no list shows in Err.
type List[T any] struct {
	Items []Item[T]
	Err   error
}

// Item is one item of a list. Err says that it is not of the shape of T.
type Item[T any] struct {
	Value T
	Raw   json.RawMessage
	Err   error
}

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	*l = List[T]{}
	if string(bytes.TrimSpace(raw)) == "null" {
		return nil
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		l.Err = ErrList
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
		item.Err = ErrObject
	}
	return item
}
