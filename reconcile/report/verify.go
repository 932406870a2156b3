package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"

	"pennytie/reconcile"
)

// Verify proves that a report folder is as it was written: every file is there and no other, each has the
// rows, bytes, columns and sums of the manifest, and every cell reads as its column's type. The error names
// the first file that differs, and the rows as closely as they are known.
func Verify(dir string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the report folder: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	text, err := root.ReadFile(manifestFile)
	if err != nil {
		return fmt.Errorf("read %s: %w", manifestFile, err)
	}
	manifest, err := decodeManifest(text)
	if err != nil {
		return err
	}
	expected := schemas()
	if err := checkNames(root, expected, manifest); err != nil {
		return err
	}
	for i, s := range expected {
		if err := verifyFile(root, s, manifest.Files[i]); err != nil {
			return err
		}
	}
	return verifyPage(root, manifest.Page)
}

// verifyPage holds the page, which nobody adds up, against its checksum.
func verifyPage(root *os.Root, said TargetFile) error {
	digest, err := digestOf(root, pageFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return broken("%s is missing", pageFile)
	case err != nil:
		return err
	case said.Name != pageFile || digest != said.SHA256:
		return broken("%s is not as it was written", pageFile)
	}
	return nil
}

// checkNames compares the files that should be there, that the manifest lists and that are there.
func checkNames(root *os.Root, expected []schema, m Manifest) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read the report folder: %w", err)
	}
	names := []string{manifestFile, pageFile}
	for _, s := range expected {
		names = append(names, s.file)
	}
	for _, entry := range entries {
		if !slices.Contains(names, entry.Name()) {
			return broken("%s does not belong to the reports", entry.Name())
		}
	}
	for i, s := range expected {
		here := func(e fs.DirEntry) bool { return e.Name() == s.file }
		if !slices.ContainsFunc(entries, here) {
			return broken("%s is missing", s.file)
		}
		if i >= len(m.Files) || m.Files[i].Name != s.file {
			return broken("%s does not list %s in its place", manifestFile, s.file)
		}
	}
	if len(m.Files) > len(expected) {
		return broken("%s lists %s, which no report has", manifestFile, m.Files[len(expected)].Name)
	}
	return nil
}

func broken(format string, values ...any) error {
	return fmt.Errorf(format+": %w", append(values, reconcile.ErrIntegrity)...)
}

func verifyFile(root *os.Root, s schema, said File) error {
	bytesErr := verifyBytes(root, said)
	found, err := reread(root, s)
	if err != nil {
		return err // it knows the row
	}
	if bytesErr != nil {
		return bytesErr
	}
	switch {
	case !slices.Equal(said.Columns, s.names()):
		return broken("%s lists other columns of %s than it has", manifestFile, s.file)
	case found.Rows != said.Rows:
		return broken("%s has %d rows, the manifest says %d", s.file, found.Rows, said.Rows)
	case found.Guarded != said.Guarded:
		return broken("%s has %d guarded cells, the manifest says %d", s.file, found.Guarded, said.Guarded)
	}
	return compareSums(s.file, found.Sums, said.Sums)
}

func compareSums(file string, found, said []Sum) error {
	for i, sum := range found {
		if i >= len(said) || said[i].Column != sum.Column || said[i].Currency != sum.Currency {
			return broken("%s has a sum of %s in %s that the manifest lacks", file, sum.Column, sum.Currency)
		}
		if said[i].Minor == nil || said[i].Minor.Cmp(sum.Minor) != 0 {
			return broken("%s: %s comes to %s %s in minor units, the manifest says %s", file, sum.Column, sum.Minor,
				sum.Currency, said[i].Minor)
		}
	}
	if len(said) > len(found) {
		return broken("the manifest has a sum of %s that %s lacks", said[len(found)].Column, file)
	}
	return nil
}

// reread reads a file by meaning: what its rows hold, whatever the manifest says.
func reread(root *os.Root, s schema) (File, error) {
	found, sums, texts := File{Name: s.file}, newSums(), s.texts()
	for row, err := range strictRows(root, s, wholly) {
		if err != nil {
			return File{}, err
		}
		found.Rows++
		for _, i := range texts {
			if guarded(row[i]) {
				found.Guarded++
			}
		}
		for _, c := range s.columns {
			if c.kind != kindMoney {
				continue
			}
			amount, err := c.amount(row)
			if err != nil {
				return File{}, err
			}
			sums.add(c.name, Money(amount))
		}
	}
	found.Sums = sums.list()
	return found, nil
}

// verifyBytes compares a file with its checksums. One line is one row, so that a wrong block names its rows.
func verifyBytes(root *os.Root, said File) (err error) {
	file, err := root.Open(said.Name)
	if err != nil {
		return fmt.Errorf("open %s: %w", said.Name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	digest := sha256.New()
	lines := bufio.NewReaderSize(io.TeeReader(file, digest), 1<<18)
	var bytes int64
	block, rows, blocks := uint32(0), -1, 0 // the header is no row
	closeBlock := func() error {
		if blocks >= len(said.Blocks) || blockSum(block) != said.Blocks[blocks] {
			return broken("%s: rows %d to %d are not as they were written", said.Name, blocks*blockRows+1, rows)
		}
		block, blocks = 0, blocks+1
		return nil
	}
	for {
		line, err := lines.ReadSlice('\n')
		bytes += int64(len(line))
		if rows >= 0 {
			block = crc32.Update(block, checksums(), line)
		}
		if err == bufio.ErrBufferFull {
			continue // the line goes on
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", said.Name, err)
		}
		rows++
		if rows > 0 && rows%blockRows == 0 {
			if err := closeBlock(); err != nil {
				return err
			}
		}
	}
	if rows%blockRows != 0 {
		if err := closeBlock(); err != nil {
			return err
		}
	}
	if blocks != len(said.Blocks) || bytes != said.Bytes || hex.EncodeToString(digest.Sum(nil)) != said.SHA256 {
		return broken("%s is not as it was written", said.Name)
	}
	return nil
}
