package wepay

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"pennytie/configs"
	"pennytie/reconcile"
)

// The environments of WePay. An id of the one means nothing in the other.
const (
	Live  = "live"
	Stage = "stage"
)

// Hosts of the environments (https://dev.wepay.com/docs/overview/api-basics).
const (
	liveHost  = "api.wepay.com"
	stageHost = "stage-api.wepay.com"
)

const (
	largestPage    = 50 // https://dev.wepay.com/api/v3.1/operation/GET_payments
	defaultRate    = 3  // of 30 requests in 10 seconds for each endpoint
	defaultTimeout = 35 * time.Second
	defaultOverlap = 72 * time.Hour
	defaultVersion = "3.0"
	defaultRecords = "results"
	stageToken     = "stage_" // how every token of the stage environment begins
)

// Config says which app to read and how.
type Config struct {
	Source string         // configured name of the source
	Role   reconcile.Role // empty: processor
	// BaseURL is a host without a path. Empty: the host of Environment.
	BaseURL string
	AppID   string         // header App-Id
	Token   configs.Secret // header App-Token
	// APIVersion is the header Api-Version. Empty: 3.0.
	APIVersion  string
	Environment string // Live or Stage; empty: Live
	// Organization is the organization_id of pennytie's payments. WePay knows no such thing: nothing is asked by it.
	Organization string
	// OwnerID reads the payments of one merchant account only; a row of another is quarantined. Empty: all of the app.
	OwnerID string
	// Since is the first instant to read; zero reads all that the app has.
	Since time.Time
	// Now is the run's clock: windows end shortly before it. Nil: time.Now.
	Now func() time.Time
	// RequestsPerSecond is for each endpoint by itself. 0: 3. WePay allows 30 in 10 seconds, by one page for each app
	// and endpoint, by another for each account: the stricter reading is the default.
	RequestsPerSecond float64
	PageSize          int           // 0: 50, which is WePay's most
	Overlap           time.Duration // how far before its mark the list of payments is read again; 0: 72 h
	// SkipPayers leaves names and e-mails out: they cost one request for each payment method not seen before.
	SkipPayers bool
	// Cache keeps what is known of payers between runs. Nil: for the life of the Provider only.
	Cache reconcile.Cache

	// RecordsKey names the rows of a list. Empty: "results", assumed: no page of WePay's names it. Where an answer
	// has no such key, its only array is taken.
	RecordsKey string
	// NoRefundList is for an app that has no GET /refunds: refunds are then known by the payment's amount_refunded
	// only. False, assumed: refunds are listed with the paging of payments.
	NoRefundList bool
	// WonWords and LostWords are the words of a resolved dispute's resolution, compared without regard to case. A
	// resolution in neither list leaves the dispute open. Empty, assumed: merchant_won, won, chargeback_reversed,
	// in_favor_of_merchant; and merchant_lost, lost, conceded, accepted, chargeback_upheld, in_favor_of_payer.
	WonWords, LostWords []string

	AllowInsecureLoopback bool // http:// to this machine, for tests
	MaxAttempts           int  // 0: 5 tries of one request
	// AttemptTimeout is for one try. 0: 35 s, assumed: WePay itself answers or gives up within 30 s.
	AttemptTimeout time.Duration
	Sleep          func(ctx context.Context, d time.Duration) error // nil waits; tests need not
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	c = c.withDefaults()
	kind, reason := reconcile.ErrInvalid, ""
	switch {
	case c.Source == "":
		reason = "source has no name"
	case !plainWord(c.AppID):
		kind, reason = reconcile.ErrAuth, "app id is missing or is not one word"
	case !plainWord(c.Token.Reveal()):
		kind, reason = reconcile.ErrAuth, "token is missing or is not one word"
	case !plainWord(c.APIVersion):
		reason = "api version is not one word"
	case c.Environment != Live && c.Environment != Stage:
		reason = "environment is neither live nor stage"
	case strings.HasPrefix(c.Token.Reveal(), stageToken) != (c.Environment == Stage):
		kind, reason = reconcile.ErrAuth, "token and environment differ: a token begins with stage_ in the stage environment only"
	case !slices.Contains([]reconcile.Role{reconcile.RoleProcessor, reconcile.RoleBook, reconcile.RoleManual}, c.Role):
		reason = "role is not known"
	case c.OwnerID != "" && !plausibleID(c.OwnerID):
		reason = "owner id cannot be one"
	case c.PageSize < 1 || c.PageSize > largestPage:
		reason = fmt.Sprintf("page size %d is not 1 to %d", c.PageSize, largestPage)
	case c.Overlap < 0 || c.AttemptTimeout < 0 || c.MaxAttempts < 0:
		reason = "overlap, attempts or timeout is below zero"
	case c.RequestsPerSecond < 0 || math.IsNaN(c.RequestsPerSecond):
		reason = "requests per second is below zero"
	default:
		reason = c.wrongHost() + c.wrongWords()
	}
	if reason != "" {
		return c, fmt.Errorf("wepay: source %q: %s: %w", c.Source, reason, kind)
	}
	return c, nil
}

func (c Config) withDefaults() Config {
	setDefault(&c.Role, reconcile.RoleProcessor)
	setDefault(&c.Environment, Live)
	setDefault(&c.APIVersion, defaultVersion)
	setDefault(&c.RecordsKey, defaultRecords)
	setDefault(&c.PageSize, largestPage)
	setDefault(&c.Overlap, defaultOverlap)
	setDefault(&c.AttemptTimeout, defaultTimeout)
	setDefault(&c.RequestsPerSecond, defaultRate)
	host := liveHost
	if c.Environment == Stage {
		host = stageHost
	}
	setDefault(&c.BaseURL, "https://"+host)
	if c.Now == nil {
		c.Now = time.Now
	}
	if len(c.WonWords) == 0 {
		c.WonWords = []string{"merchant_won", "won", "chargeback_reversed", "in_favor_of_merchant"}
	}
	if len(c.LostWords) == 0 {
		c.LostWords = []string{"merchant_lost", "lost", "conceded", "accepted", "chargeback_upheld", "in_favor_of_payer"}
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// wrongHost keeps a credential from the other environment's host. A path is refused because the next page of a list is
// named by a path from the root of the host. What else can be wrong with an address, package rest says.
func (c Config) wrongHost() string {
	base, err := url.Parse(c.BaseURL)
	switch {
	case err != nil: // the text may hold a password, so it is not quoted
		return "base URL cannot be read"
	case base.Path != "" && base.Path != "/":
		return "base URL must not have a path"
	case c.Environment == Live && strings.EqualFold(base.Hostname(), stageHost):
		return "environment is live, the host is that of stage"
	case c.Environment == Stage && strings.EqualFold(base.Hostname(), liveHost):
		return "environment is stage, the host is that of live"
	}
	return ""
}

func (c Config) wrongWords() string {
	for _, won := range c.WonWords {
		for _, lost := range c.LostWords {
			if folded(won) == folded(lost) {
				return "one word tells both a won and a lost dispute"
			}
		}
	}
	return ""
}

// folded is a word as WePay's are compared: drifting case and blanks do not make another word.
func folded(word string) string { return strings.ToLower(strings.TrimSpace(word)) }

func plainWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// plausibleID keeps text that is no id out of a request path: an empty one would turn a read into a list. Case counts
// (https://dev.wepay.com/docs/overview/api-basics).
func plausibleID(id string) bool {
	const longest = 255
	return plain(id, "_-.") && len(id) <= longest && strings.Trim(id, ".") != ""
}

// plain says whether a text is made of ASCII letters, digits and some marks.
func plain(text, marks string) bool {
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			if strings.IndexByte(marks, c) < 0 {
				return false
			}
		}
	}
	return text != ""
}
