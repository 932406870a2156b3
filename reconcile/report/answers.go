package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"pennytie/reconcile"
)

// Answers is what a person wrote into a review file.
type Answers struct {
	Answers  []reconcile.Answer  // rows with a decision, in the file's order
	Silent   int                 // rows without one
	Remarks  int                 // of these with a reason nevertheless
	Mistakes []reconcile.Mistake // by line
}

// Columns of a review file that are read. What else a file has is for the person.
const (
	columnPayment  = "payment_id"
	columnProvider = "provider_payment_id" // where a row has no payment_id
	columnVersion  = "version"
	columnDecision = "decision"
	columnLead     = "lead_id"
	columnCall     = "call_id"
	columnProduct  = "product_id"
	columnReason   = "reason"
)

func answerColumns() []string {
	return []string{columnPayment, columnProvider, columnVersion, columnDecision, columnLead, columnCall, columnProduct, columnReason}
}

// ReadAnswers reads a review file to its end. Columns are found by name, in any order and case. The error says only that the
// file could not be read; what is wrong in it is told as mistakes, of a row that is wrong the first.
func ReadAnswers(from io.Reader) (Answers, error) {
	var out Answers
	text, err := io.ReadAll(from)
	if err != nil {
		return out, err
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		out.wrong(1, "", "the file is empty", "make it: pennytie review --csv FILE")
		return out, nil
	}
	places, wrong := answerPlaces(header, err)
	if wrong != nil {
		out.Mistakes = []reconcile.Mistake{*wrong}
		return out, nil
	}
	width := len(header)
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) { // what follows a misplaced quote belongs to nobody knows which row
			out.wrong(broken.StartLine, "", "a quote is out of place", "put the cell in quotes and double the quotes inside it")
			return out, nil
		}
		if err != nil {
			return out, err
		}
		line, _ := reader.FieldPos(0)
		if len(cells) != width {
			out.wrong(line, "", fmt.Sprintf("%d cells under a header of %d", len(cells), width), "put a cell with a comma in quotes")
			continue
		}
		out.add(line, cells, places)
	}
}

func (a *Answers) wrong(line int, column, text, mend string) {
	a.Mistakes = append(a.Mistakes, reconcile.Mistake{Line: line, Column: column, Text: text, Mend: mend})
}

// answerPlaces finds the columns. A column that is not there has no place.
func answerPlaces(header []string, err error) (map[string]int, *reconcile.Mistake) {
	wrong := func(column, text, mend string) (map[string]int, *reconcile.Mistake) {
		return nil, &reconcile.Mistake{Line: 1, Column: column, Text: text, Mend: mend}
	}
	if err != nil {
		return wrong("", "the header is no well-formed CSV", "save the file as CSV UTF-8, separated by commas")
	}
	places := make(map[string]int)
	for place, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(answerColumns(), name) {
			continue
		}
		if _, twice := places[name]; twice {
			return wrong(name, "the column is there twice", "remove one of the two")
		}
		places[name] = place
	}
	_, payment := places[columnPayment]
	_, provider := places[columnProvider]
	if !payment && !provider {
		return wrong(columnPayment, "there is no such column", headerMend(header))
	}
	for _, needed := range []string{columnVersion, columnDecision} {
		if _, is := places[needed]; !is {
			return wrong(needed, "there is no such column", headerMend(header))
		}
	}
	return places, nil
}

// headerMend guesses why a header has not the columns.
func headerMend(header []string) string {
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t\x00") {
		return "save the file as CSV UTF-8, separated by commas"
	}
	return "keep the header that pennytie review --csv writes"
}

// silent takes a row without a decision. One who names a lead there means something and will not like to find it ignored.
func (a *Answers) silent(line int, value map[string]string) {
	for _, column := range []string{columnLead, columnCall, columnProduct} {
		if value[column] != "" {
			a.wrong(line, columnDecision, "the decision is empty, and "+column+" is filled", "write lead as the decision, or empty the cell")
			return
		}
	}
	a.Silent++
	if value[columnReason] != "" {
		a.Remarks++
	}
}

// add takes one row.
func (a *Answers) add(line int, cells []string, places map[string]int) {
	value := make(map[string]string, len(places))
	for column, place := range places {
		value[column] = strings.TrimSpace(unguard(strings.TrimSpace(cells[place])))
	}
	word := reconcile.Word(strings.ToLower(value[columnDecision]))
	if word == "" {
		a.silent(line, value)
		return
	}
	for _, column := range answerColumns() {
		if !utf8.ValidString(value[column]) {
			a.wrong(line, column, "the cell is not UTF-8", "save the file as CSV UTF-8")
			return
		}
	}
	answer := reconcile.Answer{Line: line, PaymentID: value[columnPayment], Version: value[columnVersion], Word: word,
		LeadID: value[columnLead], CallID: value[columnCall], ProductID: value[columnProduct], Reason: value[columnReason]}
	if answer.PaymentID == "" {
		answer.PaymentID = value[columnProvider]
	}
	wrong, is := answer.Mistake()
	switch {
	case answer.PaymentID == "":
		a.wrong(line, columnPayment, "the decision is of no payment", "copy the id from the review file")
	case answer.Version == "":
		a.wrong(line, columnVersion, "the version is missing", "copy it from the review file: it says what you have seen")
	case is:
		a.Mistakes = append(a.Mistakes, wrong)
	default:
		a.Answers = append(a.Answers, answer)
	}
}
