package files

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pennytie/reconcile"
)

// TestRefusedFiles lists what makes a file as a whole untrustworthy, and the mend that the error names.
func TestRefusedFiles(t *testing.T) {
	row := "stripe,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z\n"
	for name, test := range map[string]struct{ content, want string }{
		"empty":          {"", "is empty"},
		"only blank":     {"\n\r\n\n", "is empty"},
		"only a mark":    {byteOrderMark, "is empty"},
		"UTF-16 LE":      {"\xff\xfep\x00r\x00", "is UTF-16; save it as UTF-8"},
		"UTF-16 BE":      {"\xfe\xff\x00p", "is UTF-16; save it as UTF-8"},
		"UTF-32":         {"\xff\xfe\x00\x00p\x00\x00\x00", "is UTF-32; save it as UTF-8"},
		"UTF-16 no mark": {"p\x00r\x00o\x00v\x00\n\x00", "seems to be UTF-16; save it as UTF-8"},
		"workbook":       {"PK\x03\x04rest", "save the sheet as CSV"},
		"gzip":           {"\x1f\x8b\x08rest", "unpack it"},
		"Latin-1":        {"provider,pr\xe4mie\n", "is not UTF-8"},
		"semicolons":     {strings.ReplaceAll(paymentHeader, ",", ";") + "\n", "separated by ;"},
		"tabs":           {strings.ReplaceAll(paymentHeader, ",", "\t") + "\n", "separated by TAB"},
		"CR only":        {"provider\rstripe\r", "CR only"},
		"no header":      {row, "is the header missing?"},
		"open quote":     {"provider,\"provider_payment_id\n" + row, "a quote that is never closed"},
		"bad quote":      {"provider,provider\"_payment\"_id\n" + row, "a quote is out of place"},
		"duplicate":      {paymentHeader + ",Currency\n", "column Currency is there twice"},
		"unknown":        {paymentHeader + ",emial\n", "unknown column emial"},
		"typo": {paymentHeader + ",custmoer_email\n",
			"unknown column custmoer_email; did you mean customer_email?"},
		"data in header": {paymentHeader + ",joe@example.com\n", "unknown column number 7"},
		"missing": {"provider,provider_payment_id,amount,currency,status\n",
			"column payment_date is missing"},
		"missing amount": {"provider,provider_payment_id,currency,status,payment_date\n",
			"amount or amount_minor is missing"},
		"too many":        {strings.Repeat("a,", 5000) + "a\n", "more than 1000"},
		"too long header": {strings.Repeat("a", 256<<10) + "\n", "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "payments.csv", test.content)
			_, err := pullFrom(t, Config{As: Payments, Path: path}, "", false)
			if !errors.Is(err, reconcile.ErrInvalid) {
				t.Fatalf("got %v, want an invalid file", err)
			}
			if text := err.Error(); !strings.Contains(text, test.want) || !strings.HasPrefix(text, "files: "+path) {
				t.Errorf("got %q, want %q", text, test.want)
			}
			if strings.Contains(err.Error(), "@") {
				t.Errorf("data in the error: %v", err)
			}
		})
	}
}

func TestTypoHelpOfLeads(t *testing.T) {
	path := write(t, "leads.csv", "id,emial\n1,a@example.com\n")
	_, err := pullFrom(t, Config{As: Leads, Path: path}, "", false)
	if err == nil || !strings.Contains(err.Error(), "unknown column emial; did you mean email?") {
		t.Error(err)
	}
}

func TestHeaderForms(t *testing.T) {
	const row = "USD,pi_1,stripe,succeeded,2025-01-01T00:00:00Z,1.00"
	for name, content := range map[string]string{
		"any order, any case": "Currency, Provider_Payment_ID ,provider,STATUS,payment_date,amount\n" + row + "\n",
		"CRLF": "currency,provider_payment_id,provider,status,payment_date,amount\r\n" + row +
			"\r\n",
		"mark": byteOrderMark +
			"currency,provider_payment_id,provider,status,payment_date,amount\n" + row,
		"quoted": "\"currency\",provider_payment_id,provider,status,payment_date,\"amount\"\n\n" + row + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", content)})
			if len(all.Payments) != 1 || all.rows() != 1 || all.Payments[0].Facts.Amount.Minor != 100 {
				t.Errorf("got %+v", all.Page)
			}
		})
	}
}

func TestColumnMap(t *testing.T) {
	path := write(t, "crm.csv", "Person,Mail,Secret\n7,a@example.com,x\n")
	cfg := Config{As: Leads, Path: path,
		Columns: map[string]string{"person": "id", "Mail": "email", "Secret": "-"}}
	all := pullAll(t, cfg)
	if len(all.Leads) != 1 || all.Leads[0].ID != "7" || !slices.Equal(all.Leads[0].Emails,
		[]string{"a@example.com"}) {
		t.Errorf("got %+v", all.Leads)
	}
	// A changed map reads the file again, though it is the same.
	cfg.Columns = map[string]string{"person": "id", "Mail": "name", "Secret": "-"}
	again, err := pullFrom(t, cfg, all.Next, false)
	if err != nil || len(again.Leads) != 1 || again.Leads[0].Name != "a@example.com" {
		t.Errorf("got %+v, %v", again.Leads, err)
	}
	cfg.Columns["Absent"] = "phone"
	if _, err := pullFrom(t, cfg, "", false); !errors.Is(err, reconcile.ErrInvalid) ||
		!strings.Contains(err.Error(), "mapped column absent") {
		t.Error(err)
	}
	lines := write(t, "crm.jsonl", `{"Person":"7","Secret":"x"}`)
	if got := pullAll(t, Config{As: Leads, Path: lines, Columns: map[string]string{"Person": "id",
		"Secret": "-"}}); len(
		got.Leads) != 1 {
		t.Errorf("JSON Lines: %+v", got.Page)
	}
}

func TestConfig(t *testing.T) {
	good := Config{Source: "s", Role: reconcile.RoleBook, As: Payments, Path: "/x"}
	for name, change := range map[string]func(*Config){
		"kind":         func(c *Config) { c.As = "invoices" },
		"format":       func(c *Config) { c.Format = "xml" },
		"stripe leads": func(c *Config) { c.As, c.Format = Leads, FormatStripe },
		"path":         func(c *Config) { c.Path = "" },
		"source":       func(c *Config) { c.Source = "" },
		"role":         func(c *Config) { c.Role = "" },
		"chunk":        func(c *Config) { c.ChunkRows = -1 },
		"refunds":      func(c *Config) { c.As, c.RefundsPath = Leads, "/y" },
		"map":          func(c *Config) { c.Columns = map[string]string{"a": "b"} },
	} {
		cfg := good
		change(&cfg)
		if _, err := New(cfg, nil); !errors.Is(err, reconcile.ErrInvalid) || !strings.HasPrefix(err.Error(),
			"files: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := New(good, nil)
	if err != nil || p.Name() != "files" {
		t.Fatal(err)
	}
	if _, err := p.Pull(context.Background(), "garbage"); !errors.Is(err, reconcile.ErrInvalid) {
		t.Error(err)
	}
	if _, err := p.Pull(context.Background(), ""); !errors.Is(err, reconcile.ErrInvalid) ||
		!strings.Contains(err.Error(), "/x: no such file") {
		t.Error(err)
	}
}

func TestColumns(t *testing.T) {
	if got := Columns(Leads); got[0] != "id" || len(got) != 13 {
		t.Error(got)
	}
	if got := Columns(Payments); !slices.Contains(got, "metadata") || slices.Contains(got,
		"verification_status") {
		t.Error(got)
	}
	if Columns("x") != nil {
		t.Error("an unknown kind has columns")
	}
}
