package rows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pennytie/reconcile"
)

type named struct{ Name string }

func TestList(t *testing.T) {
	var page struct{ Data List[named] }
	if err := json.Unmarshal([]byte(`{"data":[{"name":"a"},null,"x",{"name":7},{}]}`), &page); err != nil || page.Data.Err != nil {
		t.Fatalf("%+v, %v", page, err)
	}
	items := page.Data.Items
	for i, wrong := range []bool{false, true, true, true, false} {
		if (items[i].Err != nil) != wrong {
			t.Errorf("%s: %v", items[i].Raw, items[i].Err)
		}
	}
	if len(items) != 5 || items[0].Value.Name != "a" || string(items[1].Raw) != "null" {
		t.Errorf("items %+v", items)
	}
	for raw, wrong := range map[string]bool{`{"data":{}}`: true, `{"data":"x"}`: true, `{"data":null}`: false, `{}`: false} {
		page.Data = List[named]{}
		if err := json.Unmarshal([]byte(raw), &page); err != nil || (page.Data.Err != nil) != wrong || len(page.Data.Items) != 0 {
			t.Errorf("%s: %+v, %v", raw, page.Data, err)
		}
	}
}

// Every row is a record or put aside, and any other error is the page's.
func TestCollect(t *testing.T) {
	hiccup := errors.New("hiccup")
	convert := func(n *named) (reconcile.Product, error) {
		switch n.Name {
		case "":
			return reconcile.Product{}, Missing("name")
		case "wrapped":
			return reconcile.Product{}, fmt.Errorf("outside: %w", Wrong("name", errors.New("is odd")))
		case "down":
			return reconcile.Product{}, hiccup
		}
		return reconcile.Product{ID: n.Name}, nil
	}
	long := `{"name":"","more":"` + strings.Repeat("x", reconcile.MaxRaw) + `"}`
	var page reconcile.Page
	var items []Item[named]
	for _, raw := range []string{`{"name":"a"}`, `7`, `{"name":"wrapped"}`, long, `{"name":"b"}`} {
		items = append(items, ItemOf[named](json.RawMessage(raw)))
	}
	if err := Collect(&page, "main", "/v1/things", items, convert, Products(&page)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range page.Products {
		got = append(got, p.ID)
	}
	for _, q := range page.Quarantined {
		if q.Source != "main" || q.File != "/v1/things" || len(q.Raw) == 0 || len(q.Raw) > reconcile.MaxRaw {
			t.Errorf("aside %+v", q)
		}
		got = append(got, q.Field+": "+q.Reason)
	}
	if want := "a, b, : row is not an object, name: name is odd, name: name is missing"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	items = append(items, ItemOf[named](json.RawMessage(`{"name":"down"}`)))
	if err := Collect(&page, "main", "", items, convert, Products(&page)); !errors.Is(err, hiccup) {
		t.Errorf("a page that failed: %v", err)
	}
}

func TestWrongNamesTheFieldOnce(t *testing.T) {
	for reason, want := range map[string]string{
		"is missing": "amount is missing", "amount has a fraction": "amount has a fraction", "amounts differ": "amount amounts differ",
	} {
		if got := Wrong("amount", errors.New(reason)).Error(); got != want {
			t.Errorf("%s: %s", reason, got)
		}
	}
}

func TestIDs(t *testing.T) {
	for id, want := range map[string]bool{
		"pi_1": true, "0a1b-2C": true, "a.b": true, strings.Repeat("x", 255): true,
		"": false, ".": false, "..": false, "a/b": false, "a b": false, "a?b": false, "a%2e": false, "a\\b": false, "é": false,
		"a#b": false, "a\n": false, strings.Repeat("x", 256): false,
	} {
		if got := PlausibleID(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
		if got, err := ID(id, nil); (err == nil) != want || want && got != id {
			t.Errorf("%q: %v, %v", id, got, err)
		}
	}
	if id, err := ID("", errors.New("is not text")); id != "" || err == nil || err.Error() != "id is not text" {
		t.Errorf("%q, %v", id, err)
	}
}

func TestUnknownStatus(t *testing.T) {
	f := reconcile.Facts{Status: "dreaming", ProviderStatus: "Dreaming"}
	UnknownStatus(&f)
	if f.Status != reconcile.StatusPending || len(f.Doubts) != 1 || f.Doubts[0].Actual != "Dreaming" ||
		f.Doubts[0].Code != reconcile.ExStatusMismatch {
		t.Errorf("%+v", f)
	}
}
