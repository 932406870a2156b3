package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// String is the configuration as YAML with every default written out, for `config show`. Keys appear only as
// the place they come from, with a comment whether they are there. Load reads it to the same Config.
func (c *Config) String() string {
	var w yamlWriter
	w.text("", "organization_id", c.OrganizationID)
	w.text("", "timezone", c.Timezone)
	w.text("", "store", c.Store)
	w.text("", "reports_dir", c.ReportsDir)
	w.text("", "pii", c.PII)
	w.line("allow_insecure_loopback: %t", c.AllowInsecureLoopback)
	w.text("", "default_country", c.DefaultCountry)
	w.heading("sources", len(c.Sources))
	for _, s := range c.Sources {
		c.showSource(&w, s)
	}
	kinds, some := c.recordKinds(), 0
	for _, k := range kinds {
		if !k.from.IsZero() {
			some++
		}
	}
	if some > 0 {
		w.line("records:")
	}
	for _, k := range kinds {
		if k.from.Source != "" {
			w.line("  %s: {source: %s}", k.name, scalar(k.from.Source))
		} else {
			w.text("  ", k.name, k.from.Path)
		}
	}
	m := c.Matching
	w.line("matching:")
	w.line("  auto_confirm: %s", decimalText(m.AutoConfirm))
	w.line("  suggest: %s", decimalText(m.Suggest))
	w.line("  margin: %s", decimalText(m.Margin))
	w.line("  call_window_days: %d", m.CallWindowDays)
	w.line("  claim_window_days: %d", m.ClaimWindowDays)
	w.line("verify:\n  grace_hours: %d", c.Verify.GraceHours)
	w.line("review:\n  audit_share: %s\n  audit_seed: %d", decimalText(c.Review.AuditShare), c.Review.AuditSeed)
	w.line("push:\n  enabled: %t\n  max_per_run: %d", c.Push.Enabled, c.Push.MaxPerRun)
	w.line("handoff:\n  formats: %s\n  tax_rate: %s\n  accounts:", scalar(c.Handoff.Formats), scalar(c.Handoff.TaxRate))
	for _, a := range c.Handoff.Accounts.each() {
		w.line("    %s: {name: %s, code: %s}", a.key, scalar(a.of.Name), scalar(a.of.Code))
	}
	w.heading("schedule", len(c.Schedule))
	for _, j := range c.Schedule {
		w.line("  - name: %s", scalar(j.Name))
		w.text("    ", "cron", j.Cron)
		w.text("    ", "timezone", j.Timezone)
	}
	return hideKeys(w.String())
}

func (c *Config) showSource(w *yamlWriter, s Source) {
	const in = "    "
	w.line("  - name: %s", scalar(s.Name))
	w.text(in, "provider", s.Provider)
	w.text(in, "role", s.Role)
	w.text(in, "base_url", s.BaseURL)
	if s.KeyEnv != "" {
		w.line("%skey_env: %s # %s", in, scalar(s.KeyEnv), s.keyState("env "+s.KeyEnv))
	}
	if s.KeyFile != "" {
		w.line("%skey_file: %s # %s", in, scalar(s.KeyFile), s.keyState("file"))
	}
	if !s.Since.IsZero() {
		loc, err := c.Location()
		if err != nil {
			loc = time.UTC
		}
		w.line("%ssince: %s", in, s.Since.In(loc).Format(time.DateOnly))
	}
	if len(s.Options) > 0 {
		w.line("%soptions: %s", in, scalar(redactOptions(s.Options)))
	}
	w.text(in, "path", s.Path)
	w.text(in, "format", s.Format)
	w.text(in, "refunds_path", s.RefundsPath)
	w.text(in, "claims", s.Claims)
	if s.GraceHours != nil {
		w.line("%sgrace_hours: %d", in, *s.GraceHours)
	}
	if _, online := services()[s.Provider]; online {
		days, nights := s.Rescan()
		w.line("%srescan_days: %d\n%srescan_nights: %d", in, days, in, nights)
	}
}

// keyState tells whether a credential is there; of one that is unusable it tells no more, since doctor does.
func (s Source) keyState(place string) string {
	if _, err := s.Key(); err != nil {
		return "not set (" + printable(place) + ")"
	}
	return "set (" + printable(place) + ")"
}

// redactOptions blots out options whose name promises a secret.
func redactOptions(options map[string]any) map[string]any {
	out := make(map[string]any, len(options))
	for name, value := range options {
		nested, isMap := value.(map[string]any)
		_, isText := value.(string)
		switch {
		case isMap:
			out[name] = redactOptions(nested)
		case isText && secretName(name):
			out[name] = hiddenSecret
		default:
			out[name] = value
		}
	}
	return out
}

// yamlWriter writes lines.
type yamlWriter struct{ strings.Builder }

func (w *yamlWriter) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// text writes a key unless it has no value.
func (w *yamlWriter) text(indent, key, value string) {
	if value != "" {
		w.line("%s%s: %s", indent, key, scalar(value))
	}
}

// heading begins a list.
func (w *yamlWriter) heading(key string, n int) {
	if n == 0 {
		w.line("%s: []", key)
		return
	}
	w.line("%s:", key)
}

// scalar writes a value as JSON, which is YAML too and never reads as another type.
func scalar(value any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return `"?"`
	}
	return strings.TrimSpace(b.String())
}
