package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/providers/files"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/store"
)

// importFlags say what a file holds and how its columns are called.
type importFlags struct {
	as, columns, format, role string
	dryRun                    bool
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Read one file of payments, refunds, leads, calls or products into the store",
		Long: `Reads a CSV or JSONL file once. Rows that are wrong are kept aside with line, field and reason, and the
command exits with 3; the others are stored. The next run matches them.

Columns are found by name, in any order:
` + columnHelp(),
		Example: `  pennytie import leads.csv --as leads
  pennytie import march.csv --as payments --dry-run
  pennytie import crm.csv --as leads --map columns.yaml      with lines such as  "E-Mail Address": email`,
		Args: exactArgs("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.importFile(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.as, "as", "", "what the rows are: payments, refunds, leads, calls or products")
	flags.StringVar(&f.columns, "map", "", "YAML file that maps the file's headers to our columns; - drops one")
	flags.StringVar(&f.format, "format", files.FormatCanonical, "of payments: canonical, stripe_payments or stripe_payout_reconciliation")
	flags.StringVar(&f.role, "role", string(reconcile.RoleBook), "of payments: processor (moved the money) or book (claims it)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "read and check, but store nothing")
	return cmd
}

func kinds() []files.Kind {
	return []files.Kind{files.Payments, files.Refunds, files.Leads, files.Calls, files.Products}
}

func columnHelp() string {
	var b strings.Builder
	for _, kind := range kinds() {
		fmt.Fprintf(&b, "  %-9s %s\n", kind, strings.Join(files.Columns(kind), " "))
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) importFile(ctx context.Context, path string, f importFlags) error {
	cfg, asOf, err := a.loadAt()
	if err != nil {
		return err
	}
	provider, err := a.importProvider(path, f, asOf)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.dryImport(ctx, provider)
	}
	var run reconcile.Run
	err = a.locked(ctx, cfg, func(s store.Store) error {
		run, err = a.importInto(ctx, cfg, s, asOf, provider, f)
		return err
	})
	if run.ID != "" {
		if printErr := a.printImport(&run); printErr != nil {
			return printErr
		}
	}
	return err
}

func (a *app) importProvider(path string, f importFlags, asOf time.Time) (reconcile.Provider, error) {
	if !slices.Contains(kinds(), files.Kind(f.as)) {
		return nil, usagef("add --as leads, calls, products, payments or refunds", "--as %q says nothing of what %s holds", f.as, path)
	}
	role := reconcile.Role(f.role)
	if role != reconcile.RoleBook && role != reconcile.RoleProcessor {
		return nil, usagef("use processor or book", "--role %q is no role", f.role)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(absolute); err != nil {
		return nil, usagef("check the path", "cannot read %s: %v", path, errors.Unwrap(err))
	}
	columns, err := readColumnMap(f.columns)
	if err != nil {
		return nil, err
	}
	provider, err := files.New(files.Config{Source: importSource, Role: role, As: files.Kind(f.as), Path: absolute,
		Format: f.format, Columns: columns, Now: func() time.Time { return asOf }}, a.log)
	if err != nil {
		return nil, usagef("see: pennytie import --help", "%v", err)
	}
	return provider, nil
}

func readColumnMap(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("check the path", "cannot read --map %s: %v", path, errors.Unwrap(err))
	}
	columns := map[string]string{}
	if err := yaml.Unmarshal(text, &columns); err != nil {
		return nil, usagef(`write lines such as  "E-Mail Address": email`, "--map %s: %v", path, err)
	}
	return columns, nil
}

// dryImport reads the file to its end and says what an import would keep aside.
func (a *app) dryImport(ctx context.Context, provider reconcile.Provider) error {
	result := reconcile.SourceResult{Name: importSource, Provider: files.Name, State: reconcile.SourceComplete}
	for cursor := reconcile.Cursor(""); ; {
		page, err := provider.Pull(ctx, cursor)
		if err != nil {
			return &engine.SourceError{Source: importSource, Err: err}
		}
		good := len(page.Payments) + len(page.Refunds) + len(page.Disputes) + len(page.Leads) + len(page.Calls) + len(page.Products)
		result.New += good
		result.Duplicate += page.Skipped.Duplicate
		result.Quarantined += len(page.Quarantined)
		result.Read += good + page.Skipped.Duplicate + len(page.Quarantined)
		for _, q := range page.Quarantined {
			if !a.flags.json {
				a.printf("%s:%d: %s: %s\n", q.File, q.Line, q.Field, clean(q.Reason))
			}
		}
		if cursor = page.Next; !page.More {
			break
		}
	}
	run := reconcile.Run{ID: "dry-run", Status: reconcile.RunOK, Sources: []reconcile.SourceResult{result}}
	if err := a.printImport(&run); err != nil || result.Quarantined == 0 {
		return err
	}
	return &engine.QuarantineError{Source: importSource, Rows: result.Quarantined}
}

func (a *app) importInto(ctx context.Context, cfg *configs.Config, s store.Store, asOf time.Time,
	provider reconcile.Provider, f importFlags) (reconcile.Run, error) {
	e, err := a.newEngine(cfg, s, asOf)
	if err != nil {
		return reconcile.Run{}, err
	}
	e.Sources = []engine.Source{{Name: importSource, Kind: files.Name, Role: reconcile.Role(f.role), Provider: provider, Fresh: true}}
	id, err := uuid.NewV7()
	if err != nil {
		return reconcile.Run{}, fmt.Errorf("make a run id: %w", err)
	}
	return e.Run(ctx, id.String(), "import", engine.Stages{Pull: true})
}

func (a *app) printImport(run *reconcile.Run) error {
	a.progress.clear()
	if a.flags.json {
		return a.printJSON(run)
	}
	a.printf("%s", sourceTable(run.Sources))
	return nil
}
