package main

import (
	"os/exec"
	"strings"
	"testing"
)

// levels of the packages: a package imports only packages of lower levels. A longer prefix wins.
func levels() map[string]int {
	return map[string]int{
		"pennytie/cmd":                    50,
		"pennytie/reconcile/httpapi":      40,
		"pennytie/reconcile/engine":       30,
		"pennytie/providers":              30,
		"pennytie/store":                  30,
		"pennytie/matchers/matchertest":   30,
		"pennytie/matchers":               20,
		"pennytie/providers/stripe":       20,
		"pennytie/providers/aura":         20,
		"pennytie/providers/wepay":        20,
		"pennytie/providers/cents":        20,
		"pennytie/providers/zenskar":      20,
		"pennytie/providers/files":        20,
		"pennytie/providers/fake":         20,
		"pennytie/providers/providertest": 20,
		"pennytie/store/sqlite":           20,
		"pennytie/store/storetest":        20,
		"pennytie/reconcile/score":        20,
		"pennytie/reconcile/report":       20,
		"pennytie/reconcile":              10,
		"pennytie/reconcile/joint":        5,
		"pennytie/reconcile/money":        0,
		"pennytie/reconcile/normalize":    0,
		"pennytie/reconcile/jobs":         0,
		"pennytie/matchers/similarity":    0,
		"pennytie/configs":                0,
		"pennytie/providers/internal":     15, // under every provider; knows the kinds of failure

		"pennytie/reconcile/report/journal": 15, // the report's hand-off calls both
		"pennytie/reconcile/report/xlsx":    17,
	}
}

// never lists arrows that the levels alone would allow or that matter by name.
func never() map[string][]string {
	return map[string][]string{
		"pennytie/reconcile/engine": {"pennytie/providers", "pennytie/matchers", "pennytie/store", "net/http", "database/sql", "os"},
		"pennytie/providers":        {"pennytie/store", "pennytie/matchers"},
		"pennytie/store":            {"pennytie/providers", "pennytie/matchers"},
		"pennytie/matchers":         {"pennytie/store", "pennytie/providers"},
		"pennytie/reconcile/jobs":   {"pennytie/"},
		"pennytie/reconcile": {"pennytie/configs", "pennytie/matchers", "pennytie/providers", "pennytie/store",
			"net/http", "database/sql", "os", "log", "go.uber.org/zap"},
	}
}

func TestNoArrowPointsUpward(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "pennytie/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(packages) < 15 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, line := range packages {
		from, imports, _ := strings.Cut(line, " ")
		for _, to := range strings.Fields(imports) {
			if broken := arrow(t, from, to); broken != "" {
				t.Errorf("forbidden arrow %s -> %s: %s", from, to, broken)
			}
		}
	}
}

// arrow says why a package may not import another, or nothing.
func arrow(t *testing.T, from, to string) string {
	for prefix, forbidden := range never() {
		if from != prefix && (prefix == "pennytie/reconcile" || !strings.HasPrefix(from, prefix+"/")) {
			continue
		}
		for _, bad := range forbidden {
			if to == bad || strings.HasPrefix(to, strings.TrimSuffix(bad, "/")+"/") {
				return "it is on the list of arrows that must never be"
			}
		}
	}
	if !strings.HasPrefix(to, "pennytie/") {
		return ""
	}
	if level(t, from) <= level(t, to) {
		return "it points to the same level or upward"
	}
	return ""
}

func level(t *testing.T, pkg string) int {
	for prefix := pkg; prefix != ""; {
		if n, known := levels()[prefix]; known {
			return n
		}
		cut := strings.LastIndex(prefix, "/")
		if cut < 0 {
			break
		}
		prefix = prefix[:cut]
	}
	t.Errorf("package %s has no level: give it one in levels()", pkg)
	return 0
}

func TestTheArrowTestCanFail(t *testing.T) {
	for _, bad := range [][2]string{
		{"pennytie/reconcile/engine", "pennytie/store/sqlite"},
		{"pennytie/reconcile/engine", "pennytie/matchers"},
		{"pennytie/reconcile", "os"},
		{"pennytie/store/sqlite", "pennytie/providers/stripe"},
		{"pennytie/matchers", "pennytie/store"},
		{"pennytie/reconcile/money", "pennytie/reconcile"},
		{"pennytie/reconcile/jobs", "pennytie/reconcile"},
	} {
		if arrow(t, bad[0], bad[1]) == "" {
			t.Errorf("%s -> %s passed", bad[0], bad[1])
		}
	}
}
