package jobs

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// lastYear ends every enumeration of due times.
const lastYear = 2200

// Spec is a checked cron spec and the zone whose calendar it is read on. Make one with ParseSpec.
type Spec struct {
	text  string
	loc   *time.Location
	times cron.Schedule // only ever asked about UTC times that stand for local ones: UTC has no gaps
}

// Due is one due time of a Spec.
type Due struct {
	Key     string    // local date and ordinal of the fire that day, e.g. 2026-03-08#1
	At      time.Time // the instant, in UTC
	Local   time.Time // the same instant in the zone of the spec
	Shifted bool      // the clocks skip the local time that the spec names; At is the end of the gap
}

// ParseSpec reads five fields (minute hour day month weekday) or @hourly, @daily, @weekly, @monthly. An
// empty timezone means UTC. Specs that never fire and zones inside the spec are refused.
func ParseSpec(spec, timezone string) (parsed Spec, err error) {
	defer func() {
		if recover() != nil { // the parser panics on some malformed specs
			parsed, err = Spec{}, fmt.Errorf("%q is not a cron spec", spec)
		}
	}()
	if timezone == "" {
		timezone = "UTC"
	}
	loc, err := time.LoadLocation(timezone)
	if err != nil || timezone == "Local" { // Local is another zone on another machine
		return Spec{}, fmt.Errorf("unknown timezone %q; write an IANA name such as Europe/Berlin", timezone)
	}
	if strings.Contains(spec, "=") {
		return Spec{}, errors.New("a cron spec must not name a timezone; it is given beside it")
	}
	if strings.HasPrefix(spec, "@") {
		switch spec {
		case "@hourly", "@daily", "@weekly", "@monthly":
		default:
			return Spec{}, fmt.Errorf("%q is not supported; write five fields, @hourly, @daily, @weekly or @monthly",
				spec)
		}
	} else if n := len(strings.Fields(spec)); n != 5 {
		return Spec{}, fmt.Errorf("a cron spec has five fields (minute hour day month weekday), %q has %d",
			spec, n)
	}
	times, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow |
		cron.Descriptor).Parse(spec)
	if err != nil {
		return Spec{}, fmt.Errorf("%q is not a cron spec: %w", spec, err)
	}
	// A fixed start makes the answer the same on every day; five years from it hold a 29 February.
	if times.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Spec{}, fmt.Errorf("%q never fires: no such day exists", spec)
	}
	return Spec{text: spec, loc: loc, times: times}, nil
}

// String is the spec as it was written, and its zone.
func (s Spec) String() string {
	if s.loc == nil {
		return ""
	}
	return s.text + " " + s.loc.String()
}

// Slots lists the due times after from and not after to, oldest first. Several local times in one gap share
// their instant, in the order of their local times.
func (s Spec) Slots(from, to time.Time) []Due {
	var all []Due
	for d := range s.After(from) {
		if d.At.After(to) {
			break
		}
		all = append(all, d)
	}
	return all
}

// After enumerates the due times after an instant.
func (s Spec) After(from time.Time) iter.Seq[Due] {
	return func(yield func(Due) bool) {
		if s.loc == nil {
			return
		}
		local := from.In(s.loc)
		// Begin at local midnight, so that the ordinals of the day are counted from its first fire.
		midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
		cal := calendar{loc: s.loc}
		date, ordinal, exists := time.Time{}, 0, false
		for civil := range s.civil(midnight) {
			if day := civil.Truncate(24 * time.Hour); !day.Equal(date) {
				date, ordinal, exists = day, 0, cal.has(civil)
			}
			if !exists {
				continue
			}
			ordinal++
			at, shifted := cal.instant(civil)
			if !at.After(from) {
				continue
			}
			key := date.Format(time.DateOnly) + "#" + strconv.Itoa(ordinal)
			if !yield(Due{key, at.UTC(), at.In(s.loc), shifted}) {
				return
			}
		}
	}
}

// civil enumerates the fires at or after a local time. Local times are written as UTC ones throughout.
func (s Spec) civil(from time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for t := from.Add(-time.Second); t.Year() < lastYear; {
			next := s.times.Next(t)
			if next.IsZero() { // Next looks five years ahead; around 2100 leap days are eight years apart
				t = t.AddDate(4, 0, 0)
				continue
			}
			if !yield(next) {
				return
			}
			t = next.Add(59 * time.Second) // Next goes second by second; it finds the same minute from here
		}
	}
}

// calendar maps local times of a zone to instants. It remembers the period of constant offset that it last
// looked at, since asking for it costs more than all the rest.
type calendar struct {
	loc        *time.Location
	start, end time.Time // zero: unbounded
	offset     time.Duration
	asked      bool
}

// look reads the period of constant offset around an instant.
func (c *calendar) look(t time.Time) {
	t = t.In(c.loc)
	_, seconds := t.Zone()
	c.start, c.end = t.ZoneBounds()
	c.offset, c.asked = time.Duration(seconds)*time.Second, true
}

// instant is the first instant at which the clocks of the zone show a local time, or, if they skip it, the
// first instant after the gap.
func (c *calendar) instant(civil time.Time) (at time.Time, shifted bool) {
	// Well inside the known period no other one can show the same time: offsets differ by a day or so at most.
	const well = 32 * time.Hour
	if at := civil.Add(-c.offset); c.asked && (c.start.IsZero() || at.Sub(c.start) > well) &&
		(c.end.IsZero() || at.Before(c.end)) {
		return at, false
	}
	// No zone is 16 hours from UTC, so the answer lies between civil-16h and civil+16h or at a gap's end. Each
	// turn looks at one period, in order.
	for c.look(civil.Add(-16 * time.Hour)); ; c.look(c.end) {
		at := civil.Add(-c.offset)
		switch {
		case !c.end.IsZero() && !at.Before(c.end):
			// The time is not reached in this period.
		case !c.start.IsZero() && at.Before(c.start):
			return c.start, true // this period began after it, the one before ended before it
		default:
			return at, false
		}
	}
}

// has says whether the zone has the date of a local time at all: where the date line was moved, one was left
// out.
func (c *calendar) has(civil time.Time) bool {
	y, m, d := civil.Date()
	at, _ := c.instant(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	ly, lm, ld := at.In(c.loc).Date()
	return y == ly && m == lm && d == ld
}
