package fake

import (
	"bytes"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Chain joins actions into one; the first is outermost.
func Chain(actions ...Action) Action {
	return func(next http.Handler) http.Handler {
		for i := len(actions) - 1; i >= 0; i-- {
			next = actions[i](next)
		}
		return next
	}
}

// Status answers with a status, a JSON body and headers given as name, value, name, value.
func Status(code int, body string, headers ...string) Action {
	return Answer(code, "application/json", body, headers...)
}

// Answer is Status with a content type.
func Answer(code int, contentType, body string, headers ...string) Action {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			for i := 0; i+1 < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		})
	}
}

// HTML answers 200 with a page, as a captive portal or a proxy would.
func HTML() Action {
	return Answer(http.StatusOK, "text/html; charset=utf-8",
		"<!doctype html><html><body><h1>Scheduled maintenance</h1></body></html>")
}

// Null answers 200 with the JSON value null.
func Null() Action { return Status(http.StatusOK, "null") }

// EmptyObject answers 200 with {}.
func EmptyObject() Action { return Status(http.StatusOK, "{}") }

// Redirect sends the client to another address, such as another host.
func Redirect(location string) Action { return Status(http.StatusFound, "", "Location", location) }

// Slow waits before answering.
func Slow(wait time.Duration) Action {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if pause(r, wait) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Drip sends the body size bytes at a time with a pause before each.
func Drip(size int, wait time.Duration) Action {
	return onReply(func(w http.ResponseWriter, r *http.Request, reply *reply) {
		reply.writeHeader(w)
		for body := reply.body.Bytes(); len(body) > 0; {
			n := min(max(size, 1), len(body))
			if !pause(r, wait) {
				return
			}
			if _, err := w.Write(body[:n]); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			body = body[n:]
		}
	})
}

// pause waits unless the client leaves first.
func pause(r *http.Request, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// CutBody announces the whole body, sends half of it and drops the connection.
func CutBody() Action {
	return onReply(func(w http.ResponseWriter, _ *http.Request, reply *reply) {
		body := reply.body.Bytes()
		reply.header.Set("Content-Length", strconv.Itoa(len(body)))
		reply.writeHeader(w)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// CutJSON sends half of the body as if that were all of it.
func CutJSON() Action { return Edit(func(body []byte) []byte { return body[:len(body)/2] }) }

// Reset drops the connection with a TCP reset and no answer.
func Reset() Action {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		})
	}
}

// Before calls fn, then answers healthily.
func Before(fn func()) Action {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fn()
			next.ServeHTTP(w, r)
		})
	}
}

// After answers healthily, then calls fn before the client has the whole answer, so that its next
// request sees what fn did: an object inserted while somebody pages, for instance.
func After(fn func()) Action {
	return onReply(func(w http.ResponseWriter, _ *http.Request, reply *reply) {
		fn()
		reply.send(w)
	})
}

// Then answers healthily, and calls fn once the client may have the whole answer.
func Then(fn func()) Action {
	return onReply(func(w http.ResponseWriter, _ *http.Request, reply *reply) {
		reply.send(w)
		_ = http.NewResponseController(w).Flush()
		fn()
	})
}

// Edit changes the body of the healthy answer.
func Edit(change func(body []byte) []byte) Action {
	return onReply(func(w http.ResponseWriter, _ *http.Request, reply *reply) {
		changed := change(bytes.Clone(reply.body.Bytes()))
		reply.body.Reset()
		reply.body.Write(changed)
		reply.send(w)
	})
}

// Page is a list answer taken apart.
type Page struct {
	Data         []json.RawMessage
	HasMore      *bool // nil leaves the key out
	HasMoreFirst bool  // has_more before data, where a streaming reader sees it too early
	URL          string
}

// EditPage changes a list answer. An answer that is not a list passes as it is.
func EditPage(change func(p *Page)) Action {
	return Edit(func(body []byte) []byte {
		var wire struct {
			Object  string            `json:"object"`
			Data    []json.RawMessage `json:"data"`
			HasMore *bool             `json:"has_more"`
			URL     string            `json:"url"`
		}
		if err := json.Unmarshal(body, &wire); err != nil || wire.Object != "list" {
			return body
		}
		page := Page{Data: wire.Data, HasMore: wire.HasMore, URL: wire.URL}
		change(&page)
		return page.encode()
	})
}

func (p *Page) encode() []byte {
	out := []byte(`{"object":"list"`)
	hasMore := func() {
		if p.HasMore != nil {
			out = strconv.AppendBool(append(out, `,"has_more":`...), *p.HasMore)
		}
	}
	if p.HasMoreFirst {
		hasMore()
	}
	// Items are joined as they are: they may be broken on purpose.
	out = append(append(out, `,"data":[`...), bytes.Join(rawBytes(p.Data), []byte(","))...)
	out = append(out, ']')
	if !p.HasMoreFirst {
		hasMore()
	}
	return append(appendJSON(append(out, `,"url":`...), p.URL), '}')
}

func rawBytes(items []json.RawMessage) [][]byte {
	out := make([][]byte, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}

// ReplaceItem puts raw text in the place of the i-th item of a page (from 0). Text that is no JSON
// breaks the page; an item of the wrong types, such as {"id":7,"amount":"ten"}, breaks only itself.
func ReplaceItem(i int, raw string) Action {
	return EditPage(func(p *Page) {
		if i >= 0 && i < len(p.Data) {
			p.Data[i] = json.RawMessage(raw)
		}
	})
}

// MalformedItem gives the i-th item of a page (from 0) an amount that is no number. Its id stays.
func MalformedItem(i int) Action {
	return EditPage(func(p *Page) {
		if i < 0 || i >= len(p.Data) {
			return
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(p.Data[i], &object) == nil {
			object["amount"] = json.RawMessage(`"ten"`)
			object["created"] = json.RawMessage(`{"when":"yesterday"}`)
			p.Data[i], _ = json.Marshal(object)
		}
	})
}

// DropItem leaves the row with an id out of every page, DoubleItem shows it twice, AlterItem gives one of its fields another
// raw value: what a ledger that lost, repeated or changed a line would serve.
func DropItem(id string) Action {
	return EditPage(func(p *Page) {
		p.Data = slices.DeleteFunc(p.Data, func(item json.RawMessage) bool { return hasID(item, id) })
	})
}

// DoubleItem is beside DropItem.
func DoubleItem(id string) Action {
	return EditPage(func(p *Page) {
		if at := slices.IndexFunc(p.Data, func(item json.RawMessage) bool { return hasID(item, id) }); at >= 0 {
			p.Data = slices.Insert(p.Data, at, p.Data[at])
		}
	})
}

// AlterItem is beside DropItem.
func AlterItem(id, field, raw string) Action {
	return EditPage(func(p *Page) {
		for i, item := range p.Data {
			var object map[string]json.RawMessage
			if hasID(item, id) && json.Unmarshal(item, &object) == nil {
				object[field] = json.RawMessage(raw)
				p.Data[i] = appendJSON(nil, object)
			}
		}
	})
}

// DropMembers answers that nothing is in a payout.
func DropMembers(payout string) Action {
	return func(next http.Handler) http.Handler {
		none := EditPage(func(p *Page) { *p = Page{HasMore: new(bool), URL: p.URL} })(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("payout") == payout {
				none.ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

func hasID(item json.RawMessage, id string) bool {
	var row struct {
		ID string `json:"id"`
	}
	return json.Unmarshal(item, &row) == nil && row.ID == id
}

// NoHasMore leaves has_more out of a page.
func NoHasMore() Action { return EditPage(func(p *Page) { p.HasMore = nil }) }

// EmptyPage answers a page without items that says there are more.
func EmptyPage() Action {
	return EditPage(func(p *Page) {
		more := true
		p.Data, p.HasMore = nil, &more
	})
}

// RepeatPage ignores the cursor parameter named and answers the first page again, saying that there
// are more: a client that trusts the cursor pages for ever.
func RepeatPage(cursorParameter string) Action {
	again := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			query := r.URL.Query()
			query.Del(cursorParameter)
			r.URL.RawQuery = query.Encode()
			next.ServeHTTP(w, r)
		})
	}
	return Chain(EditPage(func(p *Page) {
		more := true
		p.HasMore = &more
	}), again)
}

// reply is a healthy answer held back so that an action can change it.
type reply struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *reply) Header() http.Header         { return r.header }
func (r *reply) WriteHeader(code int)        { r.code = code }
func (r *reply) Write(p []byte) (int, error) { return r.body.Write(p) }

func (r *reply) writeHeader(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.code)
}

func (r *reply) send(w http.ResponseWriter) {
	r.header.Set("Content-Length", strconv.Itoa(r.body.Len()))
	r.writeHeader(w)
	_, _ = w.Write(r.body.Bytes())
}

// onReply runs the healthy handler to its end and hands the answer to fn.
func onReply(fn func(w http.ResponseWriter, r *http.Request, reply *reply)) Action {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			held := &reply{header: make(http.Header), code: http.StatusOK}
			next.ServeHTTP(held, r)
			fn(w, r, held)
		})
	}
}
