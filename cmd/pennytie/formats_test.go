package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/configs"
	"pennytie/reconcile/report/journal"
)

// TestConfigurationNamesTheFormatsThatThereAre: configs knows no other package, so the names stand there once more.
func TestConfigurationNamesTheFormatsThatThereAre(t *testing.T) {
	if diff := cmp.Diff(append(journal.Formats(), "xlsx"), configs.HandoffFormats()); diff != "" {
		t.Error(diff)
	}
}
