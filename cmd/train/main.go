// Command train makes the table that package score ships.
//
// It reads stores that pennytie has run and, for each, a labelled file as evaluate takes it; matches every payment again, writes
// nothing into them, and grows the table from what it finds. Before that it leaves each store out once, trains on the others and
// measures on the one left out: those are the numbers to believe, and by them the table's bias is set. Stores must be of
// different businesses: what is learned of one must hold in another. Same stores, same table.
//
//	go run ./cmd/train -out reconcile/score/model.json a.db=a-truth.csv b.db=b-truth.csv c.db=c-truth.csv
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"pennytie/matchers"
	"pennytie/providers/files"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/score"
	"pennytie/store"
)

// policy is the default one: measured is what users get.
var policy = reconcile.Policy{AutoConfirm: 9500, Suggest: 5000, Margin: 500, CallWindowDays: 60}

func main() {
	out := flag.String("out", "", "table to write")
	version := flag.String("version", "1", "version of the table")
	country := flag.String("country", "US", "country of phone numbers that have no code")
	flag.Parse()
	if err := run(os.Stdout, *out, *version, *country, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(to io.Writer, out, version, country string, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("give two or more STORE=LABELS, so that one can be left out")
	}
	worlds := make([]world, len(args))
	for i, arg := range args {
		db, labels, _ := strings.Cut(arg, "=")
		var err error
		if worlds[i], err = load(db, labels, country); err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
	}
	models := make([]*score.Model, len(worlds))
	for i := range worlds {
		models[i] = train(groupsWithout(worlds, i), chosen())
		fmt.Fprintf(to, "%s: trained on the others, %d payments to go by\n", worlds[i].name, len(worlds[i].payments))
	}
	shift := calibrate(models, worlds)
	for i := range worlds {
		models[i].Bias += shift
		worlds[i].report(to, models[i])
	}
	if out == "" {
		return nil
	}
	m := train(groupsWithout(worlds, -1), chosen())
	m.Version = version
	m.Bias += shift
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
}

// calibrate finds by how much the odds of all candidates together must change, in hundredths, for confidences to say how often they
// are right. Of changes that do nearly as well as the best the least is taken: too low costs a look, too high a wrong match.
func calibrate(models []*score.Model, worlds []world) int {
	const step, most, nearly = 10, 150, 1.1
	var errors []float64
	for shift := 0; shift <= most; shift += step {
		sum := 0.0
		for i := range worlds {
			shifted := *models[i]
			shifted.Bias += shift
			sum += worlds[i].evaluate(&shifted).All.Lead.ECE.Value
		}
		errors = append(errors, sum)
	}
	best := slices.Min(errors)
	return step * slices.IndexFunc(errors, func(sum float64) bool { return sum <= best*nearly })
}

// world is one labelled store.
type world struct {
	name     string
	payments []payment
}

// payment is what matchers find for it, with hand-set weights, and what is right.
type payment struct {
	id    string
	truth score.Truth
	found []reconcile.Candidate
}

func (p *payment) isRight(person *score.Person) bool {
	return slices.ContainsFunc(person.Leads, func(c reconcile.Candidate) bool {
		return c.LeadID == p.truth.LeadID || slices.Contains(p.truth.AcceptableIDs, c.LeadID)
	})
}

func load(db, labels, country string) (world, error) {
	w := world{name: db}
	truth := map[string]score.Truth{}
	for l, err := range files.Labels(labels) {
		if err != nil {
			return w, err
		}
		truth[l.ProviderPaymentID] = score.Truth{LeadID: l.LeadID, AcceptableIDs: l.AcceptableLeadIDs, Suite: l.Suite, Linkable: l.Linkable}
	}
	s, err := store.Open(context.Background(), db)
	if err != nil {
		return w, err
	}
	defer s.Close()
	e := &engine.Engine{Store: s, Matchers: matchers.All(), Prepare: matchers.NewPreparer(country), Policy: policy}
	err = e.Examine(context.Background(), func(x *engine.Examined) error {
		if t, is := truth[x.Payment.ProviderPaymentID]; is {
			w.payments = append(w.payments, payment{id: x.Payment.ProviderPaymentID, truth: t, found: score.Found(x.Found)})
		}
		return nil
	})
	return w, err
}

func (w *world) evaluate(m *score.Model) score.Report {
	var all score.Evaluation
	for i := range w.payments {
		p := &w.payments[i]
		leads, _ := m.Rank(p.found)
		match := reconcile.Decide(policy, leads, nil, nil)
		all.Add(score.Case{Match: &match, Truth: p.truth})
	}
	return all.Report()
}

func (w *world) report(to io.Writer, m *score.Model) {
	r := w.evaluate(m)
	fmt.Fprintf(to, "\n%s, left out\n%-6s %8s %9s %8s %8s %8s %8s %9s %9s\n", w.name, "suite", "payments", "precision", "recall", "f1@.5",
		"recall@5", "ece", "wrong/10k", "no lead")
	line := func(name string, x *score.Measure) {
		fmt.Fprintf(to, "%-6s %8d %9s %8s %8s %8s %8s %9s %9s\n", name, x.Counts.Payments, x.Precision, x.Recall, x.F1At50, x.RecallAt5,
			x.ECE, x.FalsePer10K, x.FalseNoLeadPer10K)
	}
	line("all", &r.All.Lead)
	for _, name := range slices.Sorted(maps.Keys(r.Suites)) {
		suite := r.Suites[name]
		line(name, &suite.Lead)
	}
	fmt.Fprintf(to, "%8s %8s %8s %8s\n", "from", "payments", "said", "right")
	for _, b := range r.Reliability {
		if b.Count > 0 {
			fmt.Fprintf(to, "%8s %8d %8s %8.4f\n", b.From, b.Count, b.MeanConfidence, float64(b.Right)/float64(b.Count))
		}
	}
}
