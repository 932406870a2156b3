package stripe

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/reconcile"
)

// FuzzPage converts any page: it must not panic, and what it accepts must be whole.
func FuzzPage(f *testing.F) {
	for _, row := range fixtures(f, "charges") {
		f.Add([]byte(listOf(pathCharges, false, string(row))))
	}
	f.Add([]byte(listOf(pathCharges, true, minimalCharge("ch_1"), minimalCharge("ch_2"))))
	f.Add([]byte(`{"object":"list","data":[null],"has_more":false}`))
	live := true
	conv := &converter{source: source, role: reconcile.RoleProcessor, livemode: &live, now: testNow}
	f.Fuzz(func(t *testing.T, body []byte) {
		var list stripe.ChargeList
		err := json.Unmarshal(body, &list)
		raw := &stripe.APIResponse{RawJSON: body, Header: http.Header{}}
		page, err := checkPage(jsonRules(), chargeRows, list.Data, raw, err)
		var got reconcile.Page
		if again := collect(conv, &got, page, err, conv.charge, &got.Payments); (again != nil) != (err != nil) {
			t.Fatal(again, err)
		}
		if err != nil {
			if len(got.Payments)+len(got.Quarantined) > 0 {
				t.Fatal("rows of a refused page")
			}
			return
		}
		if len(got.Payments)+len(got.Quarantined) != len(list.Data) {
			t.Fatal("a row is neither a record nor quarantined")
		}
		for _, r := range got.Payments {
			content, err := r.Content()
			if err != nil {
				t.Fatal(err)
			}
			if r.ID == "" || len(r.Keys) == 0 || r.Facts.Amount == nil || r.Facts.Amount.Minor < 0 ||
				r.Facts.Amount.Currency == "" || !r.Facts.Status.Valid() {
				t.Fatalf("record is not whole: %s", content)
			}
			if !bytes.Contains(body, []byte("amount")) {
				t.Fatal("an amount came from nowhere")
			}
		}
	})
}
