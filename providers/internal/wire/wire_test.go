package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile/money"
)

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		raw          string
		currency     money.Currency
		minor, major int64
		wrong        error // of both
		wrongMinor   error
	}{
		{raw: `15386`, currency: "USD", minor: 15386, major: 1538600},
		{raw: `"15386"`, currency: "USD", minor: 15386, major: 1538600},
		{raw: `12450.00`, currency: "USD", minor: 12450, major: 1245000},
		{raw: `1e3`, currency: "USD", minor: 1000, major: 100000},
		{raw: `"1.2e4"`, currency: "USD", minor: 12000, major: 1200000},
		{raw: `153.86`, currency: "USD", wrongMinor: ErrDigits, major: 15386},
		{raw: `4.35`, currency: "USD", wrongMinor: ErrDigits, major: 435},
		{raw: `0.29`, currency: "USD", wrongMinor: ErrDigits, major: 29},
		{raw: `500`, currency: "JPY", minor: 500, major: 500},
		{raw: `1.234`, currency: "KWD", wrongMinor: ErrDigits, major: 1234},
		{raw: `153.860000001`, currency: "USD", wrong: ErrDigits},
		{raw: `0.5`, currency: "JPY", wrong: ErrDigits},
		{raw: `-0.0`, currency: "USD"},
		{raw: `-500`, currency: "USD", wrong: ErrNegative},
		{raw: `"NaN"`, currency: "USD", wrong: ErrNumber}, {raw: `"Infinity"`, currency: "USD", wrong: ErrNumber},
		{raw: `"1/3"`, currency: "USD", wrong: ErrNumber}, {raw: `"0x10"`, currency: "USD", wrong: ErrNumber},
		{raw: `"1_000"`, currency: "USD", wrong: ErrNumber}, {raw: `"1,000"`, currency: "USD", wrong: ErrNumber},
		{raw: `1e999999999`, currency: "USD", wrong: ErrNumber}, {raw: `1e40`, currency: "USD", wrong: ErrInteger},
		{raw: `9223372036854775808`, currency: "USD", wrong: ErrInteger},
		{raw: `true`, currency: "USD", wrong: ErrNumber}, {raw: `[]`, currency: "USD", wrong: ErrNumber}, {raw: `{}`, currency: "USD", wrong: ErrNumber},
	} {
		for _, read := range []struct {
			name  string
			do    func(money.Currency) (*money.Amount, error)
			want  int64
			wrong error
		}{{"minor", Of(c.raw).Minor, c.minor, errors.Join(c.wrong, c.wrongMinor)}, {"major", Of(c.raw).Major, c.major, c.wrong}} {
			got, err := read.do(c.currency)
			switch {
			case read.wrong != nil:
				if err == nil || !errors.Is(read.wrong, err) || got != nil {
					t.Errorf("%s %s: %v, %v, want %v", read.name, c.raw, got, err, read.wrong)
				}
			case err != nil || *got != money.New(read.want, c.currency):
				t.Errorf("%s %s: %v, %v, want %d", read.name, c.raw, got, err, read.want)
			}
		}
	}
	for _, absent := range []Scalar{{}, Of(`null`), Of(`""`), Of(`"  "`)} {
		if got, err := absent.Minor("USD"); got != nil || err != nil {
			t.Errorf("absent is %v, %v", got, err)
		}
	}
	if got, err := Of(`"-1245"`).Unsigned().Minor("USD"); err != nil || got.Minor != 1245 {
		t.Errorf("unsigned: %v, %v", got, err)
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2026, 5, 19, 14, 12, 7, 0, time.UTC)
	for raw, at := range map[string]time.Time{
		`"2026-05-19T14:12:07Z"`: want, `"2026-05-19T16:12:07+02:00"`: want, `"2026-05-19 14:12:07"`: want,
		`"2026-05-19T14:12:07.147536"`:    want.Add(147536 * time.Microsecond),
		`"2026-05-19 14:12:07.1475361"`:   want.Add(147536 * time.Microsecond),
		`"2026-05-19T14:12:07.123456789"`: want.Add(123456 * time.Microsecond),
		`"2028-02-29"`:                    time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC),
		`"0001-01-01T00:00:00Z"`:          {}, `null`: {}, `""`: {},
	} {
		if got, err := Of(raw).Time(); err != nil || !got.Equal(at) || (!got.IsZero() && got.Location() != time.UTC) {
			t.Errorf("%s: %v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{`"9999-12-31"`, `"1970-01-01T00:00:00Z"`, `"2026-02-29"`, `"yesterday"`, `1747663927`, `true`, `"2026-05-19T25:00:00Z"`} {
		if got, err := Of(raw).Time(); err == nil {
			t.Errorf("%s: %v", raw, got)
		}
	}
	for raw, at := range map[string]time.Time{`1779199927`: want, `"1779199927"`: want, `0`: {}, `null`: {}} {
		if got, err := Of(raw).Unix(); err != nil || !got.Equal(at) {
			t.Errorf("%s: %v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{`1779199927000`, `-1`, `1.5`, `"soon"`, `5`} {
		if got, err := Of(raw).Unix(); err == nil {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

func TestTexts(t *testing.T) {
	for raw, want := range map[string]string{
		`"  Ada  "`: "Ada", `7`: "7", `null`: "", `"\u202eeva"`: "eva", `"a\u0000b"`: "ab", `12345678901234567890`: "12345678901234567890",
	} {
		if got, err := Of(raw).Text(); err != nil || got != want {
			t.Errorf("%s: %q, %v", raw, got, err)
		}
	}
	for _, raw := range []string{`true`, `{}`, `[]`, `"` + strings.Repeat("x", 10_000) + `"`} {
		if got, err := Of(raw).Text(); err == nil || got != "" || Of(raw).Word() != "" {
			t.Errorf("%.20s: %q, %v", raw, got, err)
		}
	}
}

func TestShapes(t *testing.T) {
	var rows []struct{ Card Object }
	if err := json.Unmarshal([]byte(`[{"card":[]},{"card":{"name":"Ada","inner":{"a":1}}}]`), &rows); err != nil {
		t.Fatal(err)
	}
	if rows[0].Card != nil {
		t.Errorf("a list is the object %v", rows[0].Card)
	}
	if card := rows[1].Card; card["name"].Word() != "Ada" || card.Object("inner")["a"].Word() != "1" || card.Object("none") != nil {
		t.Errorf("card %v", card)
	}
	for raw, want := range map[string]string{`"de"`: "DE", `" US "`: "US", `"Germany"`: "", `"1A"`: "", `"é"`: "", `7`: "", `null`: ""} {
		if got := Of(raw).Country(); got != want {
			t.Errorf("%s is the country %q", raw, got)
		}
	}
}

func FuzzScalar(f *testing.F) {
	for _, seed := range []string{`153.86`, `"12450.00"`, `1e3`, `null`, `"2026-05-19 14:12:07"`, `{"a":[1]}`, `-0`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s Scalar
		if json.Unmarshal(raw, &s) != nil {
			return
		}
		if at, err := s.Time(); err == nil && !at.IsZero() && (at.Year() < 2000 || at.Location() != time.UTC) {
			t.Errorf("%s is the time %v", raw, at)
		}
		major, err := s.Major("USD")
		if err != nil || major == nil {
			return
		}
		minor, err := s.Minor("USD")
		if err == nil && minor.Minor*100 != major.Minor {
			t.Errorf("%s is %d minor and %d major", raw, minor.Minor, major.Minor)
		}
		if major.Minor < 0 {
			t.Errorf("%s is %d", raw, major.Minor)
		}
	})
}
