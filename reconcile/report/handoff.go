package report

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// HandOff says which hand-off to write and where.
type HandOff struct {
	Dir      string // the folder of all hand-offs
	Period   reconcile.Period
	Revision int
	// Formats name the forms of other programs that Targets writes it in. One that is there already keeps its own, and unless Chosen
	// says that exactly these were asked for, that is no mistake.
	Formats []string
	Chosen  bool
	Targets func(t Target) error // needed where there are formats
}

// Target is a hand-off as it is written in the forms of other programs.
type Target struct {
	Formats   []string
	Movements iter.Seq2[*reconcile.Movement, error] // in the order of their days
	Payouts   iter.Seq2[*reconcile.Payout, error]
	Clearing  []ClearingTotal
	Create    func(name string) (io.WriteCloser, error)
	Open      func(name string) (io.ReadCloser, error) // what was created
}

// Path is where the hand-off stands: Dir/<organization>/<period>/r<N>.
func (h HandOff) Path() string { return filepath.Join(h.parent(), h.name()) }

func (h HandOff) name() string { return fmt.Sprintf("r%d", h.Revision) }

func (h HandOff) parent() string {
	return filepath.Join(h.Dir, fileName(h.Period.Organization), h.Period.Name)
}

// fileName makes an organization's id a name of a folder.
func fileName(id string) string {
	name := []byte(id)
	for i, b := range name {
		if !validID(string(b)) && b != '_' && (b != '.' || i == 0) {
			name[i] = '_'
		}
	}
	if len(name) == 0 {
		return "_"
	}
	return string(name)
}

// WriteHandOff writes a hand-off from what was booked, and nothing else: the same bytes each time. It is there whole or not at all.
// One that is there already is compared: fresh says that it was not, and a difference is ErrIntegrity.
func WriteHandOff(ctx context.Context, r reconcile.BookedReader, h HandOff) (fresh bool, err error) {
	return writeHandOff(ctx, r, h, func(_ string, s sink) sink { return s })
}

func writeHandOff(ctx context.Context, r reconcile.BookedReader, h HandOff, wrap func(string, sink) sink) (fresh bool, err error) {
	shown, err := parsePrivacy(h.Period.PII)
	if err != nil {
		return false, err
	}
	_, err = os.Lstat(h.Path())
	if fresh = errors.Is(err, fs.ErrNotExist); err != nil && !fresh {
		return false, fmt.Errorf("look for hand-off %s: %w", h.Path(), err)
	}
	id := h.name()
	if !fresh {
		id += "-again"
		if err := h.keepFormats(); err != nil {
			return false, err
		}
	}
	f, err := newFolder(h.parent(), id)
	if err != nil {
		return false, err
	}
	w := &handOffWriter{bundle: bundle{ctx: ctx, shown: shown, folder: f, wrap: wrap, handOff: true, picture: newPicture(time.UTC)}, reader: r, hand: h,
		totals: controlTotals{}, clearing: clearingTotals{}, fees: feeBook{}, here: hereBook{}}
	if err = w.write(); err == nil && fresh {
		err = f.place()
	}
	if err == nil && !fresh {
		err = w.compare()
	}
	if err != nil || !fresh {
		return false, errors.Join(err, w.discard(f))
	}
	return true, f.close()
}

// keepFormats takes over the formats of the hand-off that is there.
func (h *HandOff) keepFormats() error {
	text, err := os.ReadFile(filepath.Join(h.Path(), handOffManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return broken("%s has no %s", h.Path(), handOffManifestFile)
	}
	if err != nil {
		return fmt.Errorf("read what was handed over: %w", err)
	}
	m, err := decodeHandOff(text)
	if err != nil {
		return fmt.Errorf("%s: %w", h.Path(), err)
	}
	if h.Chosen && !slices.Equal(h.Formats, m.Formats) {
		return fmt.Errorf("%s was handed over with the formats %v, not %v; write the others elsewhere: --dir: %w", h.Path(), m.Formats, h.Formats,
			reconcile.ErrClosed)
	}
	h.Formats = m.Formats
	return nil
}

// handOffWriter is one call of WriteHandOff. It holds no rows.
type handOffWriter struct {
	bundle
	reader   reconcile.BookedReader
	hand     HandOff
	totals   controlTotals
	clearing clearingTotals
	fees     feeBook
	here     hereBook
	foreign  []TargetFile
	texts    map[string]string // digests of the files that are no tables
}

func (w *handOffWriter) write() error {
	w.texts = map[string]string{}
	if err := w.tables(); err != nil {
		return err
	}
	m := w.describe()
	for _, c := range m.Clearing {
		if err := c.check(); err != nil {
			return err
		}
	}
	var err error
	if m.Targets, err = w.targets(m.Clearing); err != nil {
		return err
	}
	w.foreign = m.Targets
	if err := w.page(&m); err != nil {
		return err
	}
	m.Page = w.drawn
	w.texts[pageFile] = w.drawn.SHA256
	text, err := m.encode()
	if err != nil {
		return err
	}
	if err := w.note(handOffReadmeFile, m.readme()); err != nil {
		return err
	}
	if err := w.note(handOffManifestFile, text); err != nil {
		return err
	}
	for _, f := range w.files {
		w.texts[f.Name] = f.SHA256
	}
	return w.text(handOffSumsFile, sha256Sums(w.texts))
}

// note writes a file that is no table and remembers its digest.
func (w *handOffWriter) note(name string, text []byte) error {
	digest := sha256.Sum256(text)
	w.texts[name] = hex.EncodeToString(digest[:])
	return w.text(name, text)
}

func (w *handOffWriter) describe() HandOffManifest {
	p := w.hand.Period
	revision := p.Revisions[w.hand.Revision-1]
	m := HandOffManifest{Format: handOffFormat, Organization: p.Organization, Period: p.Name, From: p.From, Until: p.Until, Zone: p.Zone,
		Revision: w.hand.Revision, AsOf: instant(revision.AsOf), Reason: revision.Reason, PII: string(w.shown), Totals: w.totals.list(),
		Clearing: w.clearing.list(), Formats: append([]string{}, w.hand.Formats...), Targets: []TargetFile{}}
	for _, s := range handOffSchemas(w.hand.Revision) {
		for _, f := range w.files {
			if f.Name == s.file {
				m.Files = append(m.Files, f)
			}
		}
	}
	return m
}

// tables writes every table in one pass over what was booked.
func (w *handOffWriter) tables() error {
	b := &w.bundle
	transactions, err := openTable(b, transactionsFile, tallyTransaction)
	if err != nil {
		return err
	}
	refunds, err := openTable(b, refundsFile, tallyHandedRefund)
	if err != nil {
		return err
	}
	payouts, err := openTable(b, payoutsFile, tallyHandedPayout)
	if err != nil {
		return err
	}
	exceptions, err := openTable(b, exceptionsFile, func(r *handedExceptionRow, s *sums) { s.add("amount", r.Amount) })
	if err != nil {
		return err
	}
	clearing, err := openTable(b, clearingFile, func(r *clearingRow, s *sums) { s.add("amount", r.Amount) })
	if err != nil {
		return err
	}
	var changes *table[handedChangeRow]
	if w.hand.Revision > 1 {
		if changes, err = openTable(b, changesFile, tallyHandedChange); err != nil {
			return err
		}
	}
	for line, err := range w.booked() {
		if err != nil {
			return err
		}
		switch line.Part {
		case reconcile.PartPayout:
			err = addRow(payouts, w.payoutRow(line.Payout))
		case reconcile.PartException:
			w.picture.handedException(&line.Exception.Exception, w.hand.Period.Revisions[w.hand.Revision-1].AsOf)
			err = addRow(exceptions, newHandedExceptionRow(line.Exception, w.shown))
		case reconcile.PartClearing:
			if err = w.clearing.add(line.Clearing.Source, line.Clearing.Line, line.Clearing.Amount); err == nil {
				err = addRow(clearing, newClearingRow(line.Clearing))
			}
		default:
			err = w.movement(line, transactions, refunds, changes)
		}
		if err != nil {
			return err
		}
	}
	if err := w.feeTable(); err != nil {
		return err
	}
	if changes != nil {
		if err := finishTable(b, changes); err != nil {
			return err
		}
	}
	return errors.Join(finishTable(b, transactions), finishTable(b, refunds), finishTable(b, payouts), finishTable(b, exceptions),
		finishTable(b, clearing))
}

func addRow[R any](t *table[R], row R) error { return t.add(&row) }

// booked streams the lines of the hand-off: movements of every revision so far, and the rest of its own.
func (w *handOffWriter) booked() iter.Seq2[*reconcile.BookedLine, error] {
	return func(yield func(*reconcile.BookedLine, error) bool) {
		for line, err := range w.reader.Booked(reconcile.BookedFilter{Period: w.hand.Period.Name}) {
			if err == nil && (line.Revision > w.hand.Revision || line.Revision < w.hand.Revision && !line.Part.Moves()) {
				continue
			}
			if err != nil {
				err = fmt.Errorf("read what was handed over: %w", err)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

func (w *handOffWriter) movement(line *reconcile.BookedLine, transactions *table[transactionRow], refunds *table[handedRefundRow],
	changes *table[handedChangeRow]) error {
	m := line.Movement
	row := newTransactionRow(m, w.hand.Period.Organization)
	w.picture.handedMovement(m)
	total := w.totals.of(string(m.Kind), string(m.Status))
	tallyTransaction(&row, total.sums)
	if err := w.fees.add(m); err != nil {
		return err
	}
	if err := w.here.add(m); err != nil {
		return err
	}
	if isRefund(string(m.Kind)) {
		if err := addRow(refunds, newHandedRefundRow(&row, m.ObjectID)); err != nil {
			return err
		}
	}
	if changes != nil && line.Revision == w.hand.Revision {
		if err := addRow(changes, newHandedChangeRow(&row, line.Part)); err != nil {
			return err
		}
	}
	return transactions.add(&row)
}

// hereBook sums the members of payouts among the rows of the period.
type hereBook map[[3]string]*hereSum

type hereSum struct {
	count int
	net   money.Amount
}

func (h hereBook) add(m *reconcile.Movement) error {
	if m.PayoutID == "" || m.EntryID == "" || m.Kind == reconcile.EntryPayout {
		return nil
	}
	key := [3]string{m.Source, m.PayoutID, string(m.Net.Currency)}
	if h[key] == nil {
		h[key] = &hereSum{net: money.New(0, m.Net.Currency)}
	}
	h[key].count++
	var err error
	h[key].net, err = h[key].net.Add(*m.Net)
	return err
}

func (w *handOffWriter) payoutRow(p *reconcile.BookedPayout) handedPayoutRow {
	here := w.here[[3]string{p.Source, p.ID, string(p.Amount.Currency)}]
	if here == nil {
		here = &hereSum{net: money.New(0, p.Amount.Currency)}
	}
	row := handedPayoutRow{
		PayoutID: Text(p.ID), Source: Text(p.Source), Provider: Text(p.Provider), Status: Text(p.Status), ProviderStatus: Text(p.ProviderStatus),
		Automatic: yesNo(p.Automatic), BookedAtUTC: Time(p.CreatedAt), BookedOnLocal: Text(p.BookedOn), ArrivesOn: utcDay(p.ArrivesOn),
		Currency: Text(p.Amount.Currency), Amount: Money(p.Amount), Members: count(p.Members), MembersNet: Money(p.Sum),
		Here: count(here.count), HereNet: Money(here.net),
		BeforeNet:  Money(money.New(p.Sum.Minor-here.net.Minor, p.Sum.Currency)),
		Difference: Money(money.New(p.Amount.Minor-p.Sum.Minor, p.Amount.Currency)),
	}
	switch {
	case p.Status == reconcile.PayoutFailed || p.Status == reconcile.PayoutCanceled:
		row.Note = "did not reach the bank: what came back is a line of its own"
	case p.Members == 0 && !p.Automatic:
		row.Note = "made by hand: the provider does not say which lines it consists of"
	case p.Members == 0:
		row.Note = "the provider has not said which lines it consists of"
	case p.Amount != p.Sum:
		row.Note = "its known members come to another sum"
	}
	return row
}

// feeBook sums fees by month, source, currency and category.
type feeBook map[feeKey]*feeSum

type feeKey struct{ month, source, currency, category string }

type feeSum struct {
	count      int
	gross, fee money.Amount
}

func (book feeBook) add(m *reconcile.Movement) error {
	if m.Net == nil || m.Gross == nil || m.Fee == nil || m.Kind == reconcile.EntryPayout || m.Kind == reconcile.EntryPayoutReversal {
		return nil
	}
	gross, fee := *m.Gross, *m.Fee
	if m.Kind == reconcile.EntryFee {
		gross, fee = money.New(0, gross.Currency), m.Net.Neg()
	}
	return book.put(feeKey{m.BookedOn[:len("2026-11")], m.Source, string(m.Net.Currency), cmp.Or(m.Category, string(m.Kind))}, gross, fee)
}

func (book feeBook) put(key feeKey, gross, fee money.Amount) (err error) {
	of := book[key]
	if of == nil {
		of = &feeSum{gross: money.New(0, gross.Currency), fee: money.New(0, gross.Currency)}
		book[key] = of
	}
	of.count++
	if of.gross, err = of.gross.Add(gross); err == nil {
		of.fee, err = of.fee.Add(fee)
	}
	return err
}

func (book feeBook) rows() []feeRow {
	rows := []feeRow{}
	for key, of := range book {
		rows = append(rows, feeRow{Text(key.month), Text(key.source), Text(key.currency), Text(key.category), count(of.count),
			Money(of.gross), Money(of.fee)})
	}
	slices.SortFunc(rows, func(a, b feeRow) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency),
			cmp.Compare(a.Category, b.Category))
	})
	return rows
}

func (w *handOffWriter) feeTable() error {
	t, err := openTable(&w.bundle, feesFile, tallyFee)
	if err != nil {
		return err
	}
	for _, row := range w.fees.rows() {
		if err := t.add(&row); err != nil {
			return err
		}
	}
	return finishTable(&w.bundle, t)
}

// targets lets the caller write files for other programs.
func (w *handOffWriter) targets(clearing []ClearingTotal) ([]TargetFile, error) {
	written := []TargetFile{}
	if len(w.hand.Formats) == 0 {
		return written, nil
	}
	err := w.hand.Targets(Target{
		Formats: w.hand.Formats, Clearing: clearing,
		Movements: pick(w.booked(), func(l *reconcile.BookedLine) *reconcile.Movement { return l.Movement }),
		Payouts: pick(w.booked(), func(l *reconcile.BookedLine) *reconcile.Payout {
			if l.Payout == nil {
				return nil
			}
			return &l.Payout.Payout
		}),
		Create: func(name string) (io.WriteCloser, error) {
			out, err := w.folder.create(name)
			if err != nil {
				return nil, err
			}
			t := &target{sink: w.wrap(name, out), name: name, digest: sha256.New()}
			t.done = func(f TargetFile) {
				written = append(written, f)
				w.texts[f.Name] = f.SHA256
			}
			return t, nil
		},
		Open: func(name string) (io.ReadCloser, error) { return w.folder.files.Open(name) },
	})
	slices.SortFunc(written, func(a, b TargetFile) int { return cmp.Compare(a.Name, b.Name) })
	return written, err
}

// pick streams what lines hold; nil is passed over.
func pick[T any](lines iter.Seq2[*reconcile.BookedLine, error], of func(*reconcile.BookedLine) *T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for line, err := range lines {
			if err != nil {
				yield(nil, err)
				return
			}
			if item := of(line); item != nil && !yield(item, nil) {
				return
			}
		}
	}
}

// target is a file for another program while it is written.
type target struct {
	sink
	name   string
	bytes  int64
	digest hash.Hash
	done   func(TargetFile)
}

func (t *target) Write(p []byte) (int, error) {
	n, err := t.sink.Write(p)
	t.digest.Write(p[:n]) // a hash never fails
	t.bytes += int64(n)
	if err != nil {
		return n, fmt.Errorf("write %s: %w", t.name, err)
	}
	return n, nil
}

func (t *target) Close() error {
	if err := errors.Join(t.sink.Sync(), t.sink.Close()); err != nil {
		return fmt.Errorf("write %s: %w", t.name, err)
	}
	t.done(TargetFile{Name: t.name, Bytes: t.bytes, SHA256: hex.EncodeToString(t.digest.Sum(nil))})
	return nil
}

// compare holds the hand-off that is there against the one just written.
func (w *handOffWriter) compare() error {
	there, err := os.OpenRoot(w.hand.Path())
	if err != nil {
		return fmt.Errorf("open hand-off: %w", err)
	}
	defer there.Close()
	names := map[string]bool{}
	for _, root := range []*os.Root{w.folder.files, there} {
		entries, err := fs.ReadDir(root.FS(), ".")
		if err != nil {
			return fmt.Errorf("read hand-off: %w", err)
		}
		for _, entry := range entries {
			names[entry.Name()] = true
		}
	}
	for _, name := range sortedNames(names) {
		differs, err := differ(w.folder.files, there, name)
		if err != nil {
			return err
		}
		if differs {
			why := ""
			if slices.ContainsFunc(w.foreign, func(f TargetFile) bool { return f.Name == name }) {
				why = ", or the accounts in the configuration are called otherwise since"
			}
			return broken("%s is there and differs in %s from what was handed over%s", w.hand.Path(), name, why)
		}
	}
	return nil
}

// differ compares a file of two folders; one that is missing differs.
func differ(a, b *os.Root, name string) (bool, error) {
	var files [2]*os.File
	for i, root := range []*os.Root{a, b} {
		file, err := root.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("open %s: %w", name, err)
		}
		defer file.Close()
		files[i] = file
	}
	var left, right [1 << 16]byte
	for {
		n, err := io.ReadFull(files[0], left[:])
		m, errOther := io.ReadFull(files[1], right[:])
		if n != m || !bytes.Equal(left[:n], right[:m]) {
			return true, nil
		}
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return false, fmt.Errorf("read %s: %w", name, err)
		}
		if errOther != nil && !errors.Is(errOther, io.EOF) && !errors.Is(errOther, io.ErrUnexpectedEOF) {
			return false, fmt.Errorf("read %s: %w", name, errOther)
		}
		if ended {
			return false, nil
		}
	}
}

func sortedNames(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// SumHandOff adds up what was booked of a hand-off without writing it: its control totals and clearing accounts.
func SumHandOff(r reconcile.BookedReader, p reconcile.Period, revision int) ([]ControlTotal, []ClearingTotal, error) {
	w := &handOffWriter{reader: r, hand: HandOff{Period: p, Revision: revision}}
	totals, clearing := controlTotals{}, clearingTotals{}
	for line, err := range w.booked() {
		switch {
		case err != nil:
			return nil, nil, err
		case line.Part.Moves():
			row := newTransactionRow(line.Movement, p.Organization)
			tallyTransaction(&row, totals.of(string(line.Movement.Kind), string(line.Movement.Status)).sums)
		case line.Part == reconcile.PartClearing:
			if err := clearing.add(line.Clearing.Source, line.Clearing.Line, line.Clearing.Amount); err != nil {
				return nil, nil, err
			}
		}
	}
	return totals.list(), clearing.list(), nil
}
