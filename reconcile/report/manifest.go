package report

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pennytie/reconcile"
)

// manifestFile is the last file of a folder: what the others hold.
const manifestFile = "manifest.json"

// manifestFormat grows when the meaning of the files changes.
const manifestFormat = 2

// Manifest says what each file of a folder holds, so that a reader can prove that nothing was lost on the
// way.
type Manifest struct {
	Format int    `json:"format"`
	PII    string `json:"pii"`   // what the files show of people: full, masked or none
	Files  []File `json:"files"` // by name
	// Page is summary.html.
	Page TargetFile `json:"page"`
}

// File is one CSV file of a folder.
type File struct {
	Name    string   `json:"name"`
	Rows    int      `json:"rows"` // without the header
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	Guarded int      `json:"guarded"` // text cells that carry an apostrophe against formulas
	Columns []string `json:"columns"`
	Sums    []Sum    `json:"sums"`   // by column, then currency
	Blocks  []string `json:"blocks"` // CRC-32C of each thousand rows, in a hand-off of each row: tells where a changed file differs
	// GuardedCells are named in a hand-off only, by row and column.
	GuardedCells []string `json:"guarded_cells,omitempty"`
}

func (m Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", manifestFile, err)
	}
	return append(text, '\n'), nil
}

// decodeManifest reads a manifest and refuses any byte that encode would not have written.
func decodeManifest(text []byte) (Manifest, error) {
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("%s cannot be read: %w: %w", manifestFile, err, reconcile.ErrIntegrity)
	}
	again, err := m.encode()
	if err != nil {
		return Manifest{}, err
	}
	if _, err := parsePrivacy(m.PII); err != nil || m.Format != manifestFormat || !bytes.Equal(text, again) {
		return Manifest{}, broken("%s is not as this program writes it", manifestFile)
	}
	return m, nil
}
