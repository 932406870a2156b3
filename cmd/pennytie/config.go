package main

import (
	"encoding/json"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Show or check the configuration", Args: noArgs,
		Example: `  pennytie config check
  pennytie config show                 with every default written out, without secrets
  pennytie config show --json | jq .sources`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	show := &cobra.Command{
		Use: "show", Short: "Print the configuration with its defaults, without secrets", Args: noArgs,
		Example: `  pennytie config show
  pennytie config show --config other.yaml
  pennytie config show --json`,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			text := cfg.String()
			if !a.flags.json {
				a.printf("%s", text)
				return nil
			}
			asJSON, err := yaml.YAMLToJSON([]byte(text))
			if err != nil {
				return err
			}
			return a.printJSON(json.RawMessage(asJSON))
		},
	}
	check := &cobra.Command{
		Use: "check", Short: "Check the configuration and its secrets", Args: noArgs,
		Example: `  pennytie config check
  pennytie config check --config other.yaml
  pennytie config check -q && pennytie run`,
		RunE: func(*cobra.Command, []string) error {
			cfg, asOf, err := a.loadAt()
			if err != nil {
				return err
			}
			sources, err := a.sources(cfg, asOf, nil)
			if err != nil {
				return err
			}
			for _, s := range sources {
				if s.Err != nil {
					return s.Err
				}
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"config": a.configPath(), "ok": true})
			}
			a.printf("%s is good: %d sources, %d schedules\n", a.configPath(), len(cfg.Sources), len(cfg.Schedule))
			return nil
		},
	}
	cmd.AddCommand(show, check)
	return cmd
}
