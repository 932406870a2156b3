package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// parameters reads a query string: only names that are known, each once.
func parameters(r *http.Request, names ...string) (map[string]string, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("the query string cannot be read; escape it")
	}
	given := make(map[string]string, len(values))
	for name, value := range values {
		switch {
		case !slices.Contains(names, name):
			slices.Sort(names)
			return nil, malformed("%.40q is no parameter here; known are: %s", name, cmp.Or(strings.Join(names, ", "), "none"))
		case len(value) > 1:
			return nil, malformed("%s is given %d times; give it once", name, len(value))
		}
		given[name] = value[0]
	}
	return given, nil
}

// fields reads the body as one JSON object of the fields that may be written: none twice, none unknown.
func fields(r *http.Request, writable ...string) (map[string]json.RawMessage, error) {
	body, err := io.ReadAll(r.Body) // limited by the handler
	if err != nil {
		return nil, err
	}
	notJSON := malformed("the body is no JSON object; send e.g. {\"%s\":…}", writable[0])
	decoder := json.NewDecoder(bytes.NewReader(body))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') || !utf8.Valid(body) {
		return nil, notJSON
	}
	found := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		name, is := token.(string)
		if err != nil || !is {
			return nil, notJSON
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, notJSON
		}
		if _, twice := found[name]; twice {
			return nil, malformed("%.40q is in the body twice; give it once", name)
		}
		found[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, notJSON
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, malformed("there is something after the object in the body; send one object")
	}
	for name := range found {
		if !slices.Contains(writable, name) {
			return nil, refused("%.40q cannot be written here; the body takes %s", name, strings.Join(writable, ", "))
		}
	}
	return found, nil
}

// text reads a field that must be a filled text.
func text(found map[string]json.RawMessage, name string) (string, error) {
	raw, given := found[name]
	if !given {
		return "", nil
	}
	var value *string
	if json.Unmarshal(raw, &value) != nil || value == nil {
		return "", refused("%s must be a text", name)
	}
	if *value == "" {
		return "", refused("%s is empty; leave it out instead", name)
	}
	return *value, nil
}

// correction reads the body of a PATCH.
func correction(r *http.Request) (c reconcile.Correction, err error) {
	found, err := fields(r, "status", "amount", "currency", "external_id")
	if err != nil {
		return c, err
	}
	status, err := text(found, "status")
	if err != nil {
		return c, err
	}
	c.Status = reconcile.Status(status)
	if raw, given := found["amount"]; given {
		minor, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return c, refused("amount must be a whole number of minor units, e.g. 12000 for 120.00 USD")
		}
		c.Amount = &minor
	}
	currency, err := text(found, "currency")
	if err != nil {
		return c, err
	}
	if currency != "" {
		if c.Currency, err = money.ParseCurrency(currency); err != nil {
			return c, refused("currency: %v; give an ISO 4217 code, e.g. USD", err)
		}
	}
	c.ExternalID, err = text(found, "external_id")
	return c, err
}

// version is what If-Match asks for; empty where any will do.
func version(r *http.Request) (string, error) {
	given := strings.TrimSpace(strings.Join(r.Header.Values("If-Match"), ","))
	if given == "" || given == "*" {
		return "", nil
	}
	tag, quoted := strings.CutPrefix(strings.TrimPrefix(given, "W/"), `"`)
	tag, ended := strings.CutSuffix(tag, `"`)
	if !quoted || !ended || tag == "" || strings.ContainsAny(tag, `",`) {
		return "", malformed("If-Match is not one version; send the ETag that the payment came with")
	}
	return tag, nil
}
