package files

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"pennytie/reconcile"
)

// FuzzCSV holds that no bytes after a good header make the reader panic, fail or lose a line: every
// physical line that is not blank belongs to exactly one row or quarantined record.
func FuzzCSV(f *testing.F) {
	lines := strings.SplitAfter(paymentLines(3), "\n")
	f.Add([]byte(lines[1] + lines[2]))
	f.Add([]byte("stripe,\"a\nb\",1\n\"\"\"\n\"\n,,,\r\n\r\r\n"))
	f.Add([]byte("\x00\n\xff\n\"x\"y\n\"x\n" + lines[1]))
	f.Fuzz(func(t *testing.T, body []byte) {
		tbl := tableOf(t, "p.csv", append([]byte(lines[0]), body...))
		covered := 1
		for {
			before := tbl.lines.line
			in, err := tbl.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if in.fault == nil && in.row == nil {
				t.Fatal("neither a row nor a fault")
			}
			if in.line < before || tbl.lines.line < in.line {
				t.Fatalf("line %d, reader went from %d to %d", in.line, before, tbl.lines.line)
			}
			blank := bytes.Split(append([]byte(lines[0]), body...), []byte{'\n'})[covered : in.line-1]
			for _, line := range blank {
				if len(trimLineEnd(line)) > 0 {
					t.Fatalf("line %d is in no row", covered+1)
				}
			}
			covered = in.line - 1 + bytes.Count(bytes.TrimSuffix(in.raw, []byte{'\n'}), []byte{'\n'}) + 1
		}
		if want := int64(len(lines[0]) + len(body)); tbl.lines.offset != want {
			t.Fatalf("read %d of %d bytes", tbl.lines.offset, want)
		}
	})
}

// FuzzJSONLines holds the same for JSON Lines, where each line is one record.
func FuzzJSONLines(f *testing.F) {
	f.Add([]byte(`{"id":"1","name":"a"}` + "\n" + `{"id":"2","metadata":{"a":[1,{"b":null}]}}`))
	f.Add([]byte("{}\n[]\nnull\n{\"a\":1,\"a\":2}\n\xff\n{\"id\":\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		body = append([]byte("{\"provider\":\"x\"}\n"), body...)
		tbl := tableOf(t, "p.jsonl", body)
		got := 0
		for {
			in, err := tbl.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if in.fault == nil && in.row.(*paymentRow) == nil {
				t.Fatal("neither a row nor a fault")
			}
			got++
		}
		want := 0
		for line := range bytes.SplitSeq(body, []byte{'\n'}) {
			if len(bytes.TrimSuffix(line, []byte{'\r'})) > 0 {
				want++
			}
		}
		if got != want {
			t.Fatalf("%d records of %d lines", got, want)
		}
	})
}

// FuzzPull holds that a pull of any file ends, and that chunks do not change what it yields.
func FuzzPull(f *testing.F) {
	f.Add([]byte(paymentLines(3)))
	f.Add([]byte(paymentHeader + "\n\"\n\"\"\n\"a\nb\",,,\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := write(t, "p.csv", string(content))
		whole, err := pullFrom(t, Config{As: Payments, Path: path}, "", false)
		if err != nil {
			if !errors.Is(err, reconcile.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		pieces, err := pullFrom(t, Config{As: Payments, Path: path, ChunkRows: 1}, "", false)
		if err != nil || pieces.rows() != whole.rows() || pieces.Next != whole.Next {
			t.Fatalf("%d rows in one page, %d in pieces, %v", whole.rows(), pieces.rows(), err)
		}
	})
}

// FuzzLabels holds that labels come in the order of their lines, each with an id, until the first wrong row ends them.
func FuzzLabels(f *testing.F) {
	header := "provider_payment_id,lead_id,call_id,product_id,acceptable_lead_ids,suite,linkable,note\n"
	f.Add([]byte(header + "pi_1,L1,C1,P1,L2;L3,A1,1,x\npi_2,,,,,,,\n"))
	f.Add([]byte("\xef\xbb\xbfcall_id,lead_id,product_id,Provider_Payment_ID\r\n,\"L\n1\",,pi_1\r\n"))
	f.Add([]byte(header + "pi_1,\x00,,,,,,\n"))
	f.Add([]byte(header + "pi_1,\xff,,,;;,,2,\n\"open"))
	f.Fuzz(func(t *testing.T, content []byte) {
		line, ended := 1, false
		for label, err := range Labels(write(t, "truth.csv", string(content))) {
			if ended {
				t.Fatal("a row after an error")
			}
			if err != nil {
				if !errors.Is(err, reconcile.ErrInvalid) {
					t.Fatal(err)
				}
				ended = true
				continue
			}
			if label.Line <= line || strings.TrimSpace(label.ProviderPaymentID) == "" {
				t.Fatalf("after line %d: %+v", line, label)
			}
			line = label.Line
			for _, id := range append(label.AcceptableLeadIDs, label.ProviderPaymentID, label.LeadID) {
				if strings.TrimSpace(id) != id || strings.ContainsRune(id, 0) {
					t.Fatalf("id %q", id)
				}
			}
		}
		if line == 1 && !ended {
			t.Fatal("no row and no error")
		}
	})
}

// tableOf opens a table of payments on content. The file is open until the table is collected.
func tableOf(t *testing.T, name string, content []byte) *table {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	tbl, err := provider(t, Config{As: Payments, Path: path}).openTable(inputFile{path, groupMain,
		paymentLayout()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tbl.close)
	return tbl
}

// TestWrittenRowReadsBack writes leads with encoding/csv and expects the same texts.
func TestWrittenRowReadsBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "leads.csv")
	text := rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool {
		return r != 0 && r != '\r' && !unicode.IsDigit(r) && r != '\''
	}), 0, 40, 1000)
	rapid.Check(t, func(t *rapid.T) {
		name, company := strings.TrimSpace(text.Draw(t, "name")), strings.TrimSpace(text.Draw(t, "company"))
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		for _, row := range [][]string{{"company", "id", "name"}, {company, "1", name}, {name, "2", company}} {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := New(Config{Source: "crm", As: Leads, Path: path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		page, err := p.Pull(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Leads) != 2 || page.Leads[0].Name != name || page.Leads[1].Name != company {
			t.Fatalf("wrote %q, %q, got %+v", name, company, page)
		}
	})
}
