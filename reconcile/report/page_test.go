package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pennytie/reconcile"
)

func samplePage() *Page {
	return &Page{
		Organization: "Tallow Lane <Studio>", Title: "Reconciliation", Subject: "as of 2026-11-18",
		Sources: []PageSource{{"stripe-main", "complete"}, {"aura", "stale"}},
		Flows: []Flow{
			{"Payments", "What customers paid.", "USD", []FlowStep{{"paid", 1_234_567_89, true}, {"refunded", -98_765_43, false}, {"disputed", -12_000_00, false},
				{"fees", -43_210_98, false}, {"left", 1_080_591_48, true}, {"paid out", -1_000_000_00, false}, {"in account", 80_591_48, true}}},
			{"Payments", "What customers paid.", "JPY", []FlowStep{{"paid", 1000, true}, {"refunded", -4000, false}, {"left", -3000, true}}},
			{"Payments", "What customers paid.", "KWD", []FlowStep{{"paid", 0, true}, {"left", 0, true}}},
		},
		Months: []Month{{"2026-08", 120, 14, 9}, {"2026-09", 180, 10, 0}, {"2026-10", 204, 31, 12}, {"2026-11", 77, 40, 20}},
		Ages:   []Age{{"0-7 days", 3, 12, 30}, {"8-30 days", 1, 9, 11}, {"31-60 days", 0, 4, 2}, {"61-90 days", 2, 0, 0}, {"90+ days", 0, 0, 0}},
		Sure: []Sureness{{0, 5000, 40, 0, 0, 0}, {5000, 8000, 60, 30, 21, 200_000}, {8000, 9500, 50, 12, 11, 107_000},
			{9500, 10_000, 431, 25, 25, 247_500}},
		Files: []string{"payments.csv", "exceptions.csv"},
	}
}

func pageOf(t *testing.T, p *Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := WritePage(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPage(t *testing.T) {
	page := pageOf(t, samplePage())
	if again := pageOf(t, samplePage()); again != page {
		t.Error("the same page has other bytes")
	}
	golden := filepath.Join("testdata", "page.html")
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if page != string(want) {
		t.Errorf("the page differs from %s: look at it, then run with -update", golden)
	}
}

// Whatever is written into a page, it stays one well-formed file that asks for nothing from elsewhere.
func TestPageIsWholeAndAlone(t *testing.T) {
	hostile := samplePage()
	hostile.Organization = `</title><script>alert(1)</script><img src="https://x.example/i.png">`
	hostile.Sources[0].Name = `"><style>@import url(//x.example)</style>`
	for what, p := range map[string]*Page{"sample": samplePage(), "nothing": {}, "hostile": hostile,
		"huge": {Flows: []Flow{{"", "", "USD", []FlowStep{{"a", math.MaxInt64, true}, {"b", math.MaxInt64, false}, {"c", math.MinInt64, true}}}}}} {
		page := pageOf(t, p)
		if strings.Count(page, "<style>") != 1 || strings.Contains(page, "url(") && what != "hostile" {
			t.Errorf("%s: there is more style than the page's own", what)
		}
		decoder := xml.NewDecoder(strings.NewReader(strings.Replace(page, "<!DOCTYPE html>", "", 1)))
		decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		depth := 0
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: not well-formed: %v", what, err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				depth++
				if asks(&token) {
					t.Errorf("%s: the page holds %v", what, token)
				}
			case xml.EndElement:
				depth--
			}
		}
		if depth != 0 {
			t.Errorf("%s: %d elements are not closed", what, depth)
		}
	}
}

// asks says that an element runs, or asks for something from elsewhere.
func asks(e *xml.StartElement) bool {
	return slices.Contains([]string{"script", "img", "link", "iframe", "object", "embed", "image", "use", "a", "form"}, e.Name.Local) ||
		slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "src" || a.Name.Local == "href" })
}

// A waterfall is drawn to scale: every bar begins where the one before ended, and the sums stand on the ground.
func TestFlowIsToScale(t *testing.T) {
	d := drawFlow(Flow{"", "", "USD", []FlowStep{{"paid", 1000, true}, {"refunded", -250, false}, {"fees", -50, false}, {"left", 700, true}}})
	want := []drawnBar{{Y: 26, H: 200}, {Y: 26, H: 50}, {Y: 76, H: 10}, {Y: 86, H: 140}}
	for i, bar := range d.Bars {
		if bar.Y != want[i].Y || bar.H != want[i].H {
			t.Errorf("bar %d from %d is %d high, want from %d, %d high", i, bar.Y, bar.H, want[i].Y, want[i].H)
		}
	}
}

func TestMonthsThatAreTooManyAreOneColumn(t *testing.T) {
	var months []Month
	for range 30 {
		months = append(months, Month{Name: "m", Matched: 1, Review: 2, Unmatched: 3})
	}
	drawn := together(months)
	if first := drawn[0]; len(drawn) != mostMonths || first.Matched != 7 || first.Review != 14 || first.Unmatched != 21 {
		t.Errorf("%d columns, the first of %+v", len(drawn), first)
	}
}

func TestGrouped(t *testing.T) {
	for number, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "-1234567.89": "−1,234,567.89", "-100.5": "−100.5",
		"9223372036854775807": "9,223,372,036,854,775,807"} {
		if got := grouped(number); got != want {
			t.Errorf("%s is shown as %s, want %s", number, got, want)
		}
	}
	for _, c := range []struct {
		of   reconcile.Confidence
		want string
	}{{0, "0 %"}, {5000, "50 %"}, {9550, "95.5 %"}, {10_000, "100 %"}, {9999, "99.99 %"}} {
		if got := percent(c.of); got != c.want {
			t.Errorf("%d is shown as %s, want %s", c.of, got, c.want)
		}
	}
}
