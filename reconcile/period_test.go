package reconcile

import (
	"errors"
	"testing"
	"time"
)

func TestPeriods(t *testing.T) {
	for name, want := range map[string][2]string{
		"2026-02": {"2026-02-01", "2026-03-01"}, "2024-02": {"2024-02-01", "2024-03-01"}, "2026-12": {"2026-12-01", "2027-01-01"},
		"2026-Q1": {"2026-01-01", "2026-04-01"}, "2026-Q4": {"2026-10-01", "2027-01-01"}, "2026": {"2026-01-01", "2027-01-01"},
	} {
		p, err := ParsePeriod(name)
		if err != nil || p.Name != name || p.From != want[0] || p.Until != want[1] {
			t.Errorf("%s is %+v, %v", name, p, err)
		}
	}
	for _, name := range []string{"", "2026-", "2026-13", "2026-00", "2026-Q0", "2026-Q5", "2026-q1", "2026-1", "2026-011", "26-01", "1999", "2100",
		"2026-Q11", "+026", "2026/01", " 2026", "2026 ", "2026-01-01"} {
		if p, err := ParsePeriod(name); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q is %+v, %v", name, p, err)
		}
	}
}

// TestDaysOfTheBookingZone looks at the edges of months in zones whose clocks change in them.
func TestDaysOfTheBookingZone(t *testing.T) {
	for _, c := range []struct{ zone, at, day string }{
		{"UTC", "2026-03-31T23:59:59Z", "2026-03-31"},
		{"America/Los_Angeles", "2026-04-01T06:59:59Z", "2026-03-31"}, // summer time by then
		{"America/Los_Angeles", "2026-04-01T07:00:00Z", "2026-04-01"},
		{"America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-11-30"},
		{"America/Los_Angeles", "2026-12-01T08:00:00Z", "2026-12-01"},
		{"Pacific/Kiritimati", "2026-03-31T10:00:00Z", "2026-04-01"},
		{"America/Santiago", "2026-09-06T03:59:59Z", "2026-09-05"}, // a day that begins at one o'clock
		{"America/Santiago", "2026-09-06T04:00:00Z", "2026-09-06"},
		{"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25"}, // an hour that comes twice
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := BookingDay(at, zone); got != c.day {
			t.Errorf("%s in %s is %s, want %s", c.at, c.zone, got, c.day)
		}
		month, err := ParsePeriod(c.day[:7])
		if err != nil || !month.Holds(c.day) || month.Over(at, zone) {
			t.Errorf("%s does not hold %s: %v", month.Name, c.day, err)
		}
	}
}

// TestEveryInstantIsOfOneMonth walks through a year by the half hour in a zone with summer time.
func TestEveryInstantIsOfOneMonth(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	var months []Period
	for _, name := range []string{"2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09",
		"2026-10", "2026-11", "2026-12", "2027-01"} {
		p, err := ParsePeriod(name)
		if err != nil {
			t.Fatal(err)
		}
		months = append(months, p)
	}
	for at := time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC); at.Year() < 2027; at = at.Add(30 * time.Minute) {
		held := 0
		for _, p := range months {
			if p.Holds(BookingDay(at, zone)) {
				held++
			}
		}
		if held != 1 {
			t.Fatalf("%s is in %d months", at, held)
		}
	}
}
