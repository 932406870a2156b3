package similarity

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// classesText lists classes of given names, one a line: any two of a line are forms of one name.
//
//go:embed nicknames.txt
var classesText string

// englishText lists given names, one a line, each with its own short forms.
//
//go:embed nicknames_english.txt
var englishText string

// nicknameTable maps a form to what it stands for. Built once, read only afterwards.
type nicknameTable struct {
	classes map[string][]int16  // the classes that a form stands in
	names   map[string][]string // the given names that a form is short for, first names of classes among them
}

var nicknames = sync.OnceValue(func() *nicknameTable {
	table := &nicknameTable{classes: make(map[string][]int16, 700), names: make(map[string][]string, 2000)}
	class := int16(0)
	for forms := range nicknameLines(classesText) {
		for _, form := range forms {
			table.classes[form] = append(table.classes[form], class)
		}
		table.add(forms)
		class++
	}
	for forms := range nicknameLines(englishText) {
		table.add(forms)
	}
	return table
})

// add notes the first of the forms as the name that the others are short for.
func (t *nicknameTable) add(forms []string) {
	for _, form := range forms[1:] {
		t.names[form] = append(t.names[form], forms[0])
	}
}

// nicknameLines goes through a table line by line, in forms of ending.
func nicknameLines(text string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			forms := strings.Fields(line)
			if len(forms) == 0 || forms[0] == "#" {
				continue
			}
			for i, form := range forms {
				forms[i] = ending(form)
			}
			if !yield(forms) {
				return
			}
		}
	}
}

// SameNickname says that two folded given names are forms of one name: Bill and William. It is not
// transitive, for a short form may belong to several names.
func SameNickname(a, b string) bool {
	table := nicknames()
	a, b = ending(a), ending(b)
	if a == "" || b == "" {
		return false
	}
	if a == b || slices.Contains(table.names[a], b) || slices.Contains(table.names[b], a) {
		return true
	}
	classes := table.classes[a]
	if len(classes) == 0 {
		return false
	}
	return slices.ContainsFunc(table.classes[b], func(class int16) bool { return slices.Contains(classes, class) })
}

// Initials are the first letters of a folded given name and of the names that it is short for, its own first: b and r for Bob.
// A name and its short form share one of them, so that a key of surname and initial finds either under the other. Nil for "".
func Initials(name string) []string {
	if name == "" {
		return nil
	}
	out := []string{initial(name)}
	for _, long := range nicknames().names[ending(name)] {
		if letter := initial(long); !slices.Contains(out, letter) {
			out = append(out, letter)
		}
	}
	return out
}

func initial(name string) string {
	_, size := utf8.DecodeRuneInString(name)
	return name[:size]
}

// ending spells the endings of short forms one way: Jimmie, Jimmy and Jimmi.
func ending(form string) string {
	for _, suffix := range [...]string{"ie", "ey", "i"} {
		if stem, found := strings.CutSuffix(form, suffix); found && len(stem) >= 3 {
			return stem + "y"
		}
	}
	return form
}
