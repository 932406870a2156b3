package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pennytie/configs"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", Short: "Write a commented configuration to start from",
		Long: "Writes DIR/pennytie.yaml (DIR is the current folder by default). It never overwrites a file.",
		Example: `  pennytie init
  pennytie init ./books
  pennytie init && $EDITOR pennytie.yaml && pennytie doctor`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("see: pennytie init --help", "init takes one folder")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if err := os.MkdirAll(dir, 0o750); err != nil {
				return err
			}
			path := filepath.Join(dir, "pennytie.yaml")
			err := writeNew(path, configs.Example, 0o640)
			if errors.Is(err, os.ErrExist) {
				return usagef("edit it, or give another folder", "%s is there already; nothing was written", path)
			}
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(map[string]string{"config": path})
			}
			a.printf("wrote %s\nnext: name your sources in it, then: pennytie doctor --config %s\n", path, path)
			return nil
		},
	}
}

// writeNew writes a file that must not be there yet.
func writeNew(path, content string, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}
