package files

import (
	"errors"
	"io"
	"iter"
	"strings"
)

// Label is a row of a labelled file: what is known to be true of one payment. An empty id says that none exists.
type Label struct {
	Line              int // physical line where the row starts
	ProviderPaymentID string
	LeadID            string
	AcceptableLeadIDs []string // as right as LeadID
	CallID            string
	ProductID         string
	Suite             string // reported apart; empty: no suite of its own
	Linkable          bool   // what is visible of the payment determines the lead
}

type labelRow struct {
	ProviderPaymentID string `csv:"provider_payment_id"`
	LeadID            string `csv:"lead_id"`
	CallID            string `csv:"call_id"`
	ProductID         string `csv:"product_id"`
	AcceptableLeadIDs string `csv:"acceptable_lead_ids"`
	Suite             string `csv:"suite"`
	Linkable          string `csv:"linkable"`
}

// labelLayout has no conversion to a record: labels never become one.
func labelLayout() *layout {
	return &layout{
		name:     "labelled payments",
		row:      &labelRow{},
		required: []string{"provider_payment_id", "lead_id", "call_id", "product_id"},
		growing:  true,
		unmapped: true,
	}
}

// Labels streams the rows of a labelled CSV file. The first row that cannot be read ends it: measured against half of the
// truth every number would be wrong. So does a file without a row. Errors name file, line and column.
func Labels(path string) iter.Seq2[Label, error] {
	return func(yield func(Label, error) bool) {
		t, err := (&Provider{}).openTable(inputFile{path: path, layout: labelLayout()})
		if err != nil {
			yield(Label{}, err)
			return
		}
		defer t.close()
		for rows := 0; ; rows++ {
			in, err := t.next()
			if errors.Is(err, io.EOF) {
				if rows == 0 {
					yield(Label{}, refused(path, "has a header and no row; add a row for each payment that you know the truth of"))
				}
				return
			}
			var label Label
			if err == nil {
				label, err = labelOf(path, &in)
			}
			if !yield(label, err) || err != nil {
				return
			}
		}
	}
}

func labelOf(path string, in *input) (Label, error) {
	bad := in.fault
	var label Label
	if bad == nil {
		label, bad = convertLabel(in.row.(*labelRow)) //nolint:errcheck,forcetypeassert // the layout's own type
	}
	if bad == nil {
		label.Line = in.line
		return label, nil
	}
	if bad.field == "" {
		return Label{}, refused(path, "line %d: %s", in.line, bad.reason)
	}
	return Label{}, refused(path, "line %d, column %s: %s", in.line, bad.field, bad.reason)
}

// convertLabel reads ids as convertPayment and the others do, since they are compared byte by byte.
func convertLabel(r *labelRow) (Label, *fault) {
	var c cells
	if strings.TrimSpace(r.ProviderPaymentID) == "" {
		c.fail("provider_payment_id", "the id is empty; fill it or take the row out")
	}
	label := Label{
		ProviderPaymentID: c.id("provider_payment_id", r.ProviderPaymentID),
		LeadID:            c.id("lead_id", r.LeadID),
		CallID:            c.id("call_id", r.CallID),
		ProductID:         c.id("product_id", r.ProductID),
		Suite:             c.text(r.Suite),
		Linkable:          c.word("linkable", r.Linkable, "0", "1") == "1",
	}
	for part := range strings.SplitSeq(r.AcceptableLeadIDs, ";") { // as many as there are: a company may have dozens
		if id := c.id("acceptable_lead_ids", strings.TrimSpace(part)); id != "" {
			label.AcceptableLeadIDs = append(label.AcceptableLeadIDs, id)
		}
	}
	return label, c.bad
}
