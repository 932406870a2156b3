package providers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// reader takes a provider's own options from the configuration; what is left over is unknown.
type reader struct {
	options map[string]any
	taken   []string
	err     error
}

func (r *reader) number(name string) float64 {
	r.taken = append(r.taken, name)
	switch value := r.options[name].(type) {
	case nil:
		return 0
	case int64:
		return float64(value)
	case float64:
		return value
	}
	r.fail(name, "a number")
	return 0
}

func (r *reader) flag(name string) bool {
	r.taken = append(r.taken, name)
	value, is := r.options[name].(bool)
	if !is && r.options[name] != nil {
		r.fail(name, "true or false")
	}
	return value
}

func (r *reader) text(name string) string {
	r.taken = append(r.taken, name)
	value, is := r.options[name].(string)
	if !is && r.options[name] != nil {
		r.fail(name, "text (put it in quotes)")
	}
	return value
}

// hours is a whole number of hours.
func (r *reader) hours(name string) time.Duration { return r.whole(name, time.Hour) }

// whole is a whole number of some unit.
func (r *reader) whole(name string, unit time.Duration) time.Duration {
	r.taken = append(r.taken, name)
	value, is := r.options[name].(int64)
	const most = 24 * 366
	if (!is && r.options[name] != nil) || value < 0 || value > most {
		r.fail(name, fmt.Sprintf("a whole number up to %d", most))
		return 0
	}
	return time.Duration(value) * unit
}

// list is a list of texts.
func (r *reader) list(name string) []string {
	r.taken = append(r.taken, name)
	items, is := r.options[name].([]any)
	if !is && r.options[name] != nil {
		r.fail(name, "a list of words")
	}
	var words []string
	for _, item := range items {
		word, is := item.(string)
		if !is {
			r.fail(name, "a list of words")
			return nil
		}
		words = append(words, word)
	}
	return words
}

// words is a map of texts to texts.
func (r *reader) words(name string) map[string]string {
	r.taken = append(r.taken, name)
	pairs, is := r.options[name].(map[string]any)
	if !is {
		if r.options[name] != nil {
			r.fail(name, "keys with words")
		}
		return nil
	}
	words := make(map[string]string, len(pairs))
	for key, value := range pairs {
		word, is := value.(string)
		if !is {
			r.fail(name, "keys with words")
			return nil
		}
		words[key] = word
	}
	return words
}

func (r *reader) fail(name, want string) {
	r.err = errors.Join(r.err, fmt.Errorf("options.%s is not %s", name, want))
}

func (r *reader) unknown() error {
	for _, name := range slices.Sorted(maps.Keys(r.options)) {
		if !slices.Contains(r.taken, name) {
			return fmt.Errorf("options.%s is unknown; known: %v", name, r.taken)
		}
	}
	return r.err
}
