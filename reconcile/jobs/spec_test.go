package jobs

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

func mustSpec(t testing.TB, spec, zone string) Spec {
	t.Helper()
	s, err := ParseSpec(spec, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestParseSpecRefuses(t *testing.T) {
	tests := []struct{ spec, zone, want string }{
		{"", "UTC", "has 0"},
		{"0 2 * *", "UTC", "five fields"},
		{"0 0 2 * * *", "UTC", "five fields"},
		{"60 2 * * *", "UTC", "not a cron spec"},
		{"0 2 * * 7", "UTC", "not a cron spec"},
		{"a b c d e", "UTC", "not a cron spec"},
		{"*/0 * * * *", "UTC", "not a cron spec"},
		{"30 2 31 2 *", "UTC", "never fires"},
		{"0 0 31 4,6,9,11 *", "UTC", "never fires"},
		{"CRON_TZ=UTC 0 2 * * *", "UTC", "must not name a timezone"},
		{"CRON_TZ=x", "UTC", "must not name a timezone"},
		{"TZ=x", "UTC", "must not name a timezone"},
		{"@every 1h", "UTC", "not supported"},
		{"@reboot", "UTC", "not supported"},
		{"@daily", "Local", "unknown timezone"},
		{"@daily", "Mars/Base", "unknown timezone"},
	}
	for _, tt := range tests {
		if _, err := ParseSpec(tt.spec, tt.zone); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseSpec(%q, %q) = %v, want %q", tt.spec, tt.zone, err, tt.want)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("0 2 * * *", "UTC")
	f.Add("CRON_TZ=x", "UTC")
	f.Add("*/5 1-3 ? jan-mar MON", "Europe/Berlin")
	f.Fuzz(func(t *testing.T, spec, zone string) {
		s, err := ParseSpec(spec, zone)
		if err != nil {
			return
		}
		for d := range s.After(at("2026-01-01T00:00:00Z")) {
			if !d.At.After(at("2026-01-01T00:00:00Z")) {
				t.Fatalf("%v is not after", d)
			}
			return
		}
		t.Fatalf("%q never fires", spec)
	})
}

// TestSlotsAtClockChanges: the nights on which cron alone skips or doubles jobs.
func TestSlotsAtClockChanges(t *testing.T) {
	tests := []struct {
		name, spec, zone, from, to string
		want                       []string // key, instant, ! when shifted
	}{
		{"New York, spring", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z",
			[]string{"2026-03-08#1 2026-03-08T07:00:00Z!", "2026-03-09#1 2026-03-09T06:30:00Z"}},
		{"New York, autumn", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z",
			[]string{"2026-11-01#1 2026-11-01T05:30:00Z", "2026-11-02#1 2026-11-02T06:30:00Z"}},
		{"Berlin, spring", "0 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z",
			[]string{"2026-03-29#1 2026-03-29T01:00:00Z!", "2026-03-30#1 2026-03-30T00:00:00Z"}},
		{"Berlin, autumn", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
			[]string{"2026-10-25#1 2026-10-25T00:30:00Z", "2026-10-26#1 2026-10-26T01:30:00Z"}},
		{"midnight skipped", "@daily", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z",
			[]string{"2018-11-04#1 2018-11-04T03:00:00Z!", "2018-11-05#1 2018-11-05T02:00:00Z"}},
		{"half an hour", "0 3 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T20:00:00Z",
			[]string{"2026-10-04#1 2026-10-03T16:00:00Z", "2026-10-05#1 2026-10-04T16:00:00Z"}},
		{"a date left out", "0 9 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2011-12-31T00:00:00Z",
			[]string{"2011-12-29#1 2011-12-29T19:00:00Z", "2011-12-31#1 2011-12-30T19:00:00Z"}},
		{"two a day", "0 1,14 * * *", "UTC", "2026-01-01T01:00:00Z", "2026-01-02T01:00:00Z",
			[]string{"2026-01-01#2 2026-01-01T14:00:00Z", "2026-01-02#1 2026-01-02T01:00:00Z"}},
		{"several in a gap", "*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"2026-03-29#1 2026-03-29T01:00:00Z!", "2026-03-29#2 2026-03-29T01:00:00Z!"}},
		{"leap day after 2100", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2105-01-01T00:00:00Z",
			[]string{"2104-02-29#1 2104-02-29T00:00:00Z"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range mustSpec(t, tt.spec, tt.zone).Slots(at(tt.from), at(tt.to)) {
				mark := ""
				if d.Shifted {
					mark = "!"
				}
				got = append(got, d.Key+" "+d.At.Format(time.RFC3339)+mark)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// zones change their clocks in every way known: by an hour or half of one, at midnight, around Ramadan,
// twice a year or no more, and across the date line.
const zones = `
UTC Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Johannesburg Africa/Juba Africa/Lagos
America/Adak America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bogota
America/Chicago America/Denver America/Ciudad_Juarez America/Godthab America/Halifax America/Havana
America/Los_Angeles America/Mexico_City America/Miquelon America/New_York America/Phoenix
America/Port-au-Prince America/Santiago America/Sao_Paulo America/Scoresbysund America/St_Johns
America/Whitehorse Antarctica/Casey Antarctica/Troll Antarctica/Vostok Asia/Almaty Asia/Amman
Asia/Beirut Asia/Damascus Asia/Gaza Asia/Hebron Asia/Jerusalem Asia/Kathmandu Asia/Kolkata
Asia/Qostanay Asia/Tehran Asia/Tokyo Atlantic/Azores Australia/Adelaide Australia/Eucla
Australia/Lord_Howe Australia/Sydney Europe/Berlin Europe/Chisinau Europe/Dublin Europe/Istanbul
Europe/Lisbon Europe/London Europe/Moscow Europe/Volgograd Pacific/Apia Pacific/Auckland
Pacific/Chatham Pacific/Easter Pacific/Fiji Pacific/Kiritimati Pacific/Norfolk Pacific/Tongatapu`

// TestOneSlotPerLocalDate: whatever the clocks do, a daily job has one slot on every date that the zone has,
// and its instants go forward. One spec goes through all days, and one at every half hour of the day
// through the days around each change of the clocks.
func TestOneSlotPerLocalDate(t *testing.T) {
	from, to := at("2020-01-01T00:00:00Z"), at("2040-01-01T00:00:00Z")
	for _, zone := range strings.Fields(zones) {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			checkDaily(t, "0 2 * * *", zone, from, to)
			loc := mustSpec(t, "@daily", zone).loc
			for c := from.In(loc); ; {
				_, change := c.ZoneBounds()
				if change.IsZero() || change.After(to) {
					break
				}
				for half := range 48 {
					spec := fmt.Sprintf("%d %d * * *", half%2*30, half/2)
					checkDaily(t, spec, zone, change.Add(-84*time.Hour), change.Add(84*time.Hour))
				}
				c = change.In(loc)
			}
		})
	}
	for _, zone := range []string{"Pacific/Apia", "Pacific/Kwajalein", "Asia/Manila", "America/Juneau"} {
		checkDaily(t, "30 12 * * *", zone, at("1867-01-01T00:00:00Z"), at("2020-01-01T00:00:00Z"))
	}
}

// checkDaily counts dates by walking the real clock of the zone, half a day at a time.
func checkDaily(t *testing.T, spec, zone string, from, to time.Time) {
	t.Helper()
	s := mustSpec(t, spec, zone)
	slots := s.Slots(from, to)
	var hour, minute int
	if _, err := fmt.Sscanf(spec, "%d %d", &minute, &hour); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	last := from
	for _, d := range slots {
		if !d.At.After(last) {
			t.Fatalf("%s %s: %s at %s is not after %s", spec, zone, d.Key, d.At, last)
		}
		last = d.At
		date, ordinal, _ := strings.Cut(d.Key, "#")
		if seen[date] || ordinal != "1" {
			t.Fatalf("%s %s: %s twice", spec, zone, date)
		}
		seen[date] = true
		if d.Local.Hour() != hour || d.Local.Minute() != minute {
			if !d.Shifted {
				t.Fatalf("%s %s: %s fires at %s", spec, zone, d.Key, d.Local)
			}
		}
	}
	first, end := from.In(s.loc).AddDate(0, 0, 2), to.In(s.loc).AddDate(0, 0, -2)
	for c := first; c.Before(end); c = c.Add(12 * time.Hour) { // no date is shorter than that
		if date := c.Format(time.DateOnly); !seen[date] {
			t.Fatalf("%s %s: nothing on %s", spec, zone, date)
		}
	}
	if days := int(to.Sub(from).Hours() / 24); len(slots) > days+2 {
		t.Fatalf("%s %s: %d slots on %d days", spec, zone, len(slots), days)
	}
}

// TestKeysAreStable: a slot has the same key from wherever one looks.
func TestKeysAreStable(t *testing.T) {
	s := mustSpec(t, "*/20 * * * *", "America/New_York")
	end := at("2026-03-09T00:00:00Z")
	all := s.Slots(at("2026-03-07T00:00:00Z"), end)
	for i, d := range all {
		if i+1 < len(all) && all[i+1].At.Equal(d.At) {
			continue // one gap, one instant
		}
		rest := s.Slots(d.At, end)
		if diff := cmp.Diff(len(all)-i-1, len(rest)); diff != "" {
			t.Fatalf("after %s: %s", d.Key, diff)
		}
		if len(rest) > 0 && rest[0].Key != all[i+1].Key {
			t.Fatalf("after %s comes %s, from its own instant %s", d.Key, all[i+1].Key, rest[0].Key)
		}
	}
}

func TestEmptySpec(t *testing.T) {
	var s Spec
	if s.Slots(time.Time{}, at("2026-01-01T00:00:00Z")) != nil || s.String() != "" {
		t.Error("the zero Spec has slots")
	}
	if got := mustSpec(t, "0 2 * * *", "").String(); got != "0 2 * * * UTC" {
		t.Error(got)
	}
}
