package main

import (
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"pennytie/providers/fake"
)

// One service fails and the others' run is committed: the exit code says what to do, the report which source it was.
// With -short each trouble comes to one service only.
func TestOneServiceFails(t *testing.T) {
	whole := newBooks(t, crashServices(t))
	whole.finish(t)
	sound := map[string]string{}
	for _, row := range readReport(t, whole, "summary.csv", nil) {
		if row["section"] == "source" && row["name"] == "records" {
			sound[row["source"]] = row["value"]
		}
	}
	all := []string{"stripe", "wepay", "aura", "cents", "zenskar"}
	for name, c := range map[string]struct {
		do      fake.Action
		code    int
		victims []string // one each for those that are tried again for seconds
	}{
		"an outage":              {fake.Status(http.StatusServiceUnavailable, "{}"), exitTemporary, []string{"aura"}},
		"a limit":                {fake.Status(http.StatusTooManyRequests, "{}", "Retry-After", "1"), exitTemporary, []string{"wepay"}},
		"a page of somebody":     {fake.HTML(), exitTemporary, []string{"zenskar"}},
		"a connection that ends": {fake.Reset(), exitTemporary, []string{"cents"}},
		"a refused credential":   {fake.Status(http.StatusUnauthorized, "{}"), exitAuth, all},
		"garbage":                {fake.Status(http.StatusOK, `[1, "two"]`), exitPartial, all},
		"nothing at all":         {fake.Null(), exitPartial, all},
		"another host":           {fake.Redirect("https://evil.example.com/v1/payments"), exitPartial, all},
	} {
		if testing.Short() && name != "an outage" && name != "garbage" {
			continue // the same way out of a pull
		}
		if testing.Short() {
			c.victims = c.victims[:1]
		}
		for _, victim := range c.victims {
			t.Run(name+" at "+victim, func(t *testing.T) {
				t.Parallel()
				services := crashServices(t)
				for i, service := range services.faults() {
					if services.names[i] == victim {
						service.Fault(fake.Fault{Do: c.do})
					}
				}
				b := newBooks(t, services)
				out, err := b.command().CombinedOutput()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != c.code {
					t.Fatalf("%v, want exit %d\n%s", err, c.code, out)
				}
				if text := string(out); !strings.Contains(text, victim+"-demo") || strings.Contains(text, demoKey) || strings.Contains(text, "@") {
					t.Errorf("it says:\n%s", text)
				}
				for _, row := range readReport(t, b, "summary.csv", nil) {
					ours := row["source"] == victim+"-demo"
					switch {
					case row["section"] != "source":
					case row["name"] == "state" && ours != (row["value"] == "stale"):
						t.Errorf("%s is %s", row["source"], row["value"])
					case row["name"] == "records" && !ours && row["value"] != sound[row["source"]]:
						t.Errorf("%s has %s records, want %s", row["source"], row["value"], sound[row["source"]])
					}
				}
			})
		}
	}
}
