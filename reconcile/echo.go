package reconcile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// EchoField is one fact of a record that a write of ours changed: where a source says After, it repeats us, and what it said
// itself is Before. Null is that it says nothing.
type EchoField struct {
	Path   []string        `json:"path"` // of keys in the JSON of Facts
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// EchoOf names what differs between two readings of a record, as far as it is under one of the places, e.g. "call_id" or
// "payer.metadata".
func EchoOf(before, after *Facts, places []string) ([]EchoField, error) {
	was, err := tree(before)
	if err != nil {
		return nil, err
	}
	is, err := tree(after)
	if err != nil {
		return nil, err
	}
	var found []EchoField
	differ(nil, was, is, func(f EchoField) {
		path := strings.Join(f.Path, ".")
		if slices.ContainsFunc(places, func(place string) bool { return path == place || strings.HasPrefix(path, place+".") }) {
			found = append(found, f)
		}
	})
	return found, nil
}

// Mask takes back what only repeats a write of ours.
func Mask(f *Facts, echo []EchoField) error {
	if len(echo) == 0 {
		return nil
	}
	said, err := tree(f)
	if err != nil {
		return err
	}
	for _, e := range echo {
		place := said
		for _, key := range e.Path[:len(e.Path)-1] {
			inner, is := place[key].(map[string]any)
			if !is {
				inner = map[string]any{}
				place[key] = inner
			}
			place = inner
		}
		key := e.Path[len(e.Path)-1]
		var before any
		if text(place[key]) != string(e.After) {
			continue
		}
		if err := json.Unmarshal(e.Before, &before); err != nil {
			return fmt.Errorf("echo of a write: %w", ErrIntegrity)
		}
		place[key] = before
		if before == nil {
			delete(place, key)
		}
	}
	prune(said) // what only held an echo was not there before
	document, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("facts without an echo: %w", err)
	}
	masked := Facts{}
	if err := json.Unmarshal(document, &masked); err != nil {
		return fmt.Errorf("facts without an echo: %w", err)
	}
	*f = masked
	return nil
}

// prune drops objects without a key.
func prune(object map[string]any) {
	for key, value := range object {
		if inner, is := value.(map[string]any); is {
			if prune(inner); len(inner) == 0 {
				delete(object, key)
			}
		}
	}
}

// tree is the JSON of facts as maps; numbers keep their digits.
func tree(f *Facts) (map[string]any, error) {
	document, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("facts of a record: %w", err)
	}
	var said map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(document)))
	decoder.UseNumber()
	if err := decoder.Decode(&said); err != nil {
		return nil, fmt.Errorf("facts of a record: %w", err)
	}
	return said, nil
}

// differ descends into the payer and the metadata, whose keys change one by one; all else changes whole.
func differ(path []string, was, is map[string]any, found func(EchoField)) {
	all := maps.Clone(was)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, is)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		here := append(slices.Clone(path), key)
		if place := strings.Join(here, "."); place == "payer" || place == "payer.metadata" && len(here) == 2 {
			before, _ := was[key].(map[string]any)
			after, _ := is[key].(map[string]any)
			differ(here, before, after, found)
			continue
		}
		if before, after := text(was[key]), text(is[key]); before != after {
			found(EchoField{here, json.RawMessage(before), json.RawMessage(after)})
		}
	}
}

// text is the JSON of a value that came from JSON.
func text(value any) string {
	document, _ := json.Marshal(value)
	return string(document)
}
