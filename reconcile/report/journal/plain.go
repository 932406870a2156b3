package journal

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Names of the files in plain text.
const (
	hledgerFile   = "ledger.journal"
	beancountFile = "ledger.beancount"
)

// plainMarks mean nothing to hledger, ledger and beancount inside a text.
const plainMarks = "_-.+/#&'"

// rooted puts an account under one of the five kinds, unless its name does so itself.
func rooted(r role, name string) string {
	root, _, _ := strings.Cut(name, ":")
	switch root {
	case "Assets", "Liabilities", "Equity", "Income", "Expenses":
		return name
	}
	return [...]string{"Assets", "Assets", "Income", "Income", "Expenses", "Expenses", "Liabilities", "Equity"}[r] + ":" + name
}

// components applies a rule to each part of an account's name.
func components(name string, rule func(string) string) string {
	parts := strings.Split(name, ":")
	for i := range parts {
		parts[i] = rule(parts[i])
	}
	return strings.Join(parts, ":")
}

// tag is a fact about an entry.
type tag struct{ name, value string }

// tagNames are all there can be; ledger wants to know them beforehand.
var tagNames = [...]string{"payment", "payout", "lead", "call", "product", "matched_by", "match_confidence", "customer", "remark"}

func (e *entry) tags() []tag {
	m, confidence := e.m, ""
	if m.MatchedBy != "" {
		confidence = fmt.Sprintf("%d.%04d", m.Confidence/reconcile.Sure, m.Confidence%reconcile.Sure)
	}
	values := [...]string{m.PaymentID, m.PayoutID, m.LeadID, m.CallID, m.ProductID, m.MatchedBy, confidence, e.facing, e.note}
	var tags []tag
	for i, value := range values {
		if value = words(value, plainMarks); value != "" {
			tags = append(tags, tag{tagNames[i], value})
		}
	}
	return tags
}

// after is the day after.
func after(day string) string { return moved(day, 1) }

func moved(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day // begin and check have parsed it
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// evening is the day on which the period is over: its last one, or that of a later adjustment.
func (w *writer) evening() string { return max(moved(w.book.Period.Until, -1), w.last) }

// full is an amount with its currency.
func full(a money.Amount) string { return a.String() + " " + string(a.Currency) }

// heading says in a comment what the file is.
func (w *writer) heading() string {
	p := w.book.Period
	return fmt.Sprintf("; Movements of %s to %s, in days of %s.\n"+
		"; If the file of the period before is read as well, leave out the entries of opening balances.\n\n",
		p.From, moved(p.Until, -1), words(w.book.Zone, plainMarks))
}

// opened posts the opening balances of the plain formats, one entry each.
func (w *writer) opened(opening []Clearing, write func(c Clearing, against string) error) error {
	for _, c := range opening {
		if c.Opening.Minor == 0 {
			continue
		}
		against, err := w.account(equity, c.Source, c.Opening.Currency)
		if err != nil {
			return err
		}
		if err := w.post(c.Account, c.Opening); err != nil {
			return err
		}
		if err := w.post(against, c.Opening.Neg()); err != nil {
			return err
		}
		if err := write(c, against); err != nil {
			return err
		}
	}
	return nil
}

// hledger writes what hledger and ledger both read: what is used is declared before, amounts stand before their currency.
type hledger struct {
	w        *writer
	f        *file
	declared map[string]bool
}

func (h *hledger) account(r role, a Account) (string, error) {
	return rooted(r, components(a.Name, func(part string) string { return words(part, plainMarks) })), nil
}

func (h *hledger) begin(opening []Clearing) (err error) {
	if h.f, err = h.w.begun(hledgerFile); err != nil {
		return err
	}
	fmt.Fprint(h.f, h.w.heading()) // done tells the error
	for _, name := range tagNames {
		fmt.Fprintf(h.f, "tag %s\n", name)
	}
	return h.w.opened(opening, func(c Clearing, against string) error {
		h.declare(c.Account, c.Opening.Currency)
		h.declare(against, c.Opening.Currency)
		fmt.Fprintf(h.f, "\n%s * (opening) Opening balance\n", h.w.book.Period.From)
		h.posting(c.Account, c.Opening, "")
		h.posting(against, c.Opening.Neg(), "")
		return nil
	})
}

// declare writes what strict readers want to have seen, once.
func (h *hledger) declare(account string, c money.Currency) {
	for _, line := range [...]string{"commodity " + string(c), "account " + account} {
		if !h.declared[line] {
			h.declared[line] = true
			fmt.Fprintf(h.f, "\n%s\n", line)
		}
	}
}

func (h *hledger) posting(account string, a money.Amount, rest string) {
	fmt.Fprintf(h.f, "    %s    %s%s\n", account, full(a), rest)
}

func (h *hledger) entry(e *entry) error {
	for _, l := range e.lines {
		h.declare(l.account, e.currency)
	}
	fmt.Fprintf(h.f, "\n%s * (%s) %s\n", e.m.BookedOn, words(e.m.ID, plainMarks), words(e.about, plainMarks))
	for _, t := range e.tags() {
		fmt.Fprintf(h.f, "    ; %s: %s\n", t.name, t.value)
	}
	for _, l := range e.lines {
		h.posting(l.account, l.amount, "")
	}
	return nil
}

// end asserts what the clearing accounts hold.
func (h *hledger) end(closing []Clearing) error {
	for _, c := range closing {
		h.declare(c.Account, c.Closing.Currency)
		fmt.Fprintf(h.f, "\n%s * (closing) Balance\n", h.w.evening())
		h.posting(c.Account, money.New(0, c.Closing.Currency), " = "+full(c.Closing))
	}
	return h.w.done(h.f)
}

// beancount writes for Beancount, which asserts balances at the beginning of a day.
type beancount struct {
	w        *writer
	f        *file
	declared map[string]bool
}

func (b *beancount) account(r role, a Account) (string, error) {
	return components(rooted(r, a.Name), component), nil
}

// component is a part of an account's name as Beancount has it: letters, digits and dashes, the first a capital or a digit.
func component(part string) string {
	part = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, words(part, plainMarks))
	first, size := utf8.DecodeRuneInString(part)
	if first = unicode.ToUpper(first); unicode.IsUpper(first) || unicode.IsDigit(first) {
		return string(first) + part[size:]
	}
	return "X" + part // of a script without capitals
}

func (b *beancount) begin(opening []Clearing) (err error) {
	if b.f, err = b.w.begun(beancountFile); err != nil {
		return err
	}
	fmt.Fprint(b.f, b.w.heading()) // done tells the error
	return b.w.opened(opening, func(c Clearing, against string) error {
		b.declare(c.Account, b.only(clearing, c.Opening.Currency))
		b.declare(against, "")
		fmt.Fprintf(b.f, "%s * \"Opening balance\"\n  %s  %s\n  %s  %s\n\n", b.w.book.Period.From,
			c.Account, full(c.Opening), against, full(c.Opening.Neg()))
		return nil
	})
}

// only is the one currency that an account takes: that of a clearing account, if its name tells it apart.
func (b *beancount) only(r role, c money.Currency) string {
	if r == clearing && strings.Contains(b.w.book.Accounts.Clearing.Name, "{currency}") {
		return string(c)
	}
	return ""
}

// declare opens an account, once.
func (b *beancount) declare(account, only string) {
	if b.declared[account] {
		return
	}
	b.declared[account] = true
	fmt.Fprintf(b.f, "%s\n\n", strings.TrimSpace(b.w.book.Period.From+" open "+account+" "+only))
}

func (b *beancount) entry(e *entry) error {
	for _, l := range e.lines {
		b.declare(l.account, b.only(l.role, e.currency))
	}
	fmt.Fprintf(b.f, "%s * \"%s\"\n  id: \"%s\"\n", e.m.BookedOn, words(e.about, plainMarks), words(e.m.ID, plainMarks))
	for _, t := range e.tags() {
		fmt.Fprintf(b.f, "  %s: \"%s\"\n", t.name, t.value)
	}
	for _, l := range e.lines {
		fmt.Fprintf(b.f, "  %s  %s\n", l.account, full(l.amount))
	}
	fmt.Fprintln(b.f)
	return nil
}

// end asserts what the clearing accounts hold the next morning, to the cent: by itself Beancount lets one cent pass.
func (b *beancount) end(closing []Clearing) error {
	for _, c := range closing {
		b.declare(c.Account, b.only(clearing, c.Closing.Currency))
		fmt.Fprintf(b.f, "%s balance %s  %s ~ 0 %s\n", after(b.w.evening()), c.Account, c.Closing, c.Closing.Currency)
	}
	return b.w.done(b.f)
}
