// Package providers is the catalogue of services that payments can be read from: it turns a configured source into a
// reconcile.Provider.
//
// The command line calls it while wiring. It must hold no knowledge of a service beyond which of its options there are;
// to add one, write providers/<name> against the contract in reconcile/provider.go, run providertest on it, and add a
// line to New.
package providers

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/aura"
	"pennytie/providers/cents"
	"pennytie/providers/files"
	"pennytie/providers/stripe"
	"pennytie/providers/wepay"
	"pennytie/providers/zenskar"
	"pennytie/reconcile"
)

// Deps are what every provider is given beside its own settings.
type Deps struct {
	Organization  string
	Now           func() time.Time // the run's clock
	AllowLoopback bool             // http:// to this machine
	Writes        bool             // agreed facts may be written back
	// Cache gives each source a place for what it looks up; nil keeps nothing.
	Cache func(source string) reconcile.Cache
	Log   *zap.Logger
}

func (d Deps) cache(source string) reconcile.Cache {
	if d.Cache == nil {
		return nil
	}
	return d.Cache(source)
}

// New makes the provider of one configured source. A missing credential wraps reconcile.ErrAuth: that source cannot be
// read, the others can. Any other error is a mistake in the configuration.
func New(source configs.Source, deps Deps) (reconcile.Provider, error) {
	return build(source, func(options *reader) (reconcile.Provider, error) {
		switch source.Provider {
		case stripe.Name:
			return newStripe(source, options, deps)
		case aura.Name:
			return newAura(source, options, deps)
		case wepay.Name:
			return newWePay(source, options, deps)
		case cents.Name:
			return newCents(source, options, deps)
		case zenskar.Name:
			return newZenskar(source, options, deps)
		case files.Name:
			return newFiles(source, options, deps)
		}
		return nil, fmt.Errorf("unknown provider %q", source.Provider)
	})
}

// NewRecords makes the provider of a file of leads, calls or products.
func NewRecords(name string, as files.Kind, path string, deps Deps) (reconcile.Provider, error) {
	p, err := files.New(files.Config{Source: name, As: as, Path: path, Now: deps.Now}, deps.Log)
	if err != nil {
		return nil, err // not a nil *files.Provider, which would be a Provider
	}
	return p, nil
}

// NewServed makes the provider of leads, calls or products that a configured source serves. name is under which they
// are stored. Its errors are those of New.
func NewServed(name string, as files.Kind, source configs.Source, deps Deps) (reconcile.Provider, error) {
	return build(source, func(options *reader) (reconcile.Provider, error) {
		cfg, err := auraConfig(source, options, deps)
		if err != nil {
			return nil, err
		}
		if source.Provider != aura.Name {
			return nil, fmt.Errorf("%s serves no %s", source.Provider, as)
		}
		cfg.Source = name
		return aura.NewRecords(cfg, string(as), deps.Log)
	})
}

// build makes a provider and then says which options nobody asked for, and which could not be read.
func build(source configs.Source, make func(*reader) (reconcile.Provider, error)) (reconcile.Provider, error) {
	options := &reader{options: source.Options}
	provider, err := make(options)
	if wrong := options.unknown(); wrong != nil {
		err = wrong // a mistake is told also where the credential is missing
	}
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", source.Name, err)
	}
	return provider, nil
}

// secret is the source's credential. That it is missing says nothing against the configuration.
func secret(source configs.Source) (configs.Secret, error) {
	key, err := source.Key()
	if err != nil {
		return key, fmt.Errorf("%w: %w", err, reconcile.ErrAuth)
	}
	return key, nil
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
