package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"pennytie/reconcile/money"
)

// Where corrections by hand are kept: as records of a source and in an id space that no configuration can name.
const (
	ManualSource   = "manual"
	manualProvider = "pennytie"
)

// Correction is what a person says of a payment's money against its sources: only the fields that they name. Corrections are only
// ever added, each as a record of role manual; together they lie on top of whatever the sources say, and no run touches them.
type Correction struct {
	Number     int            `json:"number"` // in order of being made
	Status     Status         `json:"status,omitempty"`
	Amount     *int64         `json:"amount,omitempty"` // minor units
	Currency   money.Currency `json:"currency,omitempty"`
	ExternalID string         `json:"external_id,omitempty"`
	Undo       bool           `json:"undo,omitempty"` // back to what the sources say
	Reason     string         `json:"reason,omitempty"`
	By         string         `json:"by,omitempty"`
	At         time.Time      `json:"at"`
}

// Bounds of what a person may say.
const (
	MostMinor   = 1<<53 - 1 // every JSON reader holds it exactly
	LongestID   = 255
	LongestSaid = 1000
)

// Mistake says what is wrong with a correction by itself, and with which field.
func (c *Correction) Mistake() (wrong Mistake, is bool) {
	switch {
	case c.Status != "" && !c.Status.Valid():
		return Mistake{Column: "status", Text: fmt.Sprintf("%.40q is no status", c.Status),
			Mend: "use pending, succeeded, failed or refunded"}, true
	case c.Amount != nil && (*c.Amount < 0 || *c.Amount > MostMinor):
		return Mistake{Column: "amount", Text: fmt.Sprintf("%d is no amount", *c.Amount),
			Mend: fmt.Sprintf("give minor units (cents), 0 to %d", int64(MostMinor))}, true
	case wrongText(c.ExternalID, LongestID):
		return Mistake{Column: "external_id", Text: "this is no id",
			Mend: fmt.Sprintf("give at most %d characters, no control characters", LongestID)}, true
	case wrongText(c.Reason, LongestSaid):
		return Mistake{Column: "reason", Text: "this reason is too long or has control characters",
			Mend: fmt.Sprintf("give at most %d characters on one line", LongestSaid)}, true
	}
	return Mistake{}, false
}

func wrongText(text string, longest int) bool {
	return len(text) > longest || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text
}

// News is the correction without what the payment says already; not is, if nothing is left. Money is said as a whole.
func (c Correction) News(p *Payment) (news Correction, is bool) {
	if c.Status == p.Status {
		c.Status = ""
	}
	if (c.Amount == nil || *c.Amount == p.Amount.Minor) && (c.Currency == "" || c.Currency == p.Amount.Currency) {
		c.Amount, c.Currency = nil, ""
	}
	if c.ExternalID == p.Payer.ExternalID {
		c.ExternalID = ""
	}
	return c, c.says()
}

func (c *Correction) says() bool {
	return c.Status != "" || c.Amount != nil || c.Currency != "" || c.ExternalID != ""
}

// Records keep the correction with a payment: it goes wherever the key goes that the payment's id comes from. What is taken back is
// taken back wherever it was said, for a claim that was corrected may leave the payment that it was joined to since.
func (c Correction) Records(p *Payment, known *Known) []SourceRecord {
	keys := []Key{moneyRecords(known.Records)[0].Keys[0]}
	for i := range known.Records {
		r := &known.Records[i]
		if !r.ByHand() {
			continue
		}
		c.Number = max(c.Number, r.Facts.Correction.Number)
		if at := r.Facts.Correction.At; c.At.Before(at) {
			c.At = at // said later, whatever the clock says
		}
		if c.Undo && !slices.Contains(keys, r.Keys[0]) {
			keys = append(keys, r.Keys[0])
		}
	}
	made := make([]SourceRecord, len(keys))
	for i, key := range keys {
		c.Number++
		said := c
		made[i] = SourceRecord{Source: ManualSource, Provider: manualProvider, Role: RoleManual, Kind: KindDetail,
			ID: fmt.Sprintf("%s/%d", p.ID, c.Number), Keys: []Key{key}, Facts: Facts{Correction: &said}}
	}
	return made
}

// ByHand says whether the record is a correction.
func (r *SourceRecord) ByHand() bool { return r.Facts.Correction != nil }

// corrections are all that were ever made, oldest first.
func corrections(records []SourceRecord) []*Correction {
	var made []*SourceRecord
	for i := range records {
		if records[i].ByHand() {
			made = append(made, &records[i])
		}
	}
	slices.SortFunc(made, func(a, b *SourceRecord) int {
		x, y := a.Facts.Correction, b.Facts.Correction
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Number, y.Number), cmp.Compare(a.ID, b.ID))
	})
	said := make([]*Correction, len(made))
	for i, r := range made {
		said[i] = r.Facts.Correction
	}
	return said
}

// Corrected is what holds of all corrections: of each field the last word since they were taken back.
func Corrected(records []SourceRecord) (c Correction, said bool) {
	for _, next := range corrections(records) {
		if next.Undo {
			c = Correction{}
			continue
		}
		c.Status = cmp.Or(next.Status, c.Status)
		c.Currency = cmp.Or(next.Currency, c.Currency)
		c.ExternalID = cmp.Or(next.ExternalID, c.ExternalID)
		if next.Amount != nil {
			c.Amount = next.Amount
		}
	}
	return c, c.says()
}

// over is what a source says, with the correction on top.
func (c *Correction) over(f *Facts) *Facts {
	if !c.says() {
		return f
	}
	said, amount := *f, *f.Amount
	if c.Amount != nil {
		amount.Minor = *c.Amount
	}
	amount.Currency = cmp.Or(c.Currency, amount.Currency)
	if amount != *f.Amount {
		said.Captured = nil
	}
	said.Amount, said.Status = &amount, cmp.Or(c.Status, f.Status)
	if c.Status != "" && !c.Status.Collected() {
		said.Captured = nil
	}
	return &said
}

// asked is what records ask for, with their corrections.
func asked(records []SourceRecord) (amount money.Amount, known bool) {
	said := moneyRecords(records)
	if len(said) == 0 {
		return amount, false
	}
	c, _ := Corrected(records)
	return *c.over(&said[0].Facts).Amount, true
}

// corrected holds a correction by hand against what the payment would be without it.
func corrected(p *Payment, known *Known) []Exception {
	if _, said := Corrected(known.Records); !said {
		return nil
	}
	sources := *known
	sources.Records = slices.DeleteFunc(slices.Clone(known.Records), func(r SourceRecord) bool { return r.ByHand() })
	theirs, _, is := Fold(p.OrganizationID, sources)
	if !is {
		return nil
	}
	differs := func(code ExceptionCode, byHand, said string) Exception {
		return Exception{Code: code, Subject: theirs.Source, Expected: byHand, Actual: said,
			Detail: theirs.Source + " says otherwise than the correction by hand"}
	}
	var found []Exception
	switch {
	case theirs.Amount.Currency != p.Amount.Currency:
		found = append(found, differs(ExCurrencyMismatch, string(p.Amount.Currency), string(theirs.Amount.Currency)))
	case theirs.Amount.Minor > p.Amount.Minor:
		found = append(found, differs(ExAmountOver, p.Amount.String(), theirs.Amount.String()))
	case theirs.Amount.Minor < p.Amount.Minor:
		found = append(found, differs(ExAmountUnder, p.Amount.String(), theirs.Amount.String()))
	}
	if theirs.Status != p.Status {
		found = append(found, differs(ExStatusMismatch, string(p.Status), string(theirs.Status)))
	}
	return found
}
