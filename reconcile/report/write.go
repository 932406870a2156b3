package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Options say what to report and where.
type Options struct {
	Dir     string                   // the reports folder
	RunID   string                   // names the new folder; letters, digits and hyphens
	Sources []string                 // configured names; none means all
	States  []reconcile.SourceResult // how far each source came; only name and state are printed
	PII     string                   // full, masked or none; empty is full
	AsOf    time.Time                // what the age of an open exception is counted to
	// Organization and Zone, that of booking, are on the page; without a zone it is UTC.
	Organization string
	Zone         *time.Location
	// What changed after ChangedSince, and not after ChangedThrough, is in changes.csv.
	ChangedSince   time.Time
	ChangedThrough time.Time
}

// Result is where the reports are and what they hold.
type Result struct {
	Dir      string
	Manifest Manifest
}

// Write writes the reports of one snapshot to Dir/<run id> and points Dir/latest at them. On an error there
// is no folder of that name and latest is as it was; only if the very last step fails, moving latest, are
// the reports there.
func Write(ctx context.Context, r reconcile.Reader, o Options) (Result, error) {
	return write(ctx, r, o, func(_ string, s sink) sink { return s })
}

// write lets tests put a failing disk between a table and its file.
func write(ctx context.Context, r reconcile.Reader, o Options, wrap func(string, sink) sink) (Result,
	error) {
	shown, err := parsePrivacy(o.PII)
	if err != nil {
		return Result{}, err
	}
	f, err := newFolder(o.Dir, o.RunID)
	if err != nil {
		return Result{}, err
	}
	b := &bundle{ctx: ctx, reader: r, options: o, shown: shown, folder: f, wrap: wrap, stale: map[string]bool{},
		picture: newPicture(cmp.Or(o.Zone, time.UTC))}
	manifest, err := b.write()
	if err == nil {
		err = f.publish()
	}
	if err != nil {
		return Result{}, errors.Join(err, b.discard(f))
	}
	if err := f.close(); err != nil {
		return Result{}, fmt.Errorf("close the reports folder: %w", err)
	}
	return Result{Dir: filepath.Join(o.Dir, o.RunID), Manifest: manifest}, nil
}

// bundle is one call of Write: what the tables share.
type bundle struct {
	ctx     context.Context
	reader  reconcile.Reader
	options Options
	shown   privacy
	folder  *folder
	wrap    func(string, sink) sink
	handOff bool                     // see table
	open    []interface{ discard() } // every table ever opened
	files   []File                   // finished

	picture     *picture
	drawn       TargetFile // the page
	moves       movements
	stale       map[string]bool // sources whose last complete pull is too old
	orphans     int             // refunds without a payment
	quarantined map[string]int  // rows by source
	checks      map[reconcile.VerificationStatus]int
	settlement  *reconcile.Settlement // the entries of ledger.csv by payout
	categories  ledgerSums            // and by category
	unexplained map[Text]money.Amount // by currency of payouts
}

// write fills every file. Refunds and disputes come first, because commissions need them beside their
// payment, and the ledger before the payouts that come with the payments.
func (b *bundle) write() (Manifest, error) {
	for _, step := range []func() error{
		b.refunds, b.disputes, b.ledger, b.payments, b.exceptions, b.changes, b.quarantine, b.summary, b.page,
	} {
		if err := step(); err != nil {
			return Manifest{}, err
		}
	}
	return b.manifest()
}

// openTable starts a file of the bundle.
func openTable[R any](b *bundle, file string, tally func(*R, *sums)) (*table[R], error) {
	out, err := b.folder.create(file)
	if err != nil {
		return nil, err
	}
	t, err := newTable(b.ctx, file, b.wrap(file, out), tally, b.handOff)
	b.open = append(b.open, t)
	return t, err
}

// finishTable completes a file and notes it for the manifest.
func finishTable[R any](b *bundle, t *table[R]) error {
	entry, err := t.finish()
	if err != nil {
		return err
	}
	b.files = append(b.files, entry)
	return nil
}

// discard gives up all that was written: no table's goroutine may outlive the folder.
func (b *bundle) discard(f *folder) error {
	for _, t := range b.open {
		t.discard()
	}
	return f.abandon()
}

// manifest writes the last file.
func (b *bundle) manifest() (Manifest, error) {
	m := Manifest{Format: manifestFormat, PII: string(b.shown), Page: b.drawn}
	for _, s := range schemas() {
		for _, f := range b.files {
			if f.Name == s.file {
				m.Files = append(m.Files, f)
			}
		}
	}
	text, err := m.encode()
	if err != nil {
		return Manifest{}, err
	}
	return m, b.text(manifestFile, text)
}

// text writes a file that is no table.
func (b *bundle) text(name string, text []byte) error {
	out, err := b.folder.create(name)
	if err != nil {
		return err
	}
	out = b.wrap(name, out)
	_, err = out.Write(text)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
