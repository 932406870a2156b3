package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// write answers a request that changes a payment: POST …/verify and PATCH.
func (a *Aura) write(r *http.Request, name, rest string) ([]byte, *auraError) {
	id, verify := strings.CutSuffix(rest, "/verify")
	if name != "payments" || id == "" || strings.Contains(id, "/") || verify != (r.Method == http.MethodPost) ||
		!verify && r.Method != http.MethodPatch {
		return nil, &auraError{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Not allowed here"}
	}
	raw, fields, is := readBody(r)
	if !is || r.Header.Get("Content-Type") != "application/json" {
		return nil, auraInvalid("Body must be a JSON object")
	}
	edit, fault := a.patch(fields)
	if verify {
		edit, fault = a.verify(fields)
	}
	if fault != nil {
		return nil, fault
	}
	object, _ := a.Writes.change(a.in("payments"), id, a.now(), Write{Method: r.Method, Path: r.URL.Path, Body: raw}, edit)
	if object == nil {
		return nil, &auraError{http.StatusNotFound, "PAYMENT_NOT_FOUND", "Not found"}
	}
	return appendJSON(nil, map[string]any{"success": true, "data": object}), nil
}

// verify links a call and confirms; the lead is the call's, if none is linked.
func (a *Aura) verify(fields map[string]any) (func(map[string]any) bool, *auraError) {
	id, _ := fields["call_id"].(string)
	call := a.in("calls").get(id, a.now())
	switch {
	case len(fields) != 1 || id == "":
		return nil, auraInvalid("call_id is required")
	case call == nil:
		return nil, &auraError{http.StatusNotFound, "CALL_NOT_FOUND", "Call not found"}
	}
	return func(payment map[string]any) bool {
		if payment["call_id"] == id && payment["verification_status"] == "confirmed" {
			return true
		}
		payment["call_id"], payment["verification_status"] = id, "confirmed"
		payment["verified_at"] = a.now().UTC().Format(time.RFC3339)
		if payment["lead_id"] == nil {
			payment["lead_id"] = call["lead_id"]
		}
		return true
	}, nil
}

// patch sets the fields that the service lets be set.
func (a *Aura) patch(fields map[string]any) (func(map[string]any) bool, *auraError) {
	for name, value := range fields {
		text, isText := value.(string)
		switch name {
		case "status":
			if !slices.Contains([]string{"pending", "succeeded", "failed", "refunded"}, text) {
				return nil, auraInvalid("status is not one of the four")
			}
		case "external_id", "currency":
			if !isText {
				return nil, auraInvalid("%s must be text", name)
			}
		case "amount":
			if n, is := asInt(value); !is || n < 0 {
				return nil, auraInvalid("amount must be an integer of 0 or more")
			}
		default:
			return nil, auraInvalid("Unknown field")
		}
	}
	return func(payment map[string]any) bool {
		for name, value := range fields {
			payment[name] = value
		}
		return true
	}, nil
}
