package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for a release.
var version = "dev"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		Example: `  pennytie version
  pennytie version --json | jq -r .version
  pennytie version --json | jq -r .commit`,
		RunE: func(*cobra.Command, []string) error {
			commit := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						commit = s.Value
					}
				}
			}
			if a.flags.json {
				return a.printJSON(map[string]string{"version": version, "commit": commit, "go": runtime.Version()})
			}
			a.printf("pennytie %s %s %s\n", version, commit, runtime.Version())
			return nil
		},
	}
}
