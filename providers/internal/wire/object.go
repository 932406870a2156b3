package wire

import "encoding/json"

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
