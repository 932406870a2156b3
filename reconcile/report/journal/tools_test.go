package journal

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// tool is a foreign program that reads one of our files.
type tool struct {
	name   string
	format string
	file   string
	check  func(path string) *exec.Cmd // refuses a broken file
	ask    func(path string) *exec.Cmd // prints balances
	read   func(out string, balances map[string]string) error
}

func tools() []tool {
	return []tool{
		{
			"hledger", HLedger, hledgerFile,
			func(path string) *exec.Cmd { return exec.Command("hledger", "-f", path, "check", "-s", "ordereddates") },
			func(path string) *exec.Cmd {
				return exec.Command("hledger", "-f", path, "bal", "--flat", "-N", "-O", "csv", "--layout=bare")
			},
			rows(func(row []string) (string, string) { return row[0] + " " + row[1], row[2] }),
		},
		{
			"ledger", HLedger, hledgerFile,
			func(path string) *exec.Cmd {
				return exec.Command("ledger", "-f", path, "--strict", "--pedantic", "bal")
			},
			func(path string) *exec.Cmd {
				return exec.Command("ledger", "-f", path, "--strict", "--pedantic", "bal", "--flat", "--no-total",
					"--balance-format", `%(account)\t%(scrub(display_total))\n`)
			},
			ledgerBalances,
		},
		{
			"beancount", Beancount, beancountFile,
			func(path string) *exec.Cmd { return exec.Command("bean-check", path) },
			func(path string) *exec.Cmd {
				return exec.Command("bean-query", "-q", "-f", "csv", path, "select account, currency, str(sum(number)) group by 1, 2")
			},
			rows(func(row []string) (string, string) {
				return strings.TrimSpace(row[0]) + " " + row[1], strings.Trim(strings.TrimSpace(row[2]), "Decimal(')")
			}),
		},
	}
}

// rows reads a CSV of balances.
func rows(pick func(row []string) (place, number string)) func(string, map[string]string) error {
	return func(out string, balances map[string]string) error {
		all, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(all) == 0 {
			return fmt.Errorf("%q: %w", out, err)
		}
		for _, row := range all[1:] {
			place, number := pick(row)
			balances[place] = number
		}
		return nil
	}
}

// ledgerBalances reads lines of account, tab and amount; further currencies of an account stand in lines of their own.
func ledgerBalances(out string, balances map[string]string) error {
	account := ""
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if name, amount, named := strings.Cut(line, "\t"); named {
			account, line = name, amount
		}
		number, currency, _ := strings.Cut(line, " ")
		balances[account+" "+currency] = number
	}
	return nil
}

// hostile is a movement for each text that could mean something to a reader of journals.
func hostile() []*reconcile.Movement {
	var list []*reconcile.Movement
	for i, text := range []string{
		"=1+1", "a\nb", `"q" \n`, "; c", "a | b", "\u202egnp", strings.Repeat("x; ", 5000), "  100.00 USD", "\n2026-11-05 * x", "\xff",
		"ä日本\u0301é", "[2026-13-45]", ":tag:", "date: 2026-13-01", "#tag ^link", "{1 USD} @ 2 EUR", "(x) [y] <z>", "a::b", "!", "~ $ %",
	} {
		m := booked(&reconcile.Movement{
			ID: text, Source: "hostile", Provider: text, Kind: "other", Status: reconcile.MovementBooked, BookedOn: "2026-11-01",
			ObjectID: text, Category: text, PaymentID: text, LeadID: text, CallID: text, ProductID: text, MatchedBy: text, Note: text,
		}, int64(100+i), int64(i), "USD")
		list = append(list, m)
	}
	return list
}

// TestForeignProgramsAgree: they accept our files where they are strictest, their balances are our totals, and a cent planted in a
// posting, or in a whole entry, is refused.
func TestForeignProgramsAgree(t *testing.T) {
	if os.Getenv("PENNYTIE_ACCOUNTING_TOOLS") == "" {
		t.Skip("PENNYTIE_ACCOUNTING_TOOLS=1 runs hledger, ledger and Beancount")
	}
	for _, tool := range tools() {
		t.Run(tool.name, func(t *testing.T) {
			f, totals := written(t, tool.format, append(hostile(), sample()...))
			text := f.files[tool.file].String()
			path := filepath.Join(t.TempDir(), tool.file)
			run := func(text string, command func(string) *exec.Cmd) (string, error) {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				c := command(path)
				c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
				out, err := c.CombinedOutput()
				return string(out), err
			}
			if out, err := run(text, tool.check); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			out, err := run(text, tool.ask)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			balances := map[string]string{}
			if err := tool.read(out, balances); err != nil {
				t.Fatal(err)
			}
			agree(t, balances, totals)
			theirNames(t, tool, run)

			sale, clearing := tool.line(text, "Income:Sales", "-100.00 USD"), tool.line(text, "Assets:Clearing", "100.00 USD")
			closing := strings.LastIndex(text, "247.84")
			for name, altered := range map[string]string{
				"a posting":  strings.Replace(text, sale, strings.Replace(sale, "100.00", "100.01", 1), 1),
				"an entry":   strings.NewReplacer(sale, strings.Replace(sale, "100.00", "100.01", 1), clearing, strings.Replace(clearing, "100.00", "100.01", 1)).Replace(text),
				"a balance":  text[:closing] + "247.85" + text[closing+6:],
				"a movement": strings.Replace(text, clearing, "", 1),
			} {
				if altered == text {
					t.Fatalf("%s was not altered", name)
				}
				if out, err := run(altered, tool.check); err == nil {
					t.Errorf("a cent in %s passed\n%s", name, out)
				}
			}
		})
	}
}

// theirNames writes with names of accounts as a merchant may have them.
func theirNames(t *testing.T, tool tool, run func(text string, command func(string) *exec.Cmd) (string, error)) {
	t.Helper()
	book := sampleBook()
	a := &book.Accounts
	a.Clearing.Name, a.Bank.Name, a.Sales.Name, a.Fees.Name = "Assets:owed by {source}:{currency}", "1st Bank & Co.'s", "売上", "kosten:Gebühren"
	f := &folder{}
	if _, err := Write(tool.format, book, each(sample()), f.create); err != nil {
		t.Fatal(err)
	}
	if out, err := run(f.files[tool.file].String(), tool.check); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// line finds a posting to an account of an amount.
func (tool tool) line(text, account, amount string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimLeft(line, " "), account) && strings.HasSuffix(line, "  "+amount+"\n") {
			return line
		}
	}
	return "no such line"
}

// agree compares balances that are not zero.
func agree(t *testing.T, balances map[string]string, totals Totals) {
	t.Helper()
	got, want := map[string]string{}, map[string]string{}
	for place, number := range balances {
		a, err := money.Parse(number, money.Currency(place[max(0, len(place)-3):]))
		if err != nil {
			if strings.Trim(number, "0.") != "" {
				t.Errorf("%s: %q: %v", place, number, err)
			}
			continue // a zero without a currency
		}
		if a.Minor != 0 {
			got[place] = a.String()
		}
	}
	for _, s := range totals.Accounts {
		if rest, err := s.Debits.Sub(s.Credits); err != nil || rest.Minor != 0 {
			want[s.Account+" "+string(rest.Currency)] = rest.String()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 8 {
		t.Errorf("(-ours +theirs)\n%s", diff)
	}
}
