package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math/big"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// pageFile is the picture of a folder: one file that needs no other and no network.
const pageFile = "summary.html"

//go:embed page.html
var pageText string

// Page is what summary.html shows. Every picture stands beside the figures that it is drawn from, so that it prints and can be
// read aloud.
type Page struct {
	Organization string
	Title        string // e.g. Reconciliation
	Subject      string // the period, or the moment that the figures are of
	Sources      []PageSource
	Flows        []Flow
	Months       []Month    // ascending
	Ages         []Age      // youngest first
	Sure         []Sureness // least sure first
	Files        []string   // what else is in the folder
}

// PageSource is how far a source came.
type PageSource struct{ Name, State string }

// Flow is where the money of one currency went, from what was taken to what is left.
type Flow struct {
	Title    string // whose: customers', the ledger's
	Text     string // one sentence
	Currency money.Currency
	Steps    []FlowStep
}

// FlowStep is one bar of a flow: a movement, or the sum of those before it.
type FlowStep struct {
	Name  string
	Minor int64
	Sum   bool
}

// Month counts the payments of a month by what is known of whose they are.
type Month struct {
	Name                       string // 2026-10
	Matched, Review, Unmatched int
}

// Age counts the open exceptions of an age.
type Age struct {
	Name              string // 8-30 days
	High, Medium, Low int
}

// Sureness is how sure the machine was of some payments, and how often people agreed.
type Sureness struct {
	From, To reconcile.Confidence
	Payments int
	Asked    int   // of which people said whose they are
	Right    int   // as the machine had thought
	Expected int64 // sum of the confidences of those, in ten-thousandths of a payment
}

// WritePage writes the page. The same page gives the same bytes.
func WritePage(w io.Writer, p *Page) error {
	page, err := template.New(pageFile).Funcs(template.FuncMap{
		"flow": drawFlow, "months": drawMonths, "ages": drawAges, "sure": drawSure,
		"major": func(minor int64, c money.Currency) string { return grouped(money.New(minor, c).String()) },
		"n":     func(n int) string { return grouped(fmt.Sprint(n)) },
		"share": share, "percent": percent,
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("read the form of %s: %w", pageFile, err)
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("write %s: %w", pageFile, err)
	}
	return nil
}

// grouped puts a comma between thousands: this page is read by people, never by importers.
func grouped(number string) string {
	sign, digits := "", number
	if strings.HasPrefix(number, "-") {
		sign, digits = "−", number[1:] // the sign of print is as wide as a digit
	}
	whole, fraction, broken := strings.Cut(digits, ".")
	var out strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	if broken {
		return sign + out.String() + "." + fraction
	}
	return sign + out.String()
}

// share is a part of a whole in per cent with one digit; a dash where there is no whole.
func share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return string(appendFixed(nil, (int64(part)*1000+int64(whole)/2)/int64(whole), 1)) + " %"
}

func percent(c reconcile.Confidence) string {
	return strings.TrimSuffix(strings.TrimSuffix(string(appendFixed(nil, int64(c), 2)), "0"), ".0") + " %"
}

// drawing is a picture in SVG: its pieces lie on a plane of whole units.
type drawing struct {
	Width, Height int
	Label         string // for those who do not see it
	Bars          []drawnBar
	Lines         []drawnLine
	Texts         []drawnText
}

type drawnBar struct {
	X, Y, W, H int
	Class      string
	Title      string
}

type drawnLine struct {
	X1, Y1, X2, Y2 int
	Class          string
}

type drawnText struct {
	X, Y   int
	Anchor string // start, middle or end
	Class  string
	Text   string
}

// scaled is v / whole of size, rounded to the nearest unit, whatever the numbers are.
func scaled(v, whole *big.Int, size int) int {
	if whole.Sign() == 0 {
		return 0
	}
	twice := new(big.Int).Mul(v, big.NewInt(int64(2*size)))
	twice.Add(twice, whole)
	return int(twice.Div(twice, new(big.Int).Lsh(whole, 1)).Int64())
}

func scaledInt(v, whole, size int) int {
	return scaled(big.NewInt(int64(v)), big.NewInt(int64(whole)), size)
}

const (
	plotHeight = 200
	plotTop    = 26 // room for the figures over the bars
	plotBottom = 30 // and for the names under them
)

// drawFlow draws a waterfall: each movement begins where the one before ended, and each sum stands on the ground.
func drawFlow(f Flow) drawing {
	const bar = 60
	step := min(104, 740/max(len(f.Steps), 1)) // so that the figures stand beside it
	d := drawing{Width: step*len(f.Steps) + 20, Height: plotHeight + plotTop + plotBottom,
		Label: fmt.Sprintf("%s: where the money in %s went", f.Title, f.Currency)}
	type reach struct{ from, to *big.Int }
	reaches := make([]reach, len(f.Steps))
	level, low, high := new(big.Int), new(big.Int), new(big.Int)
	for i, s := range f.Steps {
		from, to := new(big.Int), big.NewInt(s.Minor)
		if !s.Sum {
			from.Set(level)
			to.Add(from, to)
		}
		level = to
		reaches[i] = reach{from, to}
		for _, v := range []*big.Int{from, to} {
			if v.Cmp(low) < 0 {
				low = v
			}
			if v.Cmp(high) > 0 {
				high = v
			}
		}
	}
	if low.Cmp(high) == 0 { // nothing moved: the ground is below
		high = big.NewInt(1)
	}
	span := new(big.Int).Sub(high, low)
	y := func(v *big.Int) int { return plotTop + scaled(new(big.Int).Sub(high, v), span, plotHeight) }
	ground := y(new(big.Int))
	d.Lines = append(d.Lines, drawnLine{0, ground, d.Width, ground, "ground"})
	for i, s := range f.Steps {
		x := 10 + i*step
		top, bottom := y(reaches[i].from), y(reaches[i].to)
		if top > bottom {
			top, bottom = bottom, top
		}
		class := "in"
		switch {
		case s.Sum:
			class = "sum"
		case s.Minor < 0:
			class = "out"
		}
		figure := grouped(money.New(s.Minor, f.Currency).String())
		d.Bars = append(d.Bars, drawnBar{x, top, bar, max(bottom-top, 1), class, s.Name + " " + figure})
		d.Texts = append(d.Texts,
			drawnText{x + bar/2, top - 7, "middle", "figure", figure},
			drawnText{x + bar/2, d.Height - 10, "middle", "name", s.Name})
		if i+1 < len(f.Steps) {
			at := y(reaches[i].to)
			d.Lines = append(d.Lines, drawnLine{x + bar, at, x + step, at, "link"})
		}
	}
	return d
}

// mostMonths is how many months are drawn apart; what is older is one column.
const mostMonths = 24

// together sums up what is too old to be drawn by itself.
func together(months []Month) []Month {
	if len(months) <= mostMonths {
		return months
	}
	cut := len(months) - mostMonths + 1
	earlier := Month{Name: "before"}
	for _, m := range months[:cut] {
		earlier.Matched, earlier.Review, earlier.Unmatched = earlier.Matched+m.Matched, earlier.Review+m.Review, earlier.Unmatched+m.Unmatched
	}
	return append([]Month{earlier}, months[cut:]...)
}

// drawMonths draws a column of payments for each month, by what is known of whose they are.
func drawMonths(months []Month) drawing {
	months = together(months)
	step := min(90, 780/max(len(months), 1))
	d := drawing{Width: step*len(months) + 20, Height: plotHeight + plotTop + plotBottom, Label: "payments by month and attribution"}
	most := 0
	for _, m := range months {
		most = max(most, m.Matched+m.Review+m.Unmatched)
	}
	d.Lines = append(d.Lines, drawnLine{0, plotTop + plotHeight, d.Width, plotTop + plotHeight, "ground"})
	for i, m := range months {
		x, from := 10+i*step, 0
		for _, part := range []struct {
			n           int
			class, name string
		}{{m.Matched, "matched", "matched"}, {m.Review, "review", "in review"}, {m.Unmatched, "unmatched", "unmatched"}} {
			if part.n == 0 {
				continue
			}
			low, high := scaledInt(from, most, plotHeight), scaledInt(from+part.n, most, plotHeight)
			d.Bars = append(d.Bars, drawnBar{x, plotTop + plotHeight - high, step * 3 / 4, max(high-low, 1), part.class,
				fmt.Sprintf("%s: %d %s", m.Name, part.n, part.name)})
			from += part.n
		}
		d.Texts = append(d.Texts, drawnText{x + step*3/8, plotTop + plotHeight - scaledInt(from, most, plotHeight) - 7, "middle", "figure",
			grouped(fmt.Sprint(from))})
		if len(months) <= 8 || (len(months)-1-i)%3 == 0 {
			d.Texts = append(d.Texts, drawnText{x + step*3/8, d.Height - 10, "middle", "name", m.Name})
		}
	}
	return d
}

// drawAges draws a bar of open exceptions for each age, by severity.
func drawAges(ages []Age) drawing {
	const line, left, width = 34, 110, 430
	d := drawing{Width: left + width + 70, Height: line*len(ages) + 10, Label: "open exceptions by age and severity"}
	most := 0
	for _, a := range ages {
		most = max(most, a.High+a.Medium+a.Low)
	}
	for i, a := range ages {
		y, from := 5+i*line, 0
		d.Texts = append(d.Texts, drawnText{left - 10, y + 18, "end", "name", a.Name})
		for _, part := range []struct {
			n           int
			class, name string
		}{{a.High, "high", "high"}, {a.Medium, "medium", "medium"}, {a.Low, "low", "low"}} {
			if part.n == 0 {
				continue
			}
			low, high := scaledInt(from, most, width), scaledInt(from+part.n, most, width)
			d.Bars = append(d.Bars, drawnBar{left + low, y, max(high-low, 1), line - 10, part.class,
				fmt.Sprintf("%s: %d %s", a.Name, part.n, part.name)})
			from += part.n
		}
		d.Texts = append(d.Texts, drawnText{left + scaledInt(from, most, width) + 8, y + 18, "start", "figure", grouped(fmt.Sprint(from))})
	}
	return d
}

// drawSure draws, for each stretch of confidence, how often the machine expected to be right (a mark) and how often people said
// that it was (a bar). Where nobody was asked there is only the mark.
func drawSure(bins []Sureness) drawing {
	const step, bar, whole = 112, 60, int64(reconcile.Sure)
	d := drawing{Width: step*len(bins) + 20, Height: plotHeight + plotTop + plotBottom, Label: "expected and confirmed shares of right matches"}
	ground := plotTop + plotHeight
	d.Lines = append(d.Lines, drawnLine{0, ground, d.Width, ground, "ground"}, drawnLine{0, plotTop, d.Width, plotTop, "link"})
	for i, s := range bins {
		x := 10 + i*step
		if s.Asked > 0 {
			high := scaledInt(s.Right, s.Asked, plotHeight)
			d.Bars = append(d.Bars, drawnBar{x, ground - high, bar, max(high, 1), "matched",
				fmt.Sprintf("%d of %d confirmed", s.Right, s.Asked)})
			mean := scaled(big.NewInt(s.Expected), big.NewInt(whole*int64(s.Asked)), plotHeight)
			d.Lines = append(d.Lines, drawnLine{x - 5, ground - mean, x + bar + 5, ground - mean, "mark"})
		}
		d.Texts = append(d.Texts,
			drawnText{x + bar/2, ground - 8, "middle", "inside", fmt.Sprintf("%d of %d", s.Right, s.Asked)},
			drawnText{x + bar/2, d.Height - 10, "middle", "name", percent(s.From) + " – " + percent(s.To)})
	}
	return d
}

// monthOf is the month of an instant in the booking zone.
func monthOf(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01") }
