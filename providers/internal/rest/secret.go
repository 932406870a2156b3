package rest

import "fmt"

// Secret is text that prints as *** in every way Go knows to print it. Reveal gives the text.
// It must not be a map key: encoding/json prints those as they are.
type Secret string

const hidden = "***"

// Reveal gives the text itself. Call it only where a request is built.
func (s Secret) Reveal() string { return string(s) }

// String hides the text.
func (s Secret) String() string { return hidden }

// GoString hides the text.
func (s Secret) GoString() string { return hidden }

// Format hides the text for every verb; without it %x and %d would reach the bytes.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(hidden)) }

// MarshalJSON hides the text.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText hides the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
