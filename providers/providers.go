// Package providers is the catalogue of services that payments can be read from: it turns a configured source into a
// reconcile.Provider.
//
// The command line calls it while wiring. It must hold no knowledge of a service beyond which of its options there are;
// to add one, write providers/<name> against the contract in reconcile/provider.go, run providertest on it, and add a
// line to New.
package providers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/files"
	"pennytie/providers/stripe"
	"pennytie/reconcile"
)

// Deps are what every provider is given beside its own settings.
type Deps struct {
	Now           func() time.Time // the run's clock
	AllowLoopback bool             // http:// to this machine
	Log           *zap.Logger
}

// New makes the provider of one configured source. A missing credential wraps reconcile.ErrAuth: that source cannot be
// read, the others can. Any other error is a mistake in the configuration.
func New(source configs.Source, deps Deps) (reconcile.Provider, error) {
	options := reader{options: source.Options}
	var (
		provider reconcile.Provider
		err      error
	)
	switch source.Provider {
	case stripe.Name:
		provider, err = newStripe(source, &options, deps)
	case files.Name:
		provider, err = newFiles(source, &options, deps)
	default:
		err = fmt.Errorf("unknown provider %q", source.Provider)
	}
	if err = errors.Join(options.unknown(), err); err != nil {
		return nil, fmt.Errorf("source %s: %w", source.Name, err)
	}
	return provider, nil
}

func newStripe(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	cfg := stripe.Config{
		Source: source.Name, Role: reconcile.Role(source.Role), BaseURL: source.BaseURL, Since: source.Since,
		Now: deps.Now, AllowInsecureLoopback: deps.AllowLoopback,
		RequestsPerSecond: options.number("requests_per_second"),
		PageSize:          int(options.number("page_size")),
		Products:          options.flag("products"),
	}
	key, err := source.Key()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, reconcile.ErrAuth)
	}
	cfg.Key = key.Reveal()
	p, err := stripe.New(cfg, deps.Log)
	if err != nil {
		return nil, err
	}
	return p, options.err
}

func newFiles(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	p, err := files.New(files.Config{
		Source: source.Name, Role: reconcile.Role(source.Role), As: files.Payments, Path: source.Path,
		Format: source.Format, RefundsPath: source.RefundsPath, Now: deps.Now,
		ChunkRows: int(options.number("chunk_rows")), AllowTest: options.flag("allow_test"),
	}, deps.Log)
	if err != nil {
		return nil, err
	}
	return p, options.err
}

// NewRecords makes the provider of a file of leads, calls or products.
func NewRecords(name string, as files.Kind, path string, deps Deps) (reconcile.Provider, error) {
	p, err := files.New(files.Config{Source: name, As: as, Path: path, Now: deps.Now}, deps.Log)
	if err != nil {
		return nil, err // not a nil *files.Provider, which would be a Provider
	}
	return p, nil
}

// reader takes a provider's own options from the configuration; what is left over is unknown.
type reader struct {
	options map[string]any
	taken   []string
	err     error
}

func (r *reader) number(name string) float64 {
	r.taken = append(r.taken, name)
	switch value := r.options[name].(type) {
	case nil:
		return 0
	case int64:
		return float64(value)
	case float64:
		return value
	}
	r.err = errors.Join(r.err, fmt.Errorf("options.%s is not a number", name))
	return 0
}

func (r *reader) flag(name string) bool {
	r.taken = append(r.taken, name)
	value, is := r.options[name].(bool)
	if !is && r.options[name] != nil {
		r.err = errors.Join(r.err, fmt.Errorf("options.%s is not true or false", name))
	}
	return value
}

func (r *reader) unknown() error {
	for _, name := range slices.Sorted(maps.Keys(r.options)) {
		if !slices.Contains(r.taken, name) {
			return fmt.Errorf("options.%s is unknown; known: %v", name, r.taken)
		}
	}
	return r.err
}
