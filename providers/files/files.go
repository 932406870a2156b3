package files

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
)

// Name of the provider, as configurations write it.
const Name = "files"

// Kind is what the rows of a file are.
type Kind string

// The kinds.
const (
	Payments Kind = "payments"
	Refunds  Kind = "refunds"
	Leads    Kind = "leads"
	Calls    Kind = "calls"
	Products Kind = "products"
)

// Formats of a file. Stripe's exports hold payments only.
const (
	FormatCanonical    = "canonical"
	FormatStripe       = "stripe_payments"
	FormatStripePayout = "stripe_payout_reconciliation"
)

// DefaultChunkRows is how many rows a page holds unless configured. It bounds what is kept in memory.
const DefaultChunkRows = 5000

// Config describes one source of files.
type Config struct {
	Source      string            // configured name, stored with every record
	Role        reconcile.Role    // of payment records
	As          Kind              // what the rows are
	Path        string            // absolute: a file or a glob
	Format      string            // one of the formats; empty is canonical
	RefundsPath string            // with As Payments, optional: a file or a glob of refunds
	Columns     map[string]string // their header to our column; "-" drops a column
	ChunkRows   int               // rows of a page; 0 is DefaultChunkRows
	AllowTest   bool              // take test-mode rows of a Stripe export
	Now         func() time.Time  // for timings in the log; nil is time.Now
}

// Provider reads files. It is not safe for concurrent use: a pull is one sequence of pages.
type Provider struct {
	cfg     Config
	log     *zap.Logger
	main    *layout
	refunds *layout
	session *session // of the pull in progress; nil when the next Pull must start from its cursor
}

var _ reconcile.Provider = (*Provider)(nil)

// New checks the configuration. Files are first looked for by Pull.
func New(cfg Config, log *zap.Logger) (*Provider, error) {
	if log == nil {
		log = zap.NewNop()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ChunkRows == 0 {
		cfg.ChunkRows = DefaultChunkRows
	}
	if cfg.Format == "" {
		cfg.Format = FormatCanonical
	}
	main, err := layoutOf(cfg.As, cfg.Format)
	switch {
	case err != nil:
		return nil, err
	case cfg.Source == "":
		return nil, misconfigured("the source has no name")
	case cfg.Path == "":
		return nil, misconfigured("source %s has no path", cfg.Source)
	case cfg.ChunkRows < 0:
		return nil, misconfigured("source %s: a chunk of %d rows", cfg.Source, cfg.ChunkRows)
	case cfg.RefundsPath != "" && cfg.As != Payments:
		return nil, misconfigured("source %s: refunds_path goes with payments, not with %s", cfg.Source, cfg.As)
	case cfg.As == Payments && cfg.Role == "":
		return nil, misconfigured("source %s has no role", cfg.Source)
	}
	for theirs, ours := range cfg.Columns {
		if ours != dropColumn && !main.known(ours) {
			return nil, misconfigured("column map: %s is no column of %s%s", safeName(ours, 0), cfg.As,
				main.suggest(ours))
		}
		if strings.TrimSpace(theirs) == "" {
			return nil, misconfigured("column map: a header without a name maps to %s", ours)
		}
	}
	return &Provider{cfg: cfg, log: log, main: main, refunds: refundLayout()}, nil
}

// Name is the name of the service.
func (p *Provider) Name() string { return Name }

// Columns lists the columns that a canonical file of the kind may have, the required ones first.
// Nil for an unknown kind.
func Columns(as Kind) []string {
	l, err := layoutOf(as, FormatCanonical)
	if err != nil {
		return nil
	}
	return append(slices.Clone(l.required), slices.DeleteFunc(l.columns(), func(name string) bool {
		return slices.Contains(l.required, name)
	})...)
}

// Pull reads at most one chunk of one file. Files that are what the last completed pull read are counted
// in Page.Skipped and not read again.
func (p *Provider) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	s := p.session
	p.session = nil
	if s == nil || s.next != from {
		if s != nil {
			s.close()
		}
		var err error
		if s, err = p.begin(from); err != nil {
			return reconcile.Page{}, err
		}
	}
	page, err := s.page(ctx)
	if err == nil {
		page.Next, err = s.state.encode()
	}
	if err != nil {
		s.close()
		return reconcile.Page{}, err
	}
	if page.More {
		s.next = page.Next
		p.session = s
	}
	return page, nil
}

// misconfigured is an error about the configuration.
func misconfigured(format string, args ...any) error {
	return fmt.Errorf("files: %s: %w", fmt.Sprintf(format, args...), reconcile.ErrInvalid)
}

// refused is an error about a whole file.
func refused(path, format string, args ...any) error {
	return fmt.Errorf("files: %s: %s: %w", path, fmt.Sprintf(format, args...), reconcile.ErrInvalid)
}

// isJSONLines says whether a file is JSON Lines, by its name.
func isJSONLines(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".jsonl" || ext == ".ndjson"
}
