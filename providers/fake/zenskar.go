package fake

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Zenskar is a stand-in for the Zenskar API: the lists of payments, invoices and customers with their filters, both ways of
// paging, single objects by id, and the parts of a payment. Its objects are given as the API shows them: amounts as text in minor
// units, times without a zone. It is an http.Handler, safe for concurrent use, and has the methods of Faults. Its fields
// are set before it serves, or between requests.
//
// What the vendor's pages leave open has a field here; the zero value is the answer that a provider assumes.
type Zenskar struct {
	Faults
	Writes
	shelves

	// MajorUnits shows the amounts, which are put in minor units, in major ones: "124.50" for "12450".
	MajorUnits bool
	// OffsetPaging pages by limit and offset and pays no heed to cursor; else it is the other way round.
	OffsetPaging bool
	// NextAsURL shows next as an address with the cursor in it, of the vendor's own host.
	NextAsURL bool
	// NoOrder refuses the parameter order.
	NoOrder bool
	// NotFoundNull answers a read of an unknown id with 200 and null in place of 404.
	NotFoundNull bool
	// MaxLimit is the largest limit; 0 is 100.
	MaxLimit int

	key, organisation string
	now               func() time.Time
}

// NewZenskar makes an empty organisation that opens with key and shows what exists at now(). Its collections are
// "payments", "invoices" and "customers". A key that is a JWT is expected as a bearer token, any other as x-api-key.
func NewZenskar(key, organisation string, now func() time.Time) *Zenskar {
	return &Zenskar{shelves: newShelves("payments", "invoices", "customers"), key: key, organisation: organisation, now: now}
}

// ServeHTTP answers one request.
func (z *Zenskar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.guard(http.HandlerFunc(z.serve), r).ServeHTTP(w, r)
}

func (z *Zenskar) serve(w http.ResponseWriter, r *http.Request) {
	status, answer := z.answer(r)
	body := appendJSON(nil, answer)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (z *Zenskar) answer(r *http.Request) (int, any) {
	switch {
	case !z.opens(r):
		return http.StatusUnauthorized, zenskarDetail("Invalid API key.")
	case r.Header.Get("Organisation") != z.organisation:
		return http.StatusForbidden, zenskarDetail("Organisation not found or not accessible.")
	case r.Method != http.MethodGet:
		id, is := strings.CutPrefix(r.URL.Path, "/payments/")
		if !is {
			id = ""
		}
		return z.write(r, id)
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/"); path {
	case "payments", "invoices":
		return z.list(path, r)
	case "customer": // singular, as the vendor has it
		return z.list("customers", r)
	default:
		name, id, _ := strings.Cut(path, "/")
		if z.shelves[name] == nil || id == "" || strings.Contains(id, "/") {
			return http.StatusNotFound, zenskarDetail("Not Found")
		}
		return z.one(name, id)
	}
}

// opens checks the credential, which goes in one header or the other by its shape.
func (z *Zenskar) opens(r *http.Request) bool {
	given := r.Header.Get("X-Api-Key")
	if strings.HasPrefix(z.key, "eyJ") && strings.Count(z.key, ".") == 2 {
		given, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(z.key)) == 1
}

func (z *Zenskar) one(name, id string) (int, any) {
	object := z.in(name).get(id, z.now())
	switch {
	case object != nil:
		return http.StatusOK, z.show(object)
	case z.NotFoundNull:
		return http.StatusOK, nil
	}
	return http.StatusNotFound, zenskarDetail("Not found.")
}

// zenskarDetail is an error whose detail is a sentence.
func zenskarDetail(text string) map[string]any { return map[string]any{"detail": text} }

// zenskarInvalid is a 422 about a parameter (https://docs2.zenskar.com/api-reference/payments/refund-payment).
func zenskarInvalid(parameter, message, kind string) map[string]any {
	return map[string]any{"detail": []any{
		map[string]any{"loc": []any{"query", parameter}, "msg": message, "type": kind},
	}}
}

// ZenskarError answers with a detail: a text, a list or an object.
func ZenskarError(status int, detail any, headers ...string) Action {
	return Status(status, string(appendJSON(nil, map[string]any{"detail": detail})), headers...)
}
