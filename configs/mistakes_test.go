package configs

import (
	"strings"
	"testing"
	"time"
)

// stripeWith and filesWith are configurations with one source and one more line in it, which is line 4.
func stripeWith(line string) string {
	return "sources:\n  - name: s\n    provider: stripe\n    " + line + "\n"
}

func filesWith(line string) string {
	return "sources:\n  - name: s\n    provider: files\n    " + line + "\n"
}

// mistake is a configuration and what its error must say.
type mistake struct{ name, text, want string }

const ok = "sources: []\n"

// TestMistakesText: what is not a configuration at all.
func TestMistakesText(t *testing.T) {
	refused(t, []mistake{
		{"empty", "", ": is empty; `pennytie init`"},
		{"only comments", "# a\n\n   # b\n---\n", ": is empty"},
		{"binary", "a\x00b", ": is not UTF-8 text"},
		{"latin 1", "organization_id: Jos\xe9\n", ": is not UTF-8 text"},
		{"utf-16", "\xff\xfes\x00", ": is UTF-16"},
		{"tab", "sources:\n\t- name: s\n", ":2:1: the line is indented with a tab; use spaces"},
		{"tab after spaces", "sources:\n  \t- name: s\n", ":2:3: the line is indented with a tab"},
		{"large", strings.Repeat("# long\n", 200_000), "larger than 1 MiB"},
		{"a list", "- a\n", "must be keys with values (`key: value`), is a list"},
		{"a word", "hello\n", "must be keys with values (`key: value`), is text"},
		{"two documents", ok + "---\n" + ok, "has 2 documents"},
		{"syntax", "sources: [\n", ":1:10: "},
		{"anchor", "store: &a x\nsources: []\n", ":1:8: anchors"},
		{"alias", "sources: []\nstore: *a\n", ":2:8: anchors"},
		{"tag", "store: !!str x\n", ":1:8: tags"},
		{"deep", "sources: " + strings.Repeat("[", 100_000), "nested too deep"},
		{"deep dashes", strings.Repeat("- ", 100_000), "nested too deep"},
		{"deep indent", "a:\n" + strings.Repeat(" ", 300) + "b: 1\n", "indented too far"},
	})
}

// TestMistakesKeys: wrong keys and types.
func TestMistakesKeys(t *testing.T) {
	refused(t, []mistake{
		{"unknown key", ok + "stroe: x\n", `:2:1: stroe: unknown key; did you mean "store"?`},
		{"dash for underline", ok + "reports-dir: x\n", `did you mean "reports_dir"?`},
		{
			"unknown key, no guess", ok + "push: {frequency: 1}\n",
			":2:8: push.frequency: unknown key; the keys here are enabled",
		},
		{
			"source key", stripeWith("bas_url: x"),
			`:4:5: sources[0].bas_url: unknown key; did you mean "base_url"?`,
		},
		{
			"secret in the file", stripeWith("api_key: hunter2hunter2"),
			"sources[0].api_key: unknown key; a secret does not belong in this file",
		},
		{"doubled key", ok + "pii: full\npii: none\n", ":3:1: pii: is already written in line 2"},
		{
			"doubled flow key", ok + "push: {enabled: true, enabled: false}\n",
			":2:23: push.enabled: is already",
		},
		{
			"number for text", ok + "organization_id: 12\n",
			":2:1: organization_id: must be text (put it in quotes), is a number",
		},
		{"list for text", ok + "store: [a]\n", "store: must be text, is a list"},
		{
			"text for flag", ok + "push: {enabled: yes}\n",
			":2:8: push.enabled: must be true or false (without quotes), is text",
		},
		{
			"text for number", ok + "verify: {grace_hours: \"72\"}\n",
			"verify.grace_hours: must be a whole number, is text",
		},
		{"fraction for whole", ok + "verify: {grace_hours: 1.5}\n", "must be a whole number"},
		{"octal", ok + "verify: {grace_hours: 010}\n", "written plainly"},
		{"hex", ok + "verify: {grace_hours: 0x10}\n", "written plainly"},
		{
			"text for list", "sources: stripe\n",
			":1:1: sources: must be a list (lines that begin with -), is text",
		},
		{"text for object", ok + "matching: high\n", "matching: must be keys with values"},
		{"text for a source", "sources:\n  - stripe\n", ":2:5: sources[0]: must be keys with values"},
		{"no value", ok + "store:\n", ":2:1: store: has no value; write one or remove the key"},
		{"null", ok + "pii: ~\n", "pii: has no value"},
		{"empty item", "sources:\n  -\n", "sources[0]: is an empty item"},
		{"blank text", ok + "store: \" \"\n", "store: is empty"},
		{"blank around", ok + "store: \" a\"\n", "begins or ends with a blank"},
		{"line break", ok + "store: \"a\\nb\"\n", "store: has a line break"},
		{"escape code", ok + "store: \"a\\eb\"\n", "store: has a line break or another invisible"},
	})
}

// TestMistakesBasics: the keys at the top.
func TestMistakesBasics(t *testing.T) {
	refused(t, []mistake{
		{"no sources", "pii: full\n", ": sources: is missing; name at least one"},
		{"organization", ok + "organization_id: a b\n", ":2:1: organization_id: must be"},
		{"pii", ok + "pii: mask\n", `:2:1: pii: unknown value "mask"; did you mean "masked"?`},
		{
			"timezone", ok + "timezone: Berlin\n",
			`:2:1: timezone: unknown timezone "Berlin"; write an IANA name`,
		},
		{"local zone", ok + "timezone: Local\n", "unknown timezone"},
		{"zone path", ok + "timezone: ../../etc/passwd\n", "unknown timezone"},
		{"country", ok + "default_country: UK\n", `did you mean "GB"?`},
		{"country case", ok + "default_country: us\n", `did you mean "US"?`},
		{"country name", ok + "default_country: XX\n", "ISO 3166 code"},
		{"store address", ok + "store: postgres://u:pw@h/db\n", `:2:1: store: "postgres://…" is not a path`},
		{"store memory", ok + "store: \":memory:\"\n", "must be the path of a file"},
		{"home", ok + "reports_dir: ~/x\n", "~ is not understood"},
	})
}

// TestMistakesSources: sources.
func TestMistakesSources(t *testing.T) {
	refused(t, []mistake{
		{"no name", "sources:\n  - provider: stripe\n", ":2:5: sources[0].name: is missing"},
		{"no provider", "sources:\n  - name: s\n", ":2:5: sources[0].provider: is missing"},
		{
			"bad name", strings.Replace(stripeWith("role: book"), ": s\n", ": Main\n", 1),
			`:2:5: sources[0].name: "Main" is not a name`,
		},
		{
			"long name", strings.Replace(stripeWith("role: book"), ": s\n", ": "+strings.Repeat("a", 65)+"\n", 1),
			"is not a name",
		},
		{
			"reserved", strings.Replace(stripeWith("role: book"), ": s\n", ": import\n", 1),
			`"import" is reserved`,
		},
		{
			"reserved for corrections", strings.Replace(stripeWith("role: book"), ": s\n", ": manual\n", 1),
			`"manual" is reserved`,
		},
		{
			"reserved records", strings.Replace(stripeWith("role: book"), ": s\n", ": records.leads\n", 1),
			"is reserved",
		},
		{
			"doubled name", stripeWith("role: book") + "  - {name: s, provider: stripe}\n",
			":5:6: sources[1].name: is also the name of sources[0]",
		},
		{
			"provider", "sources: [{name: s, provider: strip}]\n",
			`sources[0].provider: unknown provider "strip"; did you mean "stripe"?`,
		},
		{"claims of a processor", stripeWith("claims: all"), "sources[0].claims: has no meaning here"},
		{"claims", "sources: [{name: s, provider: aura, claims: most}]\n", `sources[0].claims: unknown value "most"`},
		{"grace", stripeWith("grace_hours: 9000"), ":4:5: sources[0].grace_hours: must be from 0 to 8784"},
		{"grace with a unit", stripeWith("grace_hours: 72h"), "sources[0].grace_hours: must be a whole number"},
		{"re-scan", stripeWith("rescan_days: 731"), "sources[0].rescan_days: must be from 0 (never) to 730"},
		{"nights", stripeWith("rescan_nights: 91"), "sources[0].rescan_nights: must be from 1 to 90"},
		{"no nights", stripeWith("rescan_nights: 0"), "sources[0].rescan_nights: must be from 1 to 90"},
		{"re-scan of files", "sources: [{name: s, provider: files, path: x.csv, rescan_days: 0}]\n", "sources[0].rescan_days: has no meaning here"},
		{"records of stripe", stripeWith("role: processor") + "records: {leads: {source: s}}\n", "does not serve leads: only aura does"},
		{"role", stripeWith("role: boss"), `:4:5: sources[0].role: unknown role "boss"`},
		{"since", stripeWith("since: 2026-02-30"), ":4:5: sources[0].since: must be a date"},
		{"since time", stripeWith("since: 2026-02-01T00:00:00Z"), "must be a date"},
		{"since number", stripeWith("since: 20260201"), "must be a date"},
		{"since 1970", stripeWith("since: 1970-01-01"), "must be a date between 2000 and 2100"},
	})
}

// TestMistakesProviders: what a provider needs or cannot use.
func TestMistakesProviders(t *testing.T) {
	refused(t, []mistake{
		{
			"two keys", stripeWith("key_env: A\n    key_file: b"),
			":5:5: sources[0].key_file: is set beside key_env",
		},
		{"key as env", stripeWith("key_env: sk_live_abcdefgh"), "not the key itself"},
		{
			"key with signs as env", stripeWith("key_env: abc+def=="),
			":4:5: sources[0].key_env: must be the name of an environment",
		},
		{"key as file", stripeWith("key_file: sk_live_abcdefgh"), "not the key itself"},
		{"stripe path", stripeWith("path: x.csv"), ":4:5: sources[0].path: has no meaning here"},
		{"stripe format", stripeWith("format: canonical"), "sources[0].format: has no meaning here"},
		{
			"http", stripeWith("base_url: http://api.stripe.com"),
			":4:5: sources[0].base_url: must begin with https://",
		},
		{
			"http loopback", stripeWith("base_url: http://127.0.0.1:1"),
			"allow_insecure_loopback: true admits",
		},
		{
			"http fake loopback",
			"allow_insecure_loopback: true\n" + stripeWith("base_url: http://127.0.0.1.evil.test"),
			"must begin with https://",
		},
		{
			"ftp loopback", "allow_insecure_loopback: true\n" + stripeWith("base_url: ftp://localhost/"),
			"must begin with https://",
		},
		{"user in url", stripeWith("base_url: https://u:hunter2@h"), "must not carry a user"},
		{"query in url", stripeWith("base_url: https://h?x=hunter2"), "must not carry ?"},
		{"fragment in url", stripeWith("base_url: https://h#hunter2"), "must not carry ?"},
		{"no url", stripeWith("base_url: stripe"), "is not an address"},
		{
			"option number", stripeWith("options: {page_size: 0o7}"),
			"sources[0].options.page_size: must be a whole number",
		},
		{"options list", stripeWith("options: [a]"), "sources[0].options: must be keys with values"},
		{"files without path", filesWith("role: book"), ":2:5: sources[0].path: is missing; name a file"},
		{
			"format", filesWith("path: a\n    format: stripe_payment"),
			`:5:5: sources[0].format: unknown format "stripe_payment"; did you mean "stripe_payments"?`,
		},
		{"files with key", filesWith("path: a\n    key_env: A"), "sources[0].key_env: has no meaning here"},
		{
			"files with since", filesWith("path: a\n    since: 2026-01-01"),
			"sources[0].since: has no meaning here",
		},
	})
}

// TestMistakesRest: records, numbers and the schedule.
func TestMistakesRest(t *testing.T) {
	refused(t, []mistake{
		{
			"records source", ok + "records: {leads: {source: x}}\n",
			`:2:19: records.leads.source: names source "x", but there are no sources`,
		},
		{
			"records near", stripeWith("role: book") + "records: {leads: {source: stripe}}\n",
			`records.leads.source: unknown source "stripe"`,
		},
		{"records number", ok + "records: {leads: 1}\n", "records.leads: must be a path"},
		{"records empty", ok + "records: {leads: {}}\n", "records.leads: names no source"},
		{
			"threshold high", ok + "matching: {auto_confirm: 1.01}\n",
			":2:12: matching.auto_confirm: must be from 0 to 1, is 1.01",
		},
		{
			"threshold negative", ok + "matching: {margin: -0.1}\n",
			"matching.margin: must be a number from 0 to 1",
		},
		{"threshold exact", ok + "matching: {margin: 0.00001}\n", "at most 4 decimals"},
		{"threshold power", ok + "matching: {margin: 1.0e-1}\n", "at most 4 decimals"},
		{
			"threshold text", ok + "matching: {margin: \"0.1\"}\n",
			"matching.margin: must be a number such as 0.95",
		},
		{"threshold nan", ok + "matching: {margin: .nan}\n", "matching.margin: must be a number"},
		{
			"threshold order", ok + "matching: {suggest: 0.96}\n",
			"matching.suggest: must not be above matching.auto_confirm (0.95), is 0.96",
		},
		{"share", ok + "review: {audit_share: 2}\n", ":2:10: review.audit_share: must be from 0 to 1, is 2"},
		{"seed", ok + "review: {audit_seed: x}\n", "review.audit_seed: must be a whole number"},
		{"claim window", ok + "matching: {claim_window_days: 32}\n", "must be from 0 (the same day) to 31"},
		{"call window", ok + "matching: {call_window_days: 0}\n", "must be from 1 to 3650"},
		{"grace", ok + "verify: {grace_hours: 9999}\n", "verify.grace_hours: must be from 0"},
		{"format", ok + "handoff: {formats: [xero]}\n", `handoff.formats[0]: unknown format "xero"`},
		{"format twice", ok + "handoff: {formats: [xlsx, xlsx]}\n", "handoff.formats[1]: is named twice"},
		{"formats no list", ok + "handoff: {formats: xlsx}\n", "handoff.formats: must be a list"},
		{"account key", ok + "handoff: {accounts: {sale: {name: a}}}\n", `handoff.accounts.sale: unknown key; did you mean "sales"?`},
		{"account part", ok + "handoff: {accounts: {sales: {name: 'A::B'}}}\n", "handoff.accounts.sales.name: must be at most 100"},
		{"account brace", ok + "handoff: {accounts: {sales: {name: '{account}'}}}\n", "handoff.accounts.sales.name: must be"},
		{"account formula", ok + "handoff: {accounts: {sales: {name: '=A'}}}\n", "handoff.accounts.sales.name: must be"},
		{"account code", ok + "handoff: {accounts: {sales: {code: '12345678901'}}}\n", "handoff.accounts.sales.code: must be 1 to 10"},
		{"code number", ok + "handoff: {accounts: {sales: {code: 200}}}\n", "handoff.accounts.sales.code: must be text (put it in quotes)"},
		{"clearing twice", ok + "handoff: {accounts: {bank: {name: 'clearing-{source} {currency}'}}}\n", "is also the name of the clearing"},
		{"clearing code", ok + "handoff: {accounts: {bank: {code: '616'}}}\n", "handoff.accounts.bank.code: is also the code of the clearing"},
		{"beancount", ok + "handoff: {accounts: {fees: {name: 'A b'}, disputes: {name: 'A-b'}}}\n", "to Beancount"},
		{"tax rate", ok + "handoff: {tax_rate: '=1'}\n", "handoff.tax_rate: must be the name"},
		{"job name", ok + "schedule: [{cron: '@daily'}]\n", "schedule[0].name: is missing"},
		{"job cron", ok + "schedule: [{name: a}]\n", "schedule[0].cron: is missing"},
		{
			"job zone", ok + "schedule: [{name: a, cron: '@daily', timezone: X}]\n",
			"schedule[0].timezone: unknown timezone",
		},
		{
			"job twice", ok + "schedule: [{name: a, cron: '@daily'}, {name: a, cron: '@daily'}]\n",
			"schedule[1].name: is also the name of schedule[0]",
		},
	})
}

// refused: each mistake is refused with file, line, column, key and mend, and without showing a secret.
func refused(t *testing.T, tests []mistake) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := Load(write(t, tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "pennytie.yaml") {
				t.Errorf("%q is not in\n%v", tt.want, err)
			}
			for _, secret := range []string{"hunter2", "abcdefgh", "u:pw", "def=="} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the message shows the secret:\n%v", err)
				}
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
