package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pennytie/configs"
	"pennytie/store"
)

// app is one call of the program: its streams, flags and clock.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time // wall clock
	log            *zap.Logger
	progress       *progress
	flags          struct {
		config, store, asOf           string
		json, quiet, verbose, noInput bool
	}
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now, log: zap.NewNop()}
}

// main runs one command line and returns the exit code.
func (a *app) main(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	a.progress.clear()
	if err == nil {
		return exitOK
	}
	o := judge(ctx, err)
	if by, stopped := interruption(ctx); stopped && (o.code == exitInterrupted || o.code == exitTerminated) {
		err = by // not how each layer noticed
	}
	a.fail(err, o)
	return o.code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "pennytie",
		Short: "Tie payments to leads, calls and products, to the penny",
		Example: `  pennytie demo --dir ./demo          a sample business, the whole job, no key needed
  pennytie init && pennytie run       your own: edit pennytie.yaml in between
  pennytie explain pi_3CrKcRU0gY6     why a payment was attributed as it was`,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		Args:                       noArgs,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRun: func(*cobra.Command, []string) {
			a.log = newLogger(a.stderr, a.flags.verbose)
			a.progress = newProgress(a.stderr, a.flags.quiet || a.flags.json)
		},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetIn(a.stdin)
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("see: "+cmd.CommandPath()+" --help", "%v", err)
	})
	f := root.PersistentFlags()
	f.StringVar(&a.flags.config, "config", "", "configuration file (default: $PENNYTIE_CONFIG, ./pennytie.yaml, ./configs/pennytie.yaml)")
	f.StringVar(&a.flags.store, "store", "", "store to use instead of the configured one")
	f.BoolVar(&a.flags.json, "json", false, "print data as JSON on stdout")
	f.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print nothing unless something is wrong")
	f.BoolVarP(&a.flags.verbose, "verbose", "v", false, "log what is being done to stderr")
	f.BoolVar(&a.flags.noInput, "no-input", false, "never ask; fail instead")
	f.StringVar(&a.flags.asOf, "as-of", "", "take this instant as now, e.g. 2026-07-01T00:00:00Z")
	root.AddCommand(a.initCommand(), a.demoCommand(), a.doctorCommand(), a.runCommand(), a.pullCommand(),
		a.matchCommand(), a.verifyCommand(), a.reportCommand(), a.pushCommand(), a.importCommand(), a.paymentsCommand(),
		a.explainCommand(), a.reviewCommand(), a.decideCommand(), a.exceptionsCommand(), a.evaluateCommand(), a.rulesCommand(), a.runsCommand(),
		a.scheduleCommand(), a.serveCommand(), a.closeCommand(), a.handOffCommand(),
		a.configCommand(), a.versionCommand())
	root.InitDefaultCompletionCmd("completion")
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Example = `  source <(pennytie completion bash)
  pennytie completion zsh > "${fpath[1]}/_pennytie"
  pennytie completion fish > ~/.config/fish/completions/pennytie.fish`
		}
	}
	return root
}

// helpTemplate opens every help page with its examples.
const helpTemplate = `{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}

{{end}}{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{if or .Runnable .HasSubCommands}}Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Global flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{end}}`

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see: " + cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, ", ") + "?"
	}
	return usagef(hint, "unknown command or argument %q", args[0])
}

func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return usagef("see: "+cmd.CommandPath()+" --help", "%s takes %s", cmd.CommandPath(), strings.Join(names, " "))
	}
}

// newLogger writes JSON lines; success is silent unless asked for.
func newLogger(to io.Writer, verbose bool) *zap.Logger {
	level := zapcore.ErrorLevel
	if verbose {
		level = zapcore.InfoLevel
	}
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	return zap.New(zapcore.NewCore(encoder, zapcore.AddSync(to), level))
}

// configPath is where the configuration is looked for, in order.
func (a *app) configPath() string {
	if a.flags.config != "" {
		return a.flags.config
	}
	if path := os.Getenv("PENNYTIE_CONFIG"); path != "" {
		return path
	}
	const first, second = "pennytie.yaml", "configs/pennytie.yaml"
	if _, err := os.Stat(first); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(second); err == nil {
			return second
		}
	}
	return first
}

func (a *app) load() (*configs.Config, error) {
	cfg, err := configs.Load(a.configPath())
	var problems *configs.Error
	if err != nil && !errors.As(err, &problems) {
		return nil, usagef("make one: pennytie init; or name yours: --config FILE", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	if _, err := plannedJobs(cfg); err != nil {
		return nil, err
	}
	if a.flags.store != "" {
		cfg.Store = a.flags.store
	}
	return cfg, checkStore(cfg.Store)
}

// asOf is the instant that a run takes as now, in whole seconds: what is stored of it prints and compares exactly.
func (a *app) asOf() (time.Time, error) {
	if a.flags.asOf == "" {
		return a.now().UTC().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, a.flags.asOf)
	if err != nil {
		return time.Time{}, usagef("give a date, time and zone, e.g. --as-of 2026-07-01T00:00:00Z",
			"--as-of %q is not a time", a.flags.asOf)
	}
	return at.UTC(), nil
}

// checkStore finds a store that cannot be opened before a lock is tried beside it. It does not repeat an address: that
// may hold a password.
func checkStore(url string) error {
	if strings.Contains(url, "://") {
		return usagef("give the path of an SQLite file, e.g. ./pennytie.db", "the store is an address; only files are supported yet")
	}
	folder := filepath.Dir(storeFile(url))
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return usagef("make it first: mkdir -p "+folder, "there is no folder %s for the store", folder)
	}
	return nil
}

// loadAt gives what every command needs that works on the store: the configuration and the run's now.
func (a *app) loadAt() (*configs.Config, time.Time, error) {
	asOf, err := a.asOf()
	if err != nil {
		return nil, asOf, err
	}
	cfg, err := a.load()
	return cfg, asOf, err
}

// loadStored is loadAt of a command that writes to a store which must be there.
func (a *app) loadStored() (*configs.Config, time.Time, error) {
	cfg, asOf, err := a.loadAt()
	if err == nil {
		err = haveStore(cfg)
	}
	return cfg, asOf, err
}

// withStore opens the store of a command that only reads. A store that is not there is a mistake in the path, not an empty
// one.
func (a *app) withStore(ctx context.Context, fn func(*configs.Config, store.Store) error) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if err := haveStore(cfg); err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.Store)
	if err != nil {
		return err
	}
	defer s.Close()
	return fn(cfg, s)
}

func haveStore(cfg *configs.Config) error {
	if _, err := os.Stat(storeFile(cfg.Store)); errors.Is(err, os.ErrNotExist) {
		return usagef("make it first: pennytie run", "there is no store at %s", cfg.Store)
	}
	return nil
}

func storeFile(url string) string { return strings.TrimPrefix(url, "sqlite:") }

func (a *app) printf(format string, args ...any) {
	if !a.flags.quiet {
		fmt.Fprintf(a.stdout, format, args...)
	}
}
