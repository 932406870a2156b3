package fake

import (
	"net/http"
	"strconv"
	"strings"
)

// write answers PATCH /payments/{id}: payment_parts replaces the whole set.
func (z *Zenskar) write(r *http.Request, id string) (int, any) {
	if r.Method != http.MethodPatch || id == "" || strings.Contains(id, "/") {
		return http.StatusMethodNotAllowed, zenskarDetail("Method Not Allowed")
	}
	raw, fields, is := readBody(r)
	parts, given := fields["payment_parts"]
	if !is || !given || len(fields) != 1 || r.Header.Get("Content-Type") != "application/json" {
		return http.StatusUnprocessableEntity, zenskarInvalid("payment_parts", "field required", "value_error.missing")
	}
	var stored []any
	for _, part := range asObjects(parts) {
		invoice, isText := part["invoice_id"].(string)
		amount, isInt := asInt(part["amount"])
		if !isText || !isInt || amount <= 0 || z.in("invoices").get(invoice, z.now()) == nil {
			return http.StatusUnprocessableEntity, zenskarInvalid("payment_parts", "wrong part", "value_error")
		}
		stored = append(stored, map[string]any{"invoice_id": invoice, "amount": strconv.FormatInt(amount, 10)})
	}
	object, _ := z.Writes.change(z.in("payments"), id, z.now(), Write{Method: r.Method, Path: r.URL.Path, Body: raw},
		func(payment map[string]any) bool {
			payment["invoices"] = stored
			return true
		})
	if object == nil {
		return http.StatusNotFound, zenskarDetail("Not found.")
	}
	return http.StatusOK, z.show(object)
}
