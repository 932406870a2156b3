package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"github.com/xuri/excelize/v2"
)

// archive is a zip file whose parts stand in the order of their names, and without times: the library hands over the sheets in
// any order.
type archive struct {
	out   io.Writer
	parts map[string]*part
}

// part is an archive of one file, so that what waits for the others is packed.
type part struct {
	bytes.Buffer
	zip *zip.Writer
}

func newArchive(out io.Writer) excelize.ZipWriter {
	return &archive{out: out, parts: map[string]*part{}}
}

// Create implements excelize.ZipWriter.
func (a *archive) Create(name string) (io.Writer, error) {
	if a.parts[name] != nil {
		return nil, fmt.Errorf("%s is written twice", name)
	}
	p := &part{}
	p.zip = zip.NewWriter(&p.Buffer)
	a.parts[name] = p
	return p.zip.Create(name)
}

// AddFS implements excelize.ZipWriter.
func (a *archive) AddFS(fs.FS) error { return fmt.Errorf("add a folder: %w", fs.ErrInvalid) }

// Close implements excelize.ZipWriter.
func (a *archive) Close() error {
	out := zip.NewWriter(a.out)
	for _, name := range slices.Sorted(maps.Keys(a.parts)) {
		p := a.parts[name]
		if err := p.zip.Close(); err != nil {
			return err
		}
		in, err := zip.NewReader(bytes.NewReader(p.Bytes()), int64(p.Len()))
		if err != nil {
			return err
		}
		for _, f := range in.File {
			if err := out.Copy(f); err != nil {
				return err
			}
		}
	}
	return out.Close()
}
