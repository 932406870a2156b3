package wepay

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// The environments of WePay. An id of the one means nothing in the other.
const (
	Live  = "live"
	Stage = "stage"
)

// Words of PaymentDate.
const (
	Capture = "capture"
	Create  = "create"
)

// Hosts of the environments (https://dev.wepay.com/docs/overview/api-basics).
const (
	liveHost  = "api.wepay.com"
	stageHost = "stage-api.wepay.com"
)

const (
	largestPage = 50       // https://dev.wepay.com/api/v3.1/operation/GET_payments
	stageToken  = "stage_" // how every token of the stage environment begins
)

// Config says which app to read and how.
type Config struct {
	// Account has the role of a processor. Its BaseURL is a host without a path; empty: the host of Environment. Its rate is
	// for each endpoint by itself: WePay allows 30 requests in 10 seconds, by one page for each app and endpoint, by another
	// for each account; the stricter reading is the default, 3 per second. AttemptTimeout is 35 s, assumed: WePay itself
	// answers or gives up within 30 s. Overlap is that of the list of payments.
	rest.Account
	AppID string         // header App-Id
	Token configs.Secret // header App-Token
	// APIVersion is the header Api-Version. Empty: 3.0.
	APIVersion  string
	Environment string // Live or Stage; empty: Live
	// OwnerID reads the payments of one merchant account only; a row of another is quarantined. Empty: all of the app.
	OwnerID string
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
	// PaymentDate is when a payment counts as paid: Capture, at its capture_at once that is past, or Create. Empty: Capture,
	// assumed: WePay only says that the capture may be put off, by up to seven days.
	PaymentDate string
	// TrustCustomData takes custom_data.lead_id and .call_id for our own word, which needs no person to confirm it. It is
	// for an app in which nobody but pennytie writes these. Otherwise they are metadata like any other.
	TrustCustomData bool
	// WonWords and LostWords are the words of a resolved dispute's resolution, compared without regard to case. A
	// resolution in neither list leaves the dispute open. Empty, assumed: merchant_won, won, chargeback_reversed,
	// in_favor_of_merchant; and merchant_lost, lost, conceded, accepted, chargeback_upheld, in_favor_of_payer.
	WonWords, LostWords []string
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	c.Environment = cmp.Or(c.Environment, Live)
	c.APIVersion = cmp.Or(c.APIVersion, "3.0")
	c.RecordsKey = cmp.Or(c.RecordsKey, "results")
	c.PaymentDate = cmp.Or(c.PaymentDate, Capture)
	if len(c.WonWords) == 0 {
		c.WonWords = []string{"merchant_won", "won", "chargeback_reversed", "in_favor_of_merchant"}
	}
	if len(c.LostWords) == 0 {
		c.LostWords = []string{"merchant_lost", "lost", "conceded", "accepted", "chargeback_upheld", "in_favor_of_payer"}
	}
	host := liveHost
	if c.Environment == Stage {
		host = stageHost
	}
	var err error
	c.Account, err = c.Account.Checked(Name, rest.Account{
		Role: reconcile.RoleProcessor, BaseURL: "https://" + host, RequestsPerSecond: 3, AttemptTimeout: 35 * time.Second,
		PageSize: largestPage,
	})
	if err != nil {
		return c, err
	}
	kind, reason := reconcile.ErrInvalid, ""
	switch {
	case !rest.PlainWord(c.AppID):
		reason = "options.app_id is missing or is not one word" // no secret: it stands in the configuration
	case !rest.PlainWord(c.Token.Reveal()):
		kind, reason = reconcile.ErrAuth, "token is missing or is not one word"
	case !rest.PlainWord(c.APIVersion):
		reason = "api version is not one word"
	case c.Environment != Live && c.Environment != Stage:
		reason = "environment is neither live nor stage"
	case strings.HasPrefix(c.Token.Reveal(), stageToken) != (c.Environment == Stage):
		kind, reason = reconcile.ErrAuth, "token and environment differ: a token begins with stage_ in the stage environment only"
	case c.OwnerID != "" && !rows.PlausibleID(c.OwnerID):
		reason = "owner id cannot be one"
	default:
		reason = cmp.Or(rest.NotOneOf("payment date", c.PaymentDate, Capture, Create), c.wrongHost(), c.wrongWords())
	}
	if reason != "" {
		return c, c.Refuse(Name, kind, reason)
	}
	return c, nil
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
