package fake

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// CentsListPath is where Cents lists the transactions of a company.
const CentsListPath = "/v1/auth/company/transactions"

// CentsTokenPath is where a refresh token is traded for an id_token (docs.centsdonations.com, company authentication).
const CentsTokenPath = "/oauth2/token"

// Cents is a stand-in for the company API of Cents and for the token endpoint before it: one collection,
// "transactions", listed by created_date, read and patched by id. Its objects are given as the API shows them, with amounts as
// json.Number so that their digits stay. It is an http.Handler, safe for concurrent use, and has the methods of Faults.
// The fields are set before it serves, or between requests.
type Cents struct {
	Faults
	Writes
	shelves

	// Rotate gives a new refresh token with each id_token and refuses the old one from then on.
	Rotate bool
	// NoFetch answers a read by id as a gateway answers a path that it does not know.
	NoFetch bool
	// ListPath is where the list is; NewCents sets CentsListPath.
	ListPath string
	// DateFilter is the field that start_date and end_date look at: created_date, or updated_date.
	DateFilter string
	// RedirectURI must come with a refresh, if it is set.
	RedirectURI string
	// Clock is the clock that tokens live by; NewCents sets now.
	Clock func() time.Time

	clientID string
	now      func() time.Time
	door     centsDoor
}

// centsDoor is what the token endpoint has given out.
type centsDoor struct {
	mu      sync.Mutex
	refresh string
	expires time.Time // of refresh, by Clock; zero is never
	given   int
	ids     map[string]time.Time // id_tokens and when they end
}

// centsIDLife is how long an id_token lives: Cognito's default.
const centsIDLife = time.Hour

// NewCents makes an empty account that one client opens with a refresh token, and that shows what exists at now().
func NewCents(clientID, refreshToken string, now func() time.Time) *Cents {
	return &Cents{
		shelves: newShelves("transactions"), ListPath: CentsListPath, DateFilter: "created_date", Clock: now,
		clientID: clientID, now: now, door: centsDoor{refresh: refreshToken, ids: map[string]time.Time{}},
	}
}

// ServeHTTP answers one request.
func (c *Cents) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.guard(http.HandlerFunc(c.serve), r).ServeHTTP(w, r)
}

func (c *Cents) serve(w http.ResponseWriter, r *http.Request) {
	status, answer := c.answer(r)
	body := appendJSON(nil, answer)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (c *Cents) answer(r *http.Request) (int, map[string]any) {
	if r.URL.Path == CentsTokenPath {
		return c.token(r)
	}
	id, one := strings.CutPrefix(r.URL.Path, c.ListPath+"/")
	if r.URL.Path != c.ListPath && (!one || c.NoFetch) || r.Method != http.MethodGet && (!one || r.Method != http.MethodPatch) {
		return http.StatusForbidden, centsMessage("Missing Authentication Token") // an AWS gateway's word for "no such route"
	}
	if message := c.admit(r); message != "" {
		return http.StatusUnauthorized, centsMessage(message)
	}
	if !one {
		return c.list(r)
	}
	if r.Method == http.MethodPatch {
		return c.patch(r, id)
	}
	object := c.in("transactions").get(id, c.now())
	if object == nil {
		return http.StatusNotFound, centsMessage("Transaction not found")
	}
	return http.StatusOK, object
}

func centsMessage(text string) map[string]any { return map[string]any{"message": text} }

// admit takes an id_token only: the access_token of the same answer opens nothing.
func (c *Cents) admit(r *http.Request) string {
	c.door.mu.Lock()
	defer c.door.mu.Unlock()
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	ends, known := c.door.ids[token]
	switch {
	case !bearer || !known:
		return "Unauthorized"
	case !c.Clock().Before(ends):
		return "The incoming token has expired"
	}
	return ""
}

// token is the refresh grant of Cognito's token endpoint.
func (c *Cents) token(r *http.Request) (int, map[string]any) {
	fail := func(code string) (int, map[string]any) { return http.StatusBadRequest, map[string]any{"error": code} }
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, centsMessage("Method Not Allowed")
	}
	media := r.Header.Get("Content-Type")
	if err := r.ParseForm(); err != nil || media != "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
		return fail("invalid_request")
	}
	form := r.PostForm
	c.door.mu.Lock()
	defer c.door.mu.Unlock()
	now := c.Clock()
	switch {
	case form.Get("grant_type") != "refresh_token":
		return fail("unsupported_grant_type")
	case form.Get("client_id") != c.clientID:
		return fail("invalid_client")
	case c.RedirectURI != "" && form.Get("redirect_uri") != c.RedirectURI:
		return fail("invalid_request")
	case form.Get("refresh_token") != c.door.refresh, !c.door.expires.IsZero() && !now.Before(c.door.expires):
		return fail("invalid_grant")
	}
	c.door.given++
	number := strconv.Itoa(c.door.given)
	id := "id_token_" + number
	c.door.ids[id] = now.Add(centsIDLife)
	answer := map[string]any{
		"id_token": id, "access_token": "access_token_" + number, "token_type": "Bearer",
		"expires_in": int64(centsIDLife / time.Second),
	}
	if c.Rotate {
		c.door.refresh = "refresh_token_" + number
		answer["refresh_token"] = c.door.refresh
	}
	return http.StatusOK, answer
}

// Expire lets the refresh token die at a time of Clock; at the zero time it lives for ever. It may come while others ask.
func (c *Cents) Expire(at time.Time) {
	c.door.mu.Lock()
	defer c.door.mu.Unlock()
	c.door.expires = at
}

// Revoke ends every id_token given so far, as a change of keys would.
func (c *Cents) Revoke() {
	c.door.mu.Lock()
	defer c.door.mu.Unlock()
	clear(c.door.ids)
}

// list is a page of transactions, oldest first, under at most one filter.
func (c *Cents) list(r *http.Request) (int, map[string]any) {
	refuse := func(text string) (int, map[string]any) { return http.StatusUnprocessableEntity, centsMessage(text) }
	q, filters := r.URL.Query(), map[string]bool{}
	for name, values := range q {
		if len(values) != 1 {
			return refuse(name + " is given twice")
		}
		switch name {
		case "limit", "start_key":
		case "start_date", "end_date":
			if _, err := time.Parse(time.DateOnly, values[0]); err != nil {
				return refuse(name + " is not a date")
			}
			filters["date"] = true
		case "company_id", "external_id":
			filters[name] = true
		default:
			return refuse("unknown parameter " + name)
		}
	}
	if len(filters) > 1 {
		return refuse("only one of company_id, external_id and date can be used")
	}
	limit, most := 20, 100
	if text := q.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > most {
			return refuse("limit must be between 1 and 100")
		}
	}
	after, err := parseCentsKey(q.Get("start_key"))
	if err != nil {
		return refuse("start_key is not valid")
	}
	var keys []centsKey // of rows, in the order of the list
	rows := c.in("transactions").list(c.now(), func(born time.Time, object map[string]any) bool {
		id, _ := object["id"].(string)
		key := centsKey{born.UnixNano(), id}
		if !after.before(key) || !c.passes(object, born, func(name string) string { return q.Get(name) }) {
			return false
		}
		keys = append(keys, key)
		return true
	})
	page := map[string]any{"data": []any{}, "last_key": ""}
	if len(rows) > limit {
		rows = rows[:limit]
		page["last_key"] = keys[limit-1].encode()
	}
	data := make([]any, len(rows))
	for i, row := range rows {
		data[i] = row
	}
	page["data"] = data
	return http.StatusOK, page
}

// passes applies the filter. Dates compare as text, both ends included.
func (c *Cents) passes(object map[string]any, born time.Time, asked func(string) string) bool {
	for _, name := range []string{"company_id", "external_id"} {
		if value, _ := object[name].(string); asked(name) != "" && value != asked(name) {
			return false
		}
	}
	day, dated := object[c.DateFilter].(string)
	if !dated || len(day) < len(time.DateOnly) {
		day = born.UTC().Format(time.DateOnly)
	}
	day = day[:len(time.DateOnly)]
	from, to := asked("start_date"), asked("end_date")
	return (from == "" || day >= from) && (to == "" || day <= to)
}

// centsKey is a place in the list: base64 of JSON on the wire, which must be escaped in an address.
type centsKey struct {
	At int64  `json:"at"`
	ID string `json:"id"`
}

func (k centsKey) before(other centsKey) bool {
	return k.At < other.At || k.At == other.At && k.ID < other.ID || k == centsKey{}
}

func (k centsKey) encode() string {
	text, _ := json.Marshal(k) // two plain fields always encode
	return base64.StdEncoding.EncodeToString(text)
}

func parseCentsKey(text string) (k centsKey, err error) {
	if text == "" {
		return k, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(decoded, &k)
	}
	return k, err
}
