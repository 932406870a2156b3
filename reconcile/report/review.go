package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gocarina/gocsv"

	"pennytie/reconcile"
)

// shownCandidates is how many candidates a review shows: who is none of these is looked up with explain.
const shownCandidates = 3

// Review is a payment that waits for a person, or on which one has decided, with what they are shown of it.
type Review struct {
	Payment  *reconcile.Payment // as the privacy lets it be shown
	Version  string             // of the whole payment, shown or not: see reconcile.Version
	Question reconcile.Question // empty if it was answered
	Said     string             // the word that holds, and whose it is; empty if nobody's does
	Names    []string           // of the leads of the first candidates
}

// reviewRow is a line of a review file. A person fills in decision and what goes with it; the rest tells them what about.
type reviewRow struct {
	PaymentID         Text   `csv:"payment_id"`
	ProviderPaymentID Text   `csv:"provider_payment_id"`
	PaymentDate       Time   `csv:"payment_date"`
	Amount            Money  `csv:"amount" in:"currency"`
	Currency          Text   `csv:"currency"`
	CustomerName      Text   `csv:"customer_name"`
	CustomerEmail     Text   `csv:"customer_email"`
	Description       Text   `csv:"description"`
	Question          Text   `csv:"question"`
	MatchState        Text   `csv:"match_state"`
	Confidence        Number `csv:"confidence"`
	Margin            Number `csv:"margin"`
	Said              Text   `csv:"said"`
	Version           Text   `csv:"version"`
	Decision          Text   `csv:"decision"`
	LeadID            Text   `csv:"lead_id"`
	CallID            Text   `csv:"call_id"`
	ProductID         Text   `csv:"product_id"`
	Reason            Text   `csv:"reason"`
	Candidate1        Text   `csv:"candidate_1"`
	Candidate2        Text   `csv:"candidate_2"`
	Candidate3        Text   `csv:"candidate_3"`
}

// ReviewFilter selects reviews.
type ReviewFilter struct {
	Decided bool // those on which a person's word holds, instead of those that wait for one
	Audit   bool // only those of the audit
	Limit   int  // how many are read; 0: all
	Audits  reconcile.Sample
	PII     string // full, masked or none
}

// ReviewCounts are all that a filter selects, read or not.
type ReviewCounts struct {
	Total   int
	Waiting int // payments of the audit that nobody has answered
	// Of the answers to audits that hold: how many there are, and how many say that the machine was right. Counted with Audit.
	Answered, Right int
}

// Reviews finds the payments that wait for a person, the most money at risk first, or those on which a person's word holds.
func Reviews(r reconcile.Reader, f ReviewFilter) (counts ReviewCounts, reviews iter.Seq2[*Review, error], err error) {
	shown, err := parsePrivacy(f.PII)
	if err != nil {
		return counts, nil, err
	}
	var places []reconcile.ReviewPlace
	for p, err := range r.Payments(reconcile.PaymentFilter{}) {
		if err != nil {
			return counts, nil, err
		}
		question := reconcile.Ask(p, f.Audits)
		if question == "" && !f.Decided && !(f.Audit && p.Match.State == reconcile.MatchManual) {
			continue // as nearly all, and without asking what was said
		}
		known, err := r.Known(p.Row)
		if err != nil {
			return counts, nil, err
		}
		if counts.add(&f, question, known.Decisions) {
			places = append(places, reconcile.PlaceInReview(p))
		}
	}
	slices.SortFunc(places, reconcile.ReviewPlace.Compare)
	if f.Limit > 0 {
		places = places[:min(f.Limit, len(places))]
	}
	return counts, readReviews(r, places, f.Audits, shown), nil
}

// add counts one payment and says whether the filter selects it.
func (c *ReviewCounts) add(f *ReviewFilter, question reconcile.Question, decisions []reconcile.Decision) bool {
	d, spoken := reconcile.LastWord(decisions)
	audit := question == reconcile.QuestionAudit
	if spoken {
		if audit = d.Audited != ""; audit {
			c.Answered++
		}
		if audit && d.LeadID == d.Audited {
			c.Right++
		}
	}
	if audit && !spoken {
		c.Waiting++
	}
	if spoken != f.Decided || !spoken && question == "" || f.Audit && !audit {
		return false
	}
	c.Total++
	return true
}

// readReviews reads a few whole payments at a time: each has its candidates with it.
func readReviews(r reconcile.Reader, places []reconcile.ReviewPlace, audits reconcile.Sample, shown privacy) iter.Seq2[*Review, error] {
	const atOnce = 100
	return func(yield func(*Review, error) bool) {
		for some := range slices.Chunk(places, atOnce) {
			rows := make([]int64, len(some))
			for i := range some {
				rows[i] = some[i].Row
			}
			payments, err := r.PaymentRows(rows)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range payments {
				review, err := newReview(r, p, shown)
				if err == nil && review.Said == "" {
					review.Question = reconcile.Ask(p, audits)
				}
				if !yield(review, err) || err != nil {
					return
				}
			}
		}
	}
}

func newReview(r reconcile.Reader, p *reconcile.Payment, shown privacy) (*Review, error) {
	known, err := r.Known(p.Row)
	if err != nil {
		return nil, err
	}
	review := &Review{Version: reconcile.Version(p, known.Decisions), Said: said(known.Decisions)}
	for _, c := range p.Match.Candidates[:min(shownCandidates, len(p.Match.Candidates))] {
		lead, err := r.Lead(c.LeadID)
		if err != nil && !errors.Is(err, reconcile.ErrNotFound) {
			return nil, err
		}
		name := ""
		if err == nil {
			name = shown.name(lead.Name)
		}
		review.Names = append(review.Names, name)
	}
	if review.Payment, err = Redact(p, string(shown)); err != nil {
		return nil, err
	}
	review.Payment.Payer = reconcile.Payer{
		Description: shown.evidence("description", cmp.Or(p.Payer.Description, p.Payer.Statement)),
	}
	return review, nil
}

// said is the word that holds: "lead lead_7 by eve on 2026-07-01". Reasons are for explain: they name whom they please.
func said(decisions []reconcile.Decision) string {
	d, spoken := reconcile.LastWord(decisions)
	switch {
	case !spoken:
		return ""
	case d.None:
		return "none by " + d.By + " on " + d.At.Format(time.DateOnly)
	}
	return "lead " + d.LeadID + " by " + d.By + " on " + d.At.Format(time.DateOnly)
}

// Candidates are the first candidates in words: lead, name, confidence and the strongest evidence, for and against.
func (v *Review) Candidates() []string {
	out := make([]string, len(v.Names))
	for i, name := range v.Names {
		c := &v.Payment.Match.Candidates[i]
		words := []string{c.LeadID}
		if name != "" {
			words = append(words, name)
		}
		out[i] = strings.Join(words, " ") + " " + string(confidence(c.Confidence)) + ":" + strongest(c.Evidence)
	}
	return out
}

// strongest names the signals that weigh most, whichever way: " email +7.00, name -3.30".
func strongest(evidence []reconcile.Evidence) string {
	const most = 4
	magnitude := func(e reconcile.Evidence) reconcile.Weight { return max(e.Weight, -e.Weight) }
	sorted := slices.Clone(evidence)
	slices.SortStableFunc(sorted, func(a, b reconcile.Evidence) int { return cmp.Compare(magnitude(b), magnitude(a)) })
	var b []byte
	for i, e := range sorted[:min(most, len(sorted))] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, ' '), e.Signal...), ' ')
		if e.Weight >= 0 {
			b = append(b, '+')
		}
		b = appendFixed(b, int64(e.Weight), 2)
	}
	return string(b)
}

// row is the line of a review file, with nothing said yet.
func (v *Review) row() reviewRow {
	p, m := v.Payment, &v.Payment.Match
	candidates := append(v.Candidates(), make([]string, shownCandidates)...)
	return reviewRow{
		PaymentID:         Text(p.ID),
		ProviderPaymentID: Text(p.ProviderPaymentID),
		PaymentDate:       Time(p.PaymentDate),
		Amount:            Money(p.Amount),
		Currency:          Text(p.Amount.Currency),
		CustomerName:      Text(p.CustomerName),
		CustomerEmail:     Text(p.CustomerEmail),
		Description:       Text(p.Payer.Description),
		Question:          Text(v.Question),
		MatchState:        Text(m.State),
		Confidence:        scored(m, m.Confidence),
		Margin:            scored(m, m.Margin),
		Said:              Text(v.Said),
		Version:           Text(v.Version),
		Candidate1:        Text(candidates[0]),
		Candidate2:        Text(candidates[1]),
		Candidate3:        Text(candidates[2]),
	}
}

// MarshalJSON implements json.Marshaler: the columns of a review file that are not for a person to fill in, money in minor
// units, and the candidates with their evidence.
func (v *Review) MarshalJSON() ([]byte, error) {
	p, m := v.Payment, &v.Payment.Match
	o := object{b: []byte{'{'}}
	o.text("payment_id", p.ID)
	o.text("provider_payment_id", p.ProviderPaymentID)
	o.time("payment_date", p.PaymentDate)
	o.money("amount", &p.Amount)
	o.text("currency", string(p.Amount.Currency))
	o.text("customer_name", p.CustomerName)
	o.text("customer_email", p.CustomerEmail)
	o.text("description", p.Payer.Description)
	o.text("question", string(v.Question))
	o.text("match_state", string(m.State))
	o.raw("confidence", string(scored(m, m.Confidence)))
	o.raw("margin", string(scored(m, m.Margin)))
	o.text("said", v.Said)
	o.text("version", v.Version)
	o.b = append(o.key("lead_names"), '[')
	for i, name := range v.Names {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendString(o.b, name)
	}
	o.b = append(o.b, ']')
	// What is shown was hidden already where it must be.
	o.b = appendCandidates(o.key("candidates"), m.Candidates[:len(v.Names)], privacyFull, nil)
	return append(o.b, '}'), nil
}

// WriteReviews writes a review file and counts its rows, without the header.
func WriteReviews(to io.Writer, reviews iter.Seq2[*Review, error]) (rows int, err error) {
	lines := &lineWriter{texts: schemaOf[reviewRow]("").texts()}
	spill := func() error {
		_, err := to.Write(lines.text)
		lines.text = lines.text[:0]
		return err
	}
	if err := errors.Join(gocsv.MarshalCSV([]reviewRow{}, lines), spill()); err != nil {
		return 0, fmt.Errorf("write the review: %w", err)
	}
	for review, err := range reviews {
		if err != nil {
			return rows, err
		}
		if err := errors.Join(gocsv.MarshalCSVWithoutHeaders([]reviewRow{review.row()}, lines), spill()); err != nil {
			return rows, fmt.Errorf("write the review: %w", err)
		}
		rows++
	}
	return rows, nil
}

// WriteReviewFile writes a review file aside, makes it durable and gives it its name: what is there under the name is a whole
// file, the one before or this one.
func WriteReviewFile(path string, reviews iter.Seq2[*Review, error]) (rows int, err error) {
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return 0, fmt.Errorf("write the review: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	name := filepath.Base(path)
	aside := "." + name + partialEnd
	file, err := folder.OpenFile(aside, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fileMode)
	if err != nil {
		return 0, fmt.Errorf("write the review: %w", err)
	}
	rows, err = WriteReviews(file, reviews)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = folder.Rename(aside, name)
	}
	if err != nil {
		return rows, errors.Join(err, folder.Remove(aside))
	}
	return rows, syncFolder(folder)
}
