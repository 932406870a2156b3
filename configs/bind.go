package configs

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

// config binds the whole file. The keys stand here once; the names of the YAML are the contract.
func (r *reader) config(root ast.Node, c *Config) {
	var since []string
	r.object("", root, fields{
		"organization_id":         r.text(&c.OrganizationID),
		"timezone":                r.text(&c.Timezone),
		"store":                   r.text(&c.Store),
		"reports_dir":             r.text(&c.ReportsDir),
		"pii":                     r.text(&c.PII),
		"allow_insecure_loopback": r.flag(&c.AllowInsecureLoopback),
		"default_country":         r.text(&c.DefaultCountry),
		"sources": func(key string, n ast.Node) {
			c.Sources = []Source{}
			r.list(key, n, func(key string, n ast.Node) {
				s, day := r.source(key, n)
				c.Sources, since = append(c.Sources, s), append(since, day)
			})
		},
		"records": func(key string, n ast.Node) {
			r.object(key, n, fields{
				"leads":    r.records(&c.Records.Leads),
				"calls":    r.records(&c.Records.Calls),
				"products": r.records(&c.Records.Products),
			})
		},
		"matching": func(key string, n ast.Node) {
			r.object(key, n, fields{
				"auto_confirm":      r.decimal(&c.Matching.AutoConfirm),
				"suggest":           r.decimal(&c.Matching.Suggest),
				"margin":            r.decimal(&c.Matching.Margin),
				"call_window_days":  r.whole(&c.Matching.CallWindowDays),
				"claim_window_days": r.whole(&c.Matching.ClaimWindowDays),
			})
		},
		"verify": func(key string, n ast.Node) {
			r.object(key, n, fields{"grace_hours": r.whole(&c.Verify.GraceHours)})
		},
		"review": func(key string, n ast.Node) {
			r.object(key, n, fields{"audit_share": r.decimal(&c.Review.AuditShare), "audit_seed": r.whole(&c.Review.AuditSeed)})
		},
		"push": func(key string, n ast.Node) {
			r.object(key, n, fields{"enabled": r.flag(&c.Push.Enabled), "max_per_run": r.whole(&c.Push.MaxPerRun)})
		},
		"handoff": func(key string, n ast.Node) { r.handoff(key, n, &c.Handoff) },
		"schedule": func(key string, n ast.Node) {
			c.Schedule = []Job{}
			r.list(key, n, func(key string, n ast.Node) { c.Schedule = append(c.Schedule, r.job(key, n)) })
		},
	})
	for i, day := range since {
		c.Sources[i].Since = c.midnight(day)
	}
}

// source binds one source and hands back its date, which waits for the zone.
func (r *reader) source(key string, n ast.Node) (s Source, since string) {
	r.object(key, n, fields{
		"name":     r.text(&s.Name),
		"provider": r.text(&s.Provider),
		"role":     r.text(&s.Role),
		"base_url": r.text(&s.BaseURL),
		"key_env":  r.text(&s.KeyEnv),
		"key_file": r.text(&s.KeyFile),
		"since":    r.date(&since),
		"options": func(key string, n ast.Node) {
			s.Options = map[string]any{}
			r.each(key, n, func(name, path string, value ast.Node) { s.Options[name] = r.free(path, value) })
		},
		"path":         r.text(&s.Path),
		"format":       r.text(&s.Format),
		"refunds_path": r.text(&s.RefundsPath),
		"claims":       r.text(&s.Claims),
		"grace_hours":  r.maybeWhole(&s.GraceHours),
		"rescan_days":  r.maybeWhole(&s.RescanDays),
		"rescan_nights": func(key string, n ast.Node) {
			r.whole(&s.RescanNights)(key, n)
			if s.RescanNights == 0 {
				r.fail(key, "must be from 1 to 90")
			}
		},
	})
	return s, since
}

// records binds a path, or an object that names a source.
func (r *reader) records(into *RecordSource) binder {
	return func(key string, n ast.Node) {
		switch n.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			r.object(key, n, fields{"source": r.text(&into.Source)})
			if *into == (RecordSource{}) {
				r.fail(key, "names no source; write a path, or {source: NAME}")
			}
		case *ast.StringNode, *ast.LiteralNode:
			r.text(&into.Path)(key, n)
		default:
			r.wrongType(key, n, "a path, a pattern such as ./leads/*.csv, or {source: NAME}")
		}
	}
}

func (r *reader) handoff(key string, n ast.Node, h *Handoff) {
	r.object(key, n, fields{
		"formats": func(key string, n ast.Node) {
			h.Formats = []string{}
			r.list(key, n, func(key string, n ast.Node) {
				var name string
				r.text(&name)(key, n)
				h.Formats = append(h.Formats, name)
			})
		},
		"tax_rate": r.text(&h.TaxRate),
		"accounts": func(key string, n ast.Node) {
			accounts := fields{}
			for _, a := range h.Accounts.each() {
				accounts[a.key] = func(key string, n ast.Node) {
					r.object(key, n, fields{"name": r.text(&a.of.Name), "code": r.text(&a.of.Code)})
				}
			}
			r.object(key, n, accounts)
		},
	})
}

func (r *reader) job(key string, n ast.Node) Job {
	j := Job{Timezone: "UTC"}
	r.object(key, n, fields{"name": r.text(&j.Name), "cron": r.text(&j.Cron), "timezone": r.text(&j.Timezone)})
	return j
}

// midnight is the first instant of a date in the booking zone. An unknown zone is Validate's to report.
func (c *Config) midnight(day string) time.Time {
	if day == "" {
		return time.Time{}
	}
	loc, err := loadZone(c.Timezone)
	if err != nil {
		loc = time.UTC
	}
	at, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
