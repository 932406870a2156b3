package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// picture gathers, while the tables are written, what the page shows and no table says.
type picture struct {
	zone   *time.Location
	months map[string]*Month
	ages   []Age
	sure   []Sureness
	said   map[int64]reconcile.Decision // people's last words, by row
	// settled are, of a hand-off, the movements that a ledger tells of: those of clearing accounts.
	settled flowSums
}

func newPicture(zone *time.Location) *picture {
	p := &picture{zone: zone, months: map[string]*Month{}, settled: flowSums{}}
	for _, name := range reconcile.Buckets() {
		p.ages = append(p.ages, Age{Name: name})
	}
	limits := []reconcile.Confidence{0, 5000, 8000, 9500, 9900, reconcile.Sure}
	for i := range limits[1:] {
		p.sure = append(p.sure, Sureness{From: limits[i], To: limits[i+1]})
	}
	return p
}

// listen reads what people said, before the payments are streamed.
func (p *picture) listen(r reconcile.Reader) error {
	p.said = map[int64]reconcile.Decision{}
	rows, err := r.DecidedRows()
	if err != nil {
		return err
	}
	for _, row := range rows {
		known, err := r.Known(row)
		if err != nil {
			return err
		}
		if word, spoken := reconcile.LastWord(known.Decisions); spoken {
			p.said[row] = word
		}
	}
	return nil
}

// payment counts one.
func (p *picture) payment(of *reconcile.Payment) {
	p.attributed(monthOf(of.PaymentDate, p.zone), of.Match.State.Decided(), of.Match.State != reconcile.MatchUnmatched)
	if len(of.Match.Candidates) == 0 {
		return
	}
	best := &of.Match.Candidates[0]
	at := slices.IndexFunc(p.sure, func(s Sureness) bool { return best.Confidence < s.To })
	if at < 0 {
		at = len(p.sure) - 1
	}
	bin := &p.sure[at]
	bin.Payments++
	if word, is := p.said[of.Row]; is {
		bin.Asked, bin.Expected = bin.Asked+1, bin.Expected+int64(best.Confidence)
		if word.LeadID == best.LeadID {
			bin.Right++
		}
	}
}

func (p *picture) attributed(month string, matched, proposed bool) {
	m := p.months[month]
	if m == nil {
		m = &Month{Name: month}
		p.months[month] = m
	}
	switch {
	case matched:
		m.Matched++
	case proposed:
		m.Review++
	default:
		m.Unmatched++
	}
}

// exception counts an open one.
func (p *picture) exception(bucket string, severity reconcile.Severity) {
	at := &p.ages[slices.Index(reconcile.Buckets(), bucket)]
	switch severity {
	case reconcile.SeverityHigh:
		at.High++
	case reconcile.SeverityMedium:
		at.Medium++
	default:
		at.Low++
	}
}

// on puts what was gathered on a page. What nobody was asked shows nothing.
func (p *picture) on(page *Page) {
	for _, name := range slices.Sorted(maps.Keys(p.months)) {
		page.Months = append(page.Months, *p.months[name])
	}
	page.Ages = p.ages
	if slices.ContainsFunc(p.sure, func(s Sureness) bool { return s.Asked > 0 }) {
		page.Sure = p.sure
	}
}

// page writes the page of a run.
func (b *bundle) page() error {
	page := Page{Organization: b.options.Organization, Title: "Reconciliation",
		Subject: "as of " + b.options.AsOf.In(b.picture.zone).Format("2006-01-02 15:04 MST")}
	lines, err := b.sourceLines()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line.Name == "state" {
			page.Sources = append(page.Sources, PageSource{string(line.Source), string(line.Value)})
		}
	}
	totals, err := b.reader.Totals(b.options.Sources)
	if err != nil {
		return err
	}
	ledger, err := b.reader.LedgerTotals(b.options.Sources)
	if err != nil {
		return err
	}
	page.Flows = append(paymentFlows(totals), ledgerFlows(ledger)...)
	b.picture.on(&page)
	for _, s := range schemas() {
		page.Files = append(page.Files, s.file)
	}
	return b.draw(&page)
}

// draw writes a page and notes it for the manifest.
func (b *bundle) draw(page *Page) error {
	var text bytes.Buffer
	if err := WritePage(&text, page); err != nil {
		return err
	}
	digest := sha256.Sum256(text.Bytes())
	b.drawn = TargetFile{Name: pageFile, Bytes: int64(text.Len()), SHA256: hex.EncodeToString(digest[:])}
	return b.text(pageFile, text.Bytes())
}

// flowSums are the sums of each currency, by the step of a flow that they are.
type flowSums map[money.Currency]map[string]money.Amount

// add adds to a step. A sum that leaves 64 bits makes its currency a picture that is not drawn: the tables have it.
func (f flowSums) add(currency money.Currency, step string, minor int64) {
	steps, begun := f[currency]
	if !begun {
		steps = map[string]money.Amount{}
		f[currency] = steps
	}
	if steps == nil {
		return
	}
	sum, err := money.New(steps[step].Minor, currency).Add(money.New(minor, currency))
	if err != nil {
		f[currency] = nil
		return
	}
	steps[step] = sum
}

// flows lists a flow for each currency, its steps in order; a step that is a sum adds up those before it. A movement of which there
// is none is left out.
func (f flowSums) flows(title, text string, steps []FlowStep) []Flow {
	var all []Flow
	for _, currency := range slices.Sorted(maps.Keys(f)) {
		if f[currency] == nil {
			continue
		}
		flow, level, whole := Flow{Title: title, Text: text, Currency: currency}, money.New(0, currency), true
		for _, step := range steps {
			if !step.Sum {
				sum, err := level.Add(money.New(f[currency][step.Name].Minor, currency))
				whole = whole && err == nil
				step.Minor = f[currency][step.Name].Minor
				level = sum
			} else {
				step.Minor = level.Minor
			}
			if step.Sum || step.Minor != 0 {
				flow.Steps = append(flow.Steps, step)
			}
		}
		if whole {
			all = append(all, flow)
		}
	}
	return all
}

// paymentFlows are the control totals of all sources.
func paymentFlows(totals []reconcile.Total) []Flow {
	sums := flowSums{}
	for _, t := range totals {
		sums.add(t.Currency, "paid", t.Gross)
		sums.add(t.Currency, "refunded", -t.Refunded)
		sums.add(t.Currency, "disputed", -t.Disputed)
		sums.add(t.Currency, "fees", -t.Fee)
	}
	return sums.flows("Payments", "What customers paid, less what was given back, is disputed or was kept in fees.", []FlowStep{
		{Name: "paid"}, {Name: "refunded"}, {Name: "disputed"}, {Name: "fees"}, {Name: "left", Sum: true}})
}

// stepOf is the step to which a kind of movement belongs on the way of settled money.
func stepOf(kind reconcile.EntryKind) string {
	switch kind {
	case reconcile.EntryCharge, reconcile.EntryChargeFailure:
		return "charges"
	case reconcile.EntryRefund, reconcile.EntryRefundFailure:
		return "refunds"
	case reconcile.EntryDispute, reconcile.EntryDisputeReversal:
		return "disputes"
	case reconcile.EntryFee:
		return "fees"
	case reconcile.EntryPayout, reconcile.EntryPayoutReversal:
		return "paid out"
	}
	return "other"
}

func settledSteps(opening bool) []FlowStep {
	steps := []FlowStep{{Name: "charges"}, {Name: "refunds"}, {Name: "disputes"}, {Name: "fees"}, {Name: "other"},
		{Name: "earned", Sum: true}, {Name: "paid out"}, {Name: "in account", Sum: true}}
	if opening {
		return slices.Concat([]FlowStep{{Name: "opening"}, {Name: "earlier"}}, steps[:5], steps[6:])
	}
	return steps
}

// ledgerFlows are the processors' own ledgers.
func ledgerFlows(totals []reconcile.LedgerTotal) []Flow {
	sums := flowSums{}
	for _, t := range totals {
		sums.add(t.Currency, stepOf(t.Kind), t.Gross)
		sums.add(t.Currency, "fees", -t.Fee)
	}
	return sums.flows("Processors' ledgers", "What the processors booked in the currency of settlement, up to what they still hold.", settledSteps(false))
}

// page writes the page of a hand-off, from what its manifest and tables say.
func (w *handOffWriter) page(m *HandOffManifest) error {
	page := Page{Organization: m.Organization, Title: "Hand-off " + m.Period,
		Subject: m.From + " until before " + m.Until + ", " + m.Zone + ", revision " + string(count(m.Revision))}
	customers, settled := flowSums{}, w.picture.settled
	for _, total := range m.Totals {
		for _, sum := range total.Sums {
			step := stepOf(reconcile.EntryKind(total.Kind))
			if sum.Column == "gross" && total.Status == string(reconcile.MovementBooked) && step != "paid out" && sum.Minor.IsInt64() {
				customers.add(sum.Currency, step, sum.Minor.Int64())
			}
		}
	}
	closing := map[money.Currency]int64{}
	for _, c := range m.Clearing {
		settled.add(c.Currency, "opening", c.Opening)
		settled.add(c.Currency, "earlier", c.Earlier)
		closing[c.Currency] += c.Closing
	}
	accounts := settled.flows("Clearing accounts",
		"What the processors with a ledger held at the beginning, what was settled, and what they hold at the end.", settledSteps(true))
	for _, flow := range accounts {
		if left := flow.Steps[len(flow.Steps)-1]; left.Minor != closing[flow.Currency] {
			return broken("%s: the movements leave %s %s in the clearing accounts, %s says %s", pageFile, money.New(left.Minor, flow.Currency),
				flow.Currency, clearingFile, money.New(closing[flow.Currency], flow.Currency))
		}
	}
	page.Flows = append(customers.flows("Customers", "What customers paid and got back in the period, in their own currency.",
		[]FlowStep{{Name: "charges"}, {Name: "refunds"}, {Name: "disputes"}, {Name: "other"}, {Name: "left", Sum: true}}),
		accounts...)
	w.picture.on(&page)
	for _, f := range m.Files {
		page.Files = append(page.Files, f.Name)
	}
	return w.draw(&page)
}

// handedMovement counts a movement of a hand-off.
func (p *picture) handedMovement(m *reconcile.Movement) {
	if m.EntryID != "" {
		p.settled.add(m.Gross.Currency, stepOf(m.Kind), m.Gross.Minor)
		p.settled.add(m.Fee.Currency, "fees", -m.Fee.Minor)
	}
	if m.Kind == reconcile.EntryCharge && m.Adjusts == "" {
		p.attributed(m.BookedOn[:len("2026-11")], m.LeadID != "", m.Candidates > 0)
	}
}

// handedException counts an exception that was open when the period was closed.
func (p *picture) handedException(x *reconcile.Exception, asOf time.Time) {
	p.exception(reconcile.Bucket(x.Days(asOf)), x.Grave(asOf))
}
