package configs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// checkCron admits the specs that reconcile/jobs can run. The rules are few and stand in both packages,
// since neither may import the other.
func checkCron(spec string) (err error) {
	defer func() {
		if recover() != nil { // the parser panics on some malformed specs
			err = fmt.Errorf("%s is not a cron spec", quoted(spec))
		}
	}()
	if strings.Contains(spec, "=") {
		return errors.New("must not name a timezone; use the timezone key beside it")
	}
	if strings.HasPrefix(spec, "@") {
		switch spec {
		case "@hourly", "@daily", "@weekly", "@monthly":
		default:
			return fmt.Errorf("%s is not supported; write five fields, @hourly, @daily, @weekly or @monthly",
				quoted(spec))
		}
	} else if n := len(strings.Fields(spec)); n != 5 {
		return fmt.Errorf("must have five fields (minute hour day month weekday), has %d", n)
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow |
		cron.Descriptor).Parse(spec)
	if err != nil {
		return fmt.Errorf("is not a cron spec: %w (fields: minute hour day month weekday, Sunday is 0)", err)
	}
	// A fixed start makes the answer the same on every day; five years from it hold a 29 February.
	if parsed.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return fmt.Errorf("%s never fires: no such day exists", quoted(spec))
	}
	return nil
}
