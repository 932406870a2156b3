package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const (
	handOffManifestFile = "MANIFEST.json"
	handOffSumsFile     = "SHA256SUMS"
	handOffReadmeFile   = "README.txt"
)

// handOffFormat grows when the meaning of the files changes.
const handOffFormat = 1

// HandOffManifest says what a hand-off holds, so that whoever has nothing but the folder can prove it.
type HandOffManifest struct {
	Format       int             `json:"format"`
	Organization string          `json:"organization_id"`
	Period       string          `json:"period"`
	From         string          `json:"from"`
	Until        string          `json:"until"` // exclusive
	Zone         string          `json:"zone"`
	Revision     int             `json:"revision"`
	AsOf         string          `json:"as_of"`
	Reason       string          `json:"reason,omitempty"`
	PII          string          `json:"pii"`
	Totals       []ControlTotal  `json:"totals"`   // by kind, then status
	Clearing     []ClearingTotal `json:"clearing"` // by source, then currency
	Files        []File          `json:"files"`    // the tables, by name
	Formats      []string        `json:"formats"`  // of the targets
	Targets      []TargetFile    `json:"targets"`  // files for other programs, by name
	Page         TargetFile      `json:"page"`     // summary.html
}

// ControlTotal is what the rows of transactions.csv of a kind come to.
type ControlTotal struct {
	Kind   string `json:"kind"`
	Status string `json:"status"`
	Rows   int    `json:"rows"`
	Sums   []Sum  `json:"sums"` // by column, then currency
}

// ClearingTotal is a clearing account in short, in minor units.
type ClearingTotal struct {
	Source   string         `json:"source"`
	Currency money.Currency `json:"currency"`
	Opening  int64          `json:"opening"`
	Earlier  int64          `json:"earlier_periods"` // changes of what is older, of which no rows are here
	Moved    int64          `json:"moved"`
	Closing  int64          `json:"closing"`
	Unpaid   int64          `json:"unpaid"`             // of the closing balance: lines not paid out yet
	Payouts  int64          `json:"payout_differences"` // of the closing balance: payouts that are not what their known members come to
}

// TargetFile is a file that is no table: in the form of another program, or the page.
type TargetFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (m HandOffManifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", handOffManifestFile, err)
	}
	return append(text, '\n'), nil
}

// decodeHandOff reads a manifest and refuses any byte that encode would not have written.
func decodeHandOff(text []byte) (HandOffManifest, error) {
	var m HandOffManifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("%s cannot be read: %w: %w", handOffManifestFile, err, reconcile.ErrIntegrity)
	}
	again, err := m.encode()
	if err != nil {
		return m, err
	}
	period, periodErr := reconcile.ParsePeriod(m.Period)
	_, piiErr := parsePrivacy(m.PII)
	_, zoneErr := time.LoadLocation(m.Zone)
	if m.Format != handOffFormat || !bytes.Equal(text, again) || periodErr != nil || piiErr != nil || zoneErr != nil ||
		period.From != m.From || period.Until != m.Until || m.Revision < 1 {
		return m, broken("%s is not as this program writes it", handOffManifestFile)
	}
	return m, nil
}

// controlTotals adds up transactions.csv by kind and status.
type controlTotals map[[2]string]*controlTotal

type controlTotal struct {
	rows int
	sums *sums
}

func (c controlTotals) of(kind, status string) *controlTotal {
	key := [2]string{kind, status}
	if c[key] == nil {
		c[key] = &controlTotal{sums: newSums()}
	}
	c[key].rows++
	return c[key]
}

func (c controlTotals) list() []ControlTotal {
	all := []ControlTotal{}
	for _, key := range slices.SortedFunc(maps.Keys(c), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		all = append(all, ControlTotal{Kind: key[0], Status: key[1], Rows: c[key].rows, Sums: c[key].sums.list()})
	}
	return all
}

// clearingTotals adds up the lines of clearing.csv.
type clearingTotals map[[2]string]*ClearingTotal

func (c clearingTotals) add(source string, line reconcile.ClearingKind, a money.Amount) error {
	key := [2]string{source, string(a.Currency)}
	if c[key] == nil {
		c[key] = &ClearingTotal{Source: source, Currency: a.Currency}
	}
	of := c[key]
	to := map[reconcile.ClearingKind]*int64{reconcile.ClearingOpening: &of.Opening, reconcile.ClearingBetween: &of.Earlier,
		reconcile.ClearingMovement: &of.Moved, reconcile.ClearingClosing: &of.Closing, reconcile.ClearingUnpaid: &of.Unpaid,
		reconcile.ClearingPayout: &of.Payouts}[line]
	if to == nil {
		return fmt.Errorf("line %.40q is none of a clearing account", line)
	}
	sum, err := money.New(*to, a.Currency).Add(a)
	*to = sum.Minor
	return err
}

func (c clearingTotals) list() []ClearingTotal {
	all := []ClearingTotal{}
	for _, total := range c {
		all = append(all, *total)
	}
	slices.SortFunc(all, func(a, b ClearingTotal) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency))
	})
	return all
}

// check says where an account does not come to what it should.
func (t ClearingTotal) check() error {
	amount := func(minor int64) string { return money.New(minor, t.Currency).String() }
	if t.Opening+t.Earlier+t.Moved != t.Closing {
		return broken("%s: %s in %s: opening %s, changes before %s and movements %s do not come to closing %s", clearingFile, t.Source,
			t.Currency, amount(t.Opening), amount(t.Earlier), amount(t.Moved), amount(t.Closing))
	}
	if t.Unpaid+t.Payouts != t.Closing {
		return broken("%s: %s in %s: closing is %s, its lines come to %s", clearingFile, t.Source, t.Currency, amount(t.Closing),
			amount(t.Unpaid+t.Payouts))
	}
	return nil
}

// sha256Sums is the file that sha256sum -c reads.
func sha256Sums(digests map[string]string) []byte {
	var text bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		fmt.Fprintf(&text, "%s  %s\n", digests[name], name)
	}
	return text.Bytes()
}

// readme is the page for people. All of it comes from the manifest.
func (m HandOffManifest) readme() []byte {
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	line("Money of %s in %s, hand-off %d", m.Organization, m.Period, m.Revision)
	line("")
	line("From %s until the day before %s, days as in %s, as known on %s.", m.From, m.Until, m.Zone, m.AsOf)
	if m.Revision > 1 {
		line("Issued again: %s. Every row of the hand-off before is here unchanged; %s lists the rows that were added.",
			clean(m.Reason), changesFile)
	}
	line("The period is closed: these files never change. What becomes known later comes as rows that reverse and replace, in a")
	line("later period or in a hand-off with a higher number.")
	line("")
	line("FILES")
	line("transactions.csv  every movement of money, a row each: charges, refunds, disputes, fees, payouts")
	line("payouts.csv       transfers to the bank, each against the lines that it consists of")
	line("refunds.csv       the refunds among the transactions")
	line("fees.csv          what the processors took, by month and category; lines that are fees themselves are in the fee column")
	line("clearing.csv      what the processors hold: opening, movements, closing, and of what the closing balance consists")
	line("exceptions.csv    what was still open when the period was closed")
	if m.Revision > 1 {
		line("changes.csv       what this hand-off adds to the one before")
	}
	for _, target := range m.Targets {
		line("%-17s for the program of that name", target.Name)
	}
	line("summary.html      the same as pictures, for a browser; it asks no network")
	line("MANIFEST.json     rows, sums and checksums of every file, for machines; SHA256SUMS the same for sha256sum")
	line("")
	line("READING")
	line("Money to the merchant is above zero, money away below. Amounts of different currencies are never added. currency, gross,")
	line("fee and net are the customer's; settlement_... is what the processor booked. No rate is ours. Empty means unknown, not zero.")
	line("Rows with status \"claimed\" rest on a book's word alone: no processor has confirmed them. Rows with adjusts_row_id correct")
	line("the row of that id: the reversal takes it back, the replacement stands instead; the note says what changed.")
	line("Import the files as text (UTF-8, comma, CRLF); opened by a double click a spreadsheet damages long ids and leading zeros.")
	line("An apostrophe in front of a cell keeps it from being run as a formula.")
	line("")
	line("TOTALS (rows and sums of transactions.csv)")
	for _, total := range m.Totals {
		line("%s, %s: %d rows", total.Kind, total.Status, total.Rows)
		for _, sum := range total.Sums {
			line("  %-18s %18s %s", sum.Column, sum.Decimal(), sum.Currency)
		}
	}
	line("")
	line("CLEARING ACCOUNTS")
	for _, c := range m.Clearing {
		amount := func(minor int64) string { return money.New(minor, c.Currency).String() }
		line("%s %s: opening %s, changes of earlier periods %s, moved %s, closing %s", clean(c.Source), c.Currency, amount(c.Opening),
			amount(c.Earlier), amount(c.Moved), amount(c.Closing))
		line("  of the closing balance: %s not paid out yet, %s payouts that are not what their known lines come to", amount(c.Unpaid),
			amount(c.Payouts))
	}
	line("A source that has no ledger to be read has no account here.")
	line("")
	line("VERIFY")
	line("pennytie handoff verify DIR    recomputes everything in this folder from the files alone")
	line("sha256sum -c SHA256SUMS        proves that no file was changed")
	return []byte(b.String())
}
