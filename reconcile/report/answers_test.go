package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
)

// reviewed are the sample payments as a review file shows them, all of them, whatever their state.
func reviewed() iter.Seq2[*Review, error] {
	return func(yield func(*Review, error) bool) {
		for _, p := range sampleReader().payments {
			if !yield(&Review{Payment: p, Version: reconcile.Version(p, nil)}, nil) {
				return
			}
		}
	}
}

// filled is a review file of which a person filled in the cells that fill says, by payment and column.
func filled(t testing.TB, fill func(payment, column, cell string) string) [][]string {
	t.Helper()
	var file bytes.Buffer
	rows, err := WriteReviews(&file, reviewed())
	if err != nil || rows != len(sampleReader().payments) {
		t.Fatalf("%d rows, %v", rows, err)
	}
	table, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table[1:] {
		for i, column := range table[0] {
			row[i] = fill(row[0], column, row[i])
		}
	}
	return table
}

func encode(t testing.TB, table [][]string) string {
	t.Helper()
	var file strings.Builder
	w := csv.NewWriter(&file)
	if err := w.WriteAll(table); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func readAnswers(t testing.TB, text string) Answers {
	t.Helper()
	given, err := ReadAnswers(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return given
}

// TestAnswersThroughSpreadsheets: whatever a spreadsheet does to the form of the file, it says the same.
func TestAnswersThroughSpreadsheets(t *testing.T) {
	table := filled(t, func(payment, column, cell string) string {
		switch {
		case payment == "pay_1" && column == "decision":
			return " Confirm "
		case payment == "pay_3" && column == "decision":
			return "lead"
		case payment == "pay_3" && column == "lead_id":
			return Guard("=7") // as the id of a lead stands in the other files
		case payment == "pay_3" && column == "reason":
			return "said \"so\",\non the phone"
		}
		return cell
	})
	versions := map[string]string{}
	for _, p := range sampleReader().payments {
		versions[p.ID] = reconcile.Version(p, nil)
	}
	want := Answers{Silent: 2, Answers: []reconcile.Answer{
		{Line: 2, PaymentID: "pay_1", Version: versions["pay_1"], Word: reconcile.WordConfirm},
		{Line: 4, PaymentID: "pay_3", Version: versions["pay_3"], Word: reconcile.WordLead, LeadID: "=7", Reason: "said \"so\",\non the phone"},
	}}
	turned := make([][]string, len(table))
	shouted := make([][]string, len(table))
	for i, row := range table {
		for j := range row {
			turned[i] = append(turned[i], row[len(row)-1-j])
		}
		turned[i] = append(turned[i], "a column of mine")
		shouted[i] = row
	}
	shouted[0] = strings.Split(strings.ToUpper(strings.Join(table[0], " ,")), ",")
	for what, text := range map[string]string{
		"as written":                  encode(t, table),
		"byte order mark":             "\ufeff" + encode(t, table),
		"lines end in CRLF":           strings.ReplaceAll(encode(t, table), "\n", "\r\n"),
		"columns reordered":           encode(t, turned),
		"header in capitals":          encode(t, shouted),
		"without the last line's end": strings.TrimSuffix(encode(t, table), "\n"),
	} {
		if diff := cmp.Diff(want, readAnswers(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestAnswersRefuse(t *testing.T) {
	const header = "payment_id,version,decision,lead_id,call_id,product_id,reason\n"
	for text, want := range map[string]string{
		"":                                       "1 : the file is empty",
		"\ufeff":                                 "1 : the file is empty",
		"version,decision\n":                     "1 payment_id: there is no such column",
		"payment_id,decision\n":                  "1 version: there is no such column",
		"payment_id,version\n":                   "1 decision: there is no such column",
		"payment_id,version,decision,Version \n": "1 version: the column is there twice",
		"payment_id;version;decision\n":          "1 payment_id: there is no such column",
		"p\x00a\x00y\x00,\x00\n":                 "1 payment_id: there is no such column",
		"\"payment_id,version\n":                 "1 : the header is no well-formed CSV",
		header + "p,v,maybe,,,,\n":               "2 decision: \"maybe\" is no decision",
		header + "p,v,lead,,,,\n":                "2 lead_id: the decision is lead, and none is named",
		header + "p,v,none,L1,,,\n":              "2 lead_id: \"L1\" stands beside the decision none",
		header + "p,v,confirm,,C1,,\n":           "2 call_id: \"C1\" stands beside the decision confirm",
		header + "p,v,undo,,,P1,\n":              "2 product_id: \"P1\" stands beside the decision undo",
		header + "p,v,,L1,,,\n":                  "2 decision: the decision is empty, and lead_id is filled",
		header + "p,v,,,,P1,\n":                  "2 decision: the decision is empty, and product_id is filled",
		header + ",v,none,,,,\n":                 "2 payment_id: the decision is of no payment",
		header + "p,,none,,,,\n":                 "2 version: the version is missing",
		header + "p,v,none,,,,caf\xe9\n":         "2 reason: the cell is not UTF-8",
		header + "p,v,non\xe9,,,,\n":             "2 decision: the cell is not UTF-8",
		header + "p,v,none,,,,a,b\n":             "2 : 8 cells under a header of 7",
		header + "p,v,,,,,\np,v,none,,,,x\"y\n":  "3 : a quote is out of place",
		header + "p,v,none,,,,\"\n\n\n":          "2 : a quote is out of place",
	} {
		given := readAnswers(t, text)
		if len(given.Mistakes) != 1 || len(given.Answers) > 0 {
			t.Errorf("%q gives %+v", text, given)
			continue
		}
		wrong := given.Mistakes[0]
		if got := string(count(wrong.Line)) + " " + wrong.Column + ": " + wrong.Text; got != want || wrong.Mend == "" {
			t.Errorf("%q: %s; %s, want %s", text, got, wrong.Mend, want)
		}
	}
	if _, err := ReadAnswers(iotest.ErrReader(errStream)); err == nil {
		t.Error("a file that cannot be read is taken for empty")
	}
}

// TestReviewFileIsWhole: a file that could not be written to its end leaves what was there, and nothing beside it.
func TestReviewFileIsWhole(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "review.csv")
	if rows, err := WriteReviewFile(path, reviewed()); err != nil || rows != len(sampleReader().payments) {
		t.Fatalf("%d rows, %v", rows, err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := func(yield func(*Review, error) bool) {
		for review, err := range reviewed() {
			if !yield(review, err) || !yield(nil, errStream) {
				return
			}
		}
	}
	if _, err := WriteReviewFile(path, broken); !errors.Is(err, errStream) {
		t.Errorf("error is %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%q, %v", after, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// FuzzAnswers holds that whatever the file says, every row is an answer, silent or a mistake, and that an answer is whole.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(encode(f, filled(f, func(_, column, cell string) string {
		if column == "decision" {
			return "confirm"
		}
		return cell
	}))))
	f.Add([]byte("\xef\xbb\xbfDECISION,payment_id,lead_id,version\nlead,p,'=L,v1\n,p,,v\nundo,p,,v\n\n\"none\",\"p\",,v"))
	f.Add([]byte("payment_id;version;decision\np;v;none\n"))
	f.Add([]byte("payment_id,version,decision\np,v,\"none\n\"x\"\",\xff\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		given, err := ReadAnswers(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%v", err)
		}
		lines := bytes.Count(text, []byte("\n")) + 1
		if rows := len(given.Answers) + given.Silent + len(given.Mistakes); rows > lines {
			t.Fatalf("%d rows in %d lines", rows, lines)
		}
		for _, a := range given.Answers {
			if _, is := a.Mistake(); is || a.PaymentID == "" || a.Version == "" || a.Line < 2 || a.Line > lines {
				t.Fatalf("%+v is no answer", a)
			}
		}
		for _, wrong := range given.Mistakes {
			if wrong.Text == "" || wrong.Mend == "" || wrong.Line < 1 || wrong.Line > lines {
				t.Fatalf("%+v says nothing", wrong)
			}
		}
	})
}
