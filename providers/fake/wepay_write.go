package fake

import (
	"net/http"
	"strings"
)

// wepayKept is the answer to a write under its Unique-Key.
type wepayKept struct {
	request string
	answer  []byte
}

// write answers POST /payments/{id}: custom_data and reference_id. custom_data replaces what there was, or with MergeCustomData is
// merged into it. The same Unique-Key gives the first answer again and does nothing.
func (w *WePay) write(r *http.Request, collection, id string) ([]byte, *wepayError) {
	if r.Method != http.MethodPost || collection != "payments" || id == "" || strings.Contains(id, "/") {
		return nil, &wepayError{http.StatusMethodNotAllowed, "INVALID_PARAMS", "METHOD_NOT_ALLOWED", "Not allowed here.",
			r.URL.Path, "HTTP_REQUEST_PATH"}
	}
	raw, fields, is := readBody(r)
	if !is || r.Header.Get("Content-Type") != "application/json" {
		return nil, wepayBody("", "Body must be a JSON object.")
	}
	for name, value := range fields {
		_, isText := value.(string)
		_, isObject := value.(map[string]any)
		if !(name == "reference_id" && isText || name == "custom_data" && isObject) {
			return nil, wepayBody(name, "Unknown or wrong field.")
		}
	}
	key := r.Header.Get("Unique-Key")
	if kept, again, fault := w.again(key, r.URL.Path+raw); again {
		return kept, fault
	}
	object, done := w.Writes.change(w.in("payments"), id, w.now(), Write{Method: r.Method, Path: r.URL.Path, Body: raw, Key: key},
		func(payment map[string]any) bool {
			if reference, given := fields["reference_id"]; given {
				payment["reference_id"] = reference
			}
			if custom, given := fields["custom_data"].(map[string]any); given {
				payment["custom_data"] = w.customOf(payment["custom_data"], custom)
			}
			return true
		})
	if !done {
		return nil, wepayUnknown(r.URL.Path)
	}
	answer := appendJSON(nil, object)
	w.mu.Lock()
	defer w.mu.Unlock()
	if key != "" {
		w.kept[key] = wepayKept{r.URL.Path + raw, answer}
	}
	return answer, nil
}

// again looks for the answer to a Unique-Key. Another request under the same key is a mistake.
func (w *WePay) again(key, request string) (answer []byte, known bool, fault *wepayError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept, known := w.kept[key]
	if known && kept.request != request {
		fault = &wepayError{http.StatusBadRequest, "INVALID_PARAMS", "UNIQUE_KEY_REUSED", "The key was used for another request.",
			"Unique-Key", "HTTP_REQUEST_HEADER"}
	}
	return kept.answer, known, fault
}

func (w *WePay) customOf(before any, given map[string]any) map[string]any {
	after := map[string]any{}
	if old, is := before.(map[string]any); is && w.MergeCustomData {
		for key, value := range old {
			after[key] = value
		}
	}
	for key, value := range given {
		after[key] = value
	}
	return after
}

func wepayBody(target, message string) *wepayError {
	return &wepayError{http.StatusBadRequest, "INVALID_PARAMS", "INVALID_BODY", message, target, "HTTP_REQUEST_BODY"}
}
