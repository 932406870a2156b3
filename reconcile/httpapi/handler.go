package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

// Document is the API in OpenAPI 3.1, served at /openapi.json.
//
//go:embed openapi.json
var Document []byte

// Limits of one request.
const (
	MostBody    = 64 << 10
	longestID   = 255
	patience    = 30 * time.Second
	mostAtOnce  = 64
	tokenDigits = 8 // of a token's hash, in the log of who said what
)

// Config is what a Handler works with.
type Config struct {
	Store reconcile.Store
	// Apply notes what a person says, while no run writes; jobs.ErrLocked if one does for too long.
	Apply func(ctx context.Context, c *engine.Edit) (*reconcile.Payment, string, error)
	// Tokens open the API. They are kept as hashes.
	Tokens []string
	// Hosts are the values of the header Host that are answered, so that no page in a browser reaches the API under a name of its own.
	Hosts []string
	PII   string        // full, masked or none
	NewID func() string // of requests
	Log   *zap.Logger
}

type handler struct {
	Config
	tokens [][sha256.Size]byte
	free   chan struct{} // one for each request that is being answered
	mux    *http.ServeMux
}

// New makes the API. It is safe for concurrent use.
func New(c Config) http.Handler {
	h := &handler{Config: c, free: make(chan struct{}, mostAtOnce), mux: http.NewServeMux()}
	for _, token := range c.Tokens {
		h.tokens = append(h.tokens, sha256.Sum256([]byte(token)))
	}
	h.Tokens = nil
	read := func(fn func(*http.Request) ([]byte, error)) endpoint {
		return func(w http.ResponseWriter, r *http.Request) ([]byte, error) { return fn(r) }
	}
	h.route("/healthz", true, methods{http.MethodGet: read(h.health)})
	h.route("/openapi.json", false, methods{http.MethodGet: read(func(*http.Request) ([]byte, error) { return Document, nil })})
	h.route("/v1/payments", false, methods{http.MethodGet: read(h.list)})
	h.route("/v1/payments/{id}", false, methods{http.MethodGet: h.get, http.MethodPatch: h.patch})
	h.route("/v1/payments/{id}/verify", false, methods{http.MethodPost: h.verify})
	h.route("/v1/leads", false, methods{http.MethodGet: read(h.leads)})
	h.route("/v1/calls", false, methods{http.MethodGet: read(h.calls)})
	h.route("/v1/products", false, methods{http.MethodGet: read(h.products)})
	h.route("/", false, nil)
	return h
}

// endpoint answers a request with a body, or with why not.
type endpoint func(http.ResponseWriter, *http.Request) ([]byte, error)

type methods map[string]endpoint

func (h *handler) route(path string, open bool, by methods) {
	h.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		h.serve(w, r, func() ([]byte, error) {
			if !open && h.tokenOf(r) < 0 {
				return nil, &fault{http.StatusUnauthorized, codeUnauthorized,
					"send the header Authorization: Bearer with a token of the token file"}
			}
			if by == nil {
				return nil, &fault{http.StatusNotFound, "NOT_FOUND", "there is nothing at this path; see /openapi.json"}
			}
			method := r.Method
			if method == http.MethodHead {
				method = http.MethodGet
			}
			answerTo, known := by[method]
			if !known {
				allowed := []string{}
				for name := range by {
					allowed = append(allowed, name)
				}
				slices.Sort(allowed)
				w.Header().Set("Allow", strings.Join(allowed, ", "))
				return nil, &fault{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "this path takes " + strings.Join(allowed, ", ")}
			}
			return answerTo(w, r)
		})
	})
}

// ServeHTTP bounds a request and answers it.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, MostBody)
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	switch {
	case !slices.Contains(h.Hosts, strings.ToLower(r.Host)):
		h.serve(w, r, func() ([]byte, error) {
			return nil, &fault{http.StatusForbidden, codeForbidden, "this host name is not served; start serve with --allow-host to add it"}
		})
	default:
		select {
		case h.free <- struct{}{}:
			defer func() { <-h.free }()
			h.mux.ServeHTTP(w, r)
		default:
			h.serve(w, r, func() ([]byte, error) {
				return nil, &fault{http.StatusTooManyRequests, codeLimited, fmt.Sprintf("more than %d requests at once", mostAtOnce)}
			})
		}
	}
}

// serve writes what an endpoint says, in the seed's envelope where it refuses.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, say func() ([]byte, error)) {
	request, start, status := h.NewID(), time.Now(), http.StatusOK
	w.Header().Set("X-Request-Id", request)
	body, err := safely(say)
	if err != nil {
		f, known := faultOf(err)
		status = f.status
		if !known && r.Context().Err() == nil {
			h.Log.Error("request failed", zap.String("request", request), zap.Error(err))
		}
		f.write(w, request)
	} else {
		answer(w, status, body)
	}
	h.Log.Info("request", zap.String("request", request), zap.String("method", r.Method), zap.String("path", r.Pattern),
		zap.Int("status", status), zap.Duration("took", time.Since(start)))
}

// safely keeps one request that fails badly from ending all.
func safely(say func() ([]byte, error)) (body []byte, err error) {
	defer func() {
		if failed := recover(); failed != nil {
			err = fmt.Errorf("panic: %v", failed)
		}
	}()
	return say()
}

// tokenOf is the place of the request's token, -1 if it has none of ours. It looks at all of them, whichever is right.
func (h *handler) tokenOf(r *http.Request) int {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum, found := sha256.Sum256([]byte(token)), -1
	for i := range h.tokens {
		if subtle.ConstantTimeCompare(sum[:], h.tokens[i][:]) == 1 {
			found = i
		}
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return -1
	}
	return found
}

// by is who says something: a token, by a part of its hash.
func (h *handler) by(r *http.Request) string {
	sum := h.tokens[h.tokenOf(r)]
	return "api token " + hex.EncodeToString(sum[:])[:tokenDigits]
}

func (h *handler) health(r *http.Request) ([]byte, error) {
	err := h.Store.View(r.Context(), func(in reconcile.Reader) error {
		_, err := in.AnyCalls()
		return err
	})
	return []byte(`{"status":"ok"}`), err
}

func (h *handler) list(r *http.Request) ([]byte, error) {
	given, err := parameters(r, "limit", "cursor", "status", "lead_id", "from_date", "to_date")
	if err != nil {
		return nil, err
	}
	query := ListQuery{given["limit"], given["cursor"], given["status"], given["lead_id"], given["from_date"], given["to_date"]}
	filter, err := query.Filter()
	if err != nil {
		return nil, err
	}
	var page Page[*reconcile.Payment]
	err = h.Store.View(r.Context(), func(in reconcile.Reader) error {
		page, err = List(in, filter)
		return err
	})
	if err != nil {
		return nil, err
	}
	return Payments(page, h.PII)
}

// id is the payment of the path.
func id(r *http.Request) (string, error) {
	given := r.PathValue("id")
	if len(given) > longestID || strings.ContainsFunc(given, func(r rune) bool { return r < ' ' }) {
		return "", missing("payment")
	}
	return given, nil
}

func (h *handler) get(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	id, err := id(r)
	if err != nil {
		return nil, err
	}
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	var p *reconcile.Payment
	var known reconcile.Known
	err = h.Store.View(r.Context(), func(in reconcile.Reader) error {
		if p, err = in.Payment(id); err != nil {
			return err
		}
		known, err = in.Known(p.Row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return h.payment(w, p, reconcile.Version(p, known.Decisions))
}

// payment answers one payment with its version.
func (h *handler) payment(w http.ResponseWriter, p *reconcile.Payment, version string) ([]byte, error) {
	w.Header().Set("ETag", `"`+version+`"`)
	return Payment(p, h.PII)
}

func (h *handler) patch(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	c, err := correction(r)
	if err != nil {
		return nil, err
	}
	return h.apply(w, r, &engine.Edit{Correction: c})
}

func (h *handler) verify(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	found, err := fields(r, "call_id")
	if err != nil {
		return nil, err
	}
	callID, err := text(found, "call_id")
	if err == nil && callID == "" {
		err = refused("call_id is missing; name the call that the payment came from")
	}
	if err != nil {
		return nil, err
	}
	var call *reconcile.Call
	err = h.Store.View(r.Context(), func(in reconcile.Reader) error {
		call, err = in.Call(callID)
		return err
	})
	if errors.Is(err, reconcile.ErrNotFound) {
		return nil, missing("call")
	}
	if err != nil {
		return nil, err
	}
	return h.apply(w, r, &engine.Edit{Answer: &reconcile.Answer{Word: reconcile.WordLead, LeadID: call.LeadID, CallID: call.ID}})
}

func (h *handler) apply(w http.ResponseWriter, r *http.Request, c *engine.Edit) (body []byte, err error) {
	if c.PaymentID, err = id(r); err != nil {
		return nil, err
	}
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	if c.Version, err = version(r); err != nil {
		return nil, err
	}
	if c.Answer != nil {
		c.Answer.PaymentID = c.PaymentID
	}
	c.By = h.by(r)
	p, version, err := h.Apply(r.Context(), c)
	if err != nil {
		return nil, err
	}
	return h.payment(w, p, version)
}
