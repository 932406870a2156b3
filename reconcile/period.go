package reconcile

import (
	"fmt"
	"strconv"
	"time"
)

// Period is a span of whole days in the booking zone, from From until the day before Until, and what is kept of it once it is
// closed. Days are written 2026-11-18, so that they compare as texts, whatever the clocks did in between.
type Period struct {
	Name  string `json:"period"` // 2026-11, 2026-Q4 or 2026
	From  string `json:"from"`
	Until string `json:"until"` // exclusive

	// Filled when it is closed.
	Organization string     `json:"organization_id"`
	Zone         string     `json:"zone"` // IANA name of the booking zone
	PII          string     `json:"pii"`  // what its files show of people
	Revisions    []Revision `json:"revisions"`
}

// Revision is one hand-off of a period: the first closes it, each later one adds rows.
type Revision struct {
	Number int       `json:"revision"`
	AsOf   time.Time `json:"as_of"`
	Run    string    `json:"run,omitempty"`    // the last one before: what the store held
	Reason string    `json:"reason,omitempty"` // of a re-issue
}

const dayLayout = time.DateOnly

// ParsePeriod reads 2026-11, 2026-Q4 or 2026.
func ParsePeriod(name string) (Period, error) {
	wrong := fmt.Errorf("period %.20q is not a month (2026-11), a quarter (2026-Q4) or a year (2026): %w", name, ErrInvalid)
	if len(name) < 4 {
		return Period{}, wrong
	}
	year, err := strconv.ParseUint(name[:4], 10, 16)
	if err != nil || year < 2000 || year > 2099 {
		return Period{}, wrong
	}
	first, months := 1, 12
	switch rest := name[4:]; {
	case rest == "":
	case len(rest) == 3 && rest[:2] == "-Q" && rest[2] >= '1' && rest[2] <= '4':
		first, months = int(rest[2]-'1')*3+1, 3
	default:
		month, err := time.Parse("-01", rest)
		if err != nil {
			return Period{}, wrong
		}
		first, months = int(month.Month()), 1
	}
	from := time.Date(int(year), time.Month(first), 1, 0, 0, 0, 0, time.UTC)
	return Period{Name: name, From: from.Format(dayLayout), Until: from.AddDate(0, months, 0).Format(dayLayout)}, nil
}

// Holds says whether a day is one of the period.
func (p Period) Holds(day string) bool { return p.From <= day && day < p.Until }

// Overlaps says whether two periods share a day.
func (p Period) Overlaps(other Period) bool { return p.From < other.Until && other.From < p.Until }

// Over says whether the period has ended at an instant.
func (p Period) Over(at time.Time, zone *time.Location) bool { return BookingDay(at, zone) >= p.Until }

// Revision is the number of the latest hand-off; 0 while the period is open.
func (p Period) Revision() int { return len(p.Revisions) }

// BookingDay is the day on which an instant is booked.
func BookingDay(at time.Time, zone *time.Location) string { return at.In(zone).Format(dayLayout) }
