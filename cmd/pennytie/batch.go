package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"pennytie/configs"
	"pennytie/matchers"
	"pennytie/providers"
	"pennytie/providers/files"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/jobs"
	"pennytie/reconcile/report"
	"pennytie/store"
)

// importSource is the source of everything that `pennytie import` reads.
const importSource = "import"

// aMoment is how long a correction over the API may hold the lock: that is waited for, a run is not.
const aMoment = time.Second

// lockPause is how long who waits for the lock does not look at it.
const lockPause = 20 * time.Millisecond

// takeLock takes the right to write on this machine, or fails with jobs.ErrLocked after a while.
func takeLock(ctx context.Context, cfg *configs.Config, patience time.Duration) (release func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		release, err = jobs.Lock(storeFile(cfg.Store) + ".lock")
		if !errors.Is(err, jobs.ErrLocked) {
			return release, err
		}
		if sleep(ctx, lockPause) != nil {
			return nil, err
		}
	}
}

// locked opens the store for a command that writes, while no other command of this machine does.
func (a *app) locked(ctx context.Context, cfg *configs.Config, fn func(store.Store) error) error {
	release, err := takeLock(ctx, cfg, aMoment)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.Store)
	if err != nil {
		return errors.Join(err, release())
	}
	return errors.Join(fn(s), s.Close(), release())
}

// newEngine wires an engine without sources.
func (a *app) newEngine(cfg *configs.Config, s store.Store, asOf time.Time) (*engine.Engine, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name of this machine, for the lease: %w", err)
	}
	zone, err := cfg.Location()
	if err != nil {
		return nil, usagef("write timezone: UTC, or a name such as Europe/Berlin", "%v", err)
	}
	policy := policyOf(cfg)
	return &engine.Engine{
		Store: s, Matchers: matchers.All(), Prepare: matchers.NewPreparer(cfg.DefaultCountry), Pair: matchers.Claims{}, Policy: policy,
		Fingerprint: fingerprint(policy, cfg.DefaultCountry), Grace: time.Duration(cfg.Verify.GraceHours) * time.Hour,
		Organization: cfg.OrganizationID, Reports: report.Options{Dir: cfg.ReportsDir, PII: cfg.PII, Zone: zone},
		Audits: audits(cfg), AsOf: asOf, Clock: a.now, Owner: host, Log: a.log, Progress: a.progress.show,
		Push: engine.Push{Enabled: cfg.Push.Enabled, Most: cfg.Push.MaxPerRun, Sleep: sleep},
	}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err()
}

func policyOf(cfg *configs.Config) reconcile.Policy {
	return reconcile.Policy{
		AutoConfirm: reconcile.Confidence(cfg.Matching.AutoConfirm), Suggest: reconcile.Confidence(cfg.Matching.Suggest),
		Margin: reconcile.Confidence(cfg.Matching.Margin), CallWindowDays: cfg.Matching.CallWindowDays,
		ClaimWindowDays: cfg.Matching.ClaimWindowDays,
	}
}

func audits(cfg *configs.Config) reconcile.Sample {
	return reconcile.Sample{Share: reconcile.Confidence(cfg.Review.AuditShare), Seed: cfg.Review.AuditSeed}
}

// fingerprint stands for all that a match depends on beside the data: when it changes, every payment is matched again.
func fingerprint(policy reconcile.Policy, country string) string {
	names := matchers.Version
	for _, m := range matchers.All() {
		names += " " + m.Name()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v %s %s", policy, country, names))
	return hex.EncodeToString(sum[:])
}

// sources makes the configured sources. A source without its credential is part of the run as failed. s may be nil: then
// nothing that providers look up is kept.
func (a *app) sources(cfg *configs.Config, asOf time.Time, s store.Store) ([]engine.Source, error) {
	deps := providers.Deps{Organization: cfg.OrganizationID, Now: func() time.Time { return asOf },
		AllowLoopback: cfg.AllowInsecureLoopback, Writes: cfg.Push.Enabled, Log: a.log}
	if s != nil {
		deps.Cache = func(source string) reconcile.Cache { return engine.NewCache(s, source) }
	}
	var made []engine.Source
	add := func(source engine.Source, provider reconcile.Provider, err error) error {
		switch {
		case errors.Is(err, reconcile.ErrAuth):
			source.Err = err
		case err != nil:
			return usagef("see: pennytie config check", "%v", err)
		}
		source.Provider = provider
		made = append(made, source)
		return nil
	}
	for _, records := range []struct {
		as   files.Kind
		from configs.RecordSource
	}{{files.Leads, cfg.Records.Leads}, {files.Calls, cfg.Records.Calls}, {files.Products, cfg.Records.Products}} {
		name := "records." + string(records.as)
		if path := records.from.Path; path != "" {
			provider, err := providers.NewRecords(name, records.as, path, deps)
			if err := add(engine.Source{Name: name, Kind: files.Name, Records: true}, provider, err); err != nil {
				return nil, err
			}
		}
		for _, configured := range cfg.Sources {
			if configured.Name != records.from.Source {
				continue
			}
			provider, err := providers.NewServed(name, records.as, configured, deps)
			if err := add(engine.Source{Name: name, Kind: configured.Provider, Records: true}, provider, err); err != nil {
				return nil, err
			}
		}
	}
	for _, configured := range cfg.Sources {
		provider, err := providers.New(configured, deps)
		if err := add(sourceOf(configured), provider, err); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// sourceOf is what the engine must know of a configured source beside its provider.
func sourceOf(configured configs.Source) engine.Source {
	const day = 24 * time.Hour
	days, nights := configured.Rescan()
	source := engine.Source{
		Name: configured.Name, Kind: configured.Provider, Role: reconcile.Role(configured.Role),
		Partial: configured.Claims == configs.ClaimsSome,
		Rescan:  engine.Rescan{Past: time.Duration(days) * day, Nights: nights},
	}
	if configured.GraceHours != nil {
		grace := time.Duration(*configured.GraceHours) * time.Hour
		source.Grace = &grace
	}
	return source
}

// handEngine wires an engine for what a person says of one payment: it reads no source, but knows what each is relied on for.
func (a *app) handEngine(cfg *configs.Config, s store.Store, asOf time.Time) (*engine.Engine, error) {
	e, err := a.newEngine(cfg, s, asOf)
	if err != nil {
		return nil, err
	}
	for _, configured := range cfg.Sources {
		e.Sources = append(e.Sources, sourceOf(configured))
	}
	e.Imported = []string{importSource}
	return e, nil
}

// runStages is what run, pull, match, verify and report have in common.
func (a *app) runStages(ctx context.Context, command string, stages engine.Stages) (reconcile.Run, error) {
	cfg, asOf, err := a.loadAt()
	if err != nil {
		return reconcile.Run{}, err
	}
	var run reconcile.Run
	err = a.locked(ctx, cfg, func(s store.Store) error {
		run, err = a.runOn(ctx, cfg, s, asOf, command, stages)
		return err
	})
	return run, err
}

func (a *app) runOn(ctx context.Context, cfg *configs.Config, s store.Store, asOf time.Time, command string,
	stages engine.Stages) (reconcile.Run, error) {
	return a.runWith(ctx, cfg, s, asOf, command, stages, func(*engine.Engine) {})
}

// runWith is runOn with an engine that adjust has the last word on.
func (a *app) runWith(ctx context.Context, cfg *configs.Config, s store.Store, asOf time.Time, command string,
	stages engine.Stages, adjust func(*engine.Engine)) (reconcile.Run, error) {
	e, err := a.newEngine(cfg, s, asOf)
	if err != nil {
		return reconcile.Run{}, err
	}
	if e.Sources, err = a.sources(cfg, asOf, s); err != nil {
		return reconcile.Run{}, err
	}
	e.Imported = []string{importSource}
	id, err := uuid.NewV7()
	if err != nil {
		return reconcile.Run{}, fmt.Errorf("make a run id: %w", err)
	}
	adjust(e)
	return e.Run(ctx, id.String(), command, stages)
}

// printRun prints the result of a run, also of one that went wrong half way.
func (a *app) printRun(run *reconcile.Run) error {
	if run.ID == "" {
		return nil
	}
	a.progress.clear()
	if a.flags.json {
		return a.printJSON(run)
	}
	a.printf("%s", runTable(run))
	return nil
}

func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// reviews says how many payments wait for a person.
func reviews(run *reconcile.Run) int {
	return run.Suggested + run.Ambiguous
}

func sortedCodes(counts map[reconcile.ExceptionCode]int) []reconcile.ExceptionCode {
	codes := make([]reconcile.ExceptionCode, 0, len(counts))
	for code := range counts {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}
