package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	namePattern         = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	organizationPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$`)
)

// countries are the ISO 3166-1 alpha-2 codes.
const countries = " " +
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS " +
	"BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE " +
	"EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM " +
	"HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC " +
	"LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA " +
	"NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO " +
	"TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// Validate checks what single values cannot show. Load has called it; whoever makes or changes a Config in
// code calls it again. An error is of type *Error.
func (c *Config) Validate() error {
	v := &validation{c: c}
	v.basics()
	v.sources()
	v.records()
	v.numbers()
	v.handoff()
	v.schedule()
	if len(v.problems) == 0 {
		return nil
	}
	file := "configuration"
	if c.src != nil {
		file = c.src.file
	}
	return &Error{File: file, Problems: v.problems}
}

// validation collects problems, so that a person sees all of them at once.
type validation struct {
	c        *Config
	problems []Problem
}

func (v *validation) fail(key, format string, args ...any) {
	v.problems = append(v.problems, v.c.src.problem(key, false, format, args...))
}

// hidden is fail for keys whose value may be a secret in the wrong place.
func (v *validation) hidden(key, format string, args ...any) {
	v.problems = append(v.problems, v.c.src.problem(key, true, format, args...))
}

// known checks a value that must be one of a few words.
func (v *validation) known(key, what, value string, words ...string) {
	if !slices.Contains(words, value) {
		v.fail(key, "%s", oneOf(what, value, words))
	}
}

func (v *validation) basics() {
	c := v.c
	if !organizationPattern.MatchString(c.OrganizationID) {
		v.fail("organization_id", "must be 1 to 128 letters, digits, _ . : or -, beginning with a letter or digit")
	}
	v.zone("timezone", c.Timezone)
	if c.Store == "" {
		v.fail("store", "is empty; name a file such as ./pennytie.db")
	}
	if c.ReportsDir == "" {
		v.fail("reports_dir", "is empty; name a folder such as ./reports")
	}
	v.known("pii", "value", c.PII, PIIFull, PIIMasked, PIINone)
	switch code := c.DefaultCountry; {
	case len(code) == 2 && strings.Contains(countries, " "+code+" "):
	case code == "UK":
		v.fail("default_country", `unknown country "UK"; did you mean "GB"?`)
	case len(code) == 2 && strings.Contains(countries, " "+strings.ToUpper(code)+" "):
		v.fail("default_country", "unknown country %s; did you mean %q?", quoted(code), strings.ToUpper(code))
	default:
		v.fail("default_country", "unknown country %s; write an ISO 3166 code of two letters such as US",
			quoted(code))
	}
}

func (v *validation) zone(key, name string) {
	if _, err := loadZone(name); err != nil {
		v.fail(key, "unknown timezone %s; write an IANA name such as UTC or Europe/Berlin", quoted(name))
	}
}

// recordKind pairs the name of a kind of records with where they come from.
type recordKind struct {
	name string
	from *RecordSource
}

func (c *Config) recordKinds() []recordKind {
	return []recordKind{
		{"leads", &c.Records.Leads}, {"calls", &c.Records.Calls}, {"products", &c.Records.Products},
	}
}

func (v *validation) records() {
	var names []string
	for _, s := range v.c.Sources {
		names = append(names, s.Name)
	}
	for _, k := range v.c.recordKinds() {
		key := "records." + k.name
		switch {
		case k.from.Path != "" && k.from.Source != "":
			v.fail(key, "names a path and a source; choose one")
		case k.from.Source == "":
		case slices.Contains(names, k.from.Source):
			if at := slices.Index(names, k.from.Source); v.c.Sources[at].Provider != ProviderAura {
				v.fail(key+".source", "source %s does not serve %s: only %s does; name a file instead",
					quoted(k.from.Source), k.name, ProviderAura)
			}
		case len(names) == 0:
			v.fail(key+".source", "names source %s, but there are no sources", quoted(k.from.Source))
		default:
			v.fail(key+".source", "%s", oneOf("source", k.from.Source, names))
		}
	}
}

func (v *validation) numbers() {
	m := v.c.Matching
	for _, t := range []struct {
		key   string
		value int
	}{
		{"matching.auto_confirm", m.AutoConfirm}, {"matching.suggest", m.Suggest}, {"matching.margin", m.Margin},
		{"review.audit_share", v.c.Review.AuditShare},
	} {
		if t.value < 0 || t.value > TenThousandths {
			v.fail(t.key, "must be from 0 to 1, is %s", decimalText(t.value))
		}
	}
	if m.Suggest > m.AutoConfirm {
		v.fail("matching.suggest", "must not be above matching.auto_confirm (%s), is %s",
			decimalText(m.AutoConfirm), decimalText(m.Suggest))
	}
	if m.CallWindowDays < 1 || m.CallWindowDays > 3650 {
		v.fail("matching.call_window_days", "must be from 1 to 3650, is %d", m.CallWindowDays)
	}
	if m.ClaimWindowDays < 0 || m.ClaimWindowDays > mostClaimWindow {
		v.fail("matching.claim_window_days", "must be from 0 (the same day) to %d, is %d", mostClaimWindow, m.ClaimWindowDays)
	}
	if most := v.c.Push.MaxPerRun; most < 1 || most > 1_000_000 {
		v.fail("push.max_per_run", "must be from 1 to 1000000, is %d", most)
	}
	if h := v.c.Verify.GraceHours; h < 0 || h > mostGraceHours {
		v.fail("verify.grace_hours", "must be from 0 to %d (a year), is %d", mostGraceHours, h)
	}
}

func (v *validation) schedule() {
	seen := map[string]int{}
	for i, j := range v.c.Schedule {
		key := fmt.Sprintf("schedule[%d]", i)
		if v.name(key+".name", j.Name, "nightly") {
			if first, twice := seen[j.Name]; twice {
				v.fail(key+".name", "is also the name of schedule[%d]; give each job its own name", first)
			}
			seen[j.Name] = i
		}
		v.zone(key+".timezone", j.Timezone)
		if j.Cron == "" {
			v.fail(key+".cron", `is missing; write e.g. "0 2 * * *" for 02:00 every day`)
		}
	}
}

// name checks the name of a source or a job, and says whether it can be used to find doubles.
func (v *validation) name(key, name, example string) bool {
	switch {
	case name == "":
		v.fail(key, "is missing; give one such as %s", example)
		return false
	case !namePattern.MatchString(name):
		v.fail(key, "%s is not a name; use 1 to 64 of a-z, 0-9, _ and -, beginning with a letter", quoted(name))
		return false
	}
	return true
}

// decimalText writes ten-thousandths as a person would.
func decimalText(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%s%d.%04d", sign, n/TenThousandths, n%TenThousandths)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
