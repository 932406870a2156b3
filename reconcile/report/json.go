package report

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// PaymentJSON prints a payment as `payments list --json` and `payments show --json` do: the columns of
// payments.csv in the same order and the external id, money in integer minor units, null where a value is unknown.
type PaymentJSON struct {
	Payment *reconcile.Payment
	PII     string // full, masked or none; empty is full
}

// MarshalJSON implements json.Marshaler. The bytes are those that the standard encoder leaves as they are.
func (j PaymentJSON) MarshalJSON() ([]byte, error) {
	shown, err := parsePrivacy(j.PII)
	if err != nil {
		return nil, err
	}
	return appendPayment(make([]byte, 0, 2048), j.Payment, shown), nil
}

func appendPayment(dst []byte, p *reconcile.Payment, shown privacy) []byte {
	m := &p.Match
	leadID, callID, productID := m.Attributed()
	o := object{b: append(dst, '{')}
	o.text("id", p.ID)
	o.text("organization_id", p.OrganizationID)
	o.text("provider", p.Provider)
	o.text("provider_payment_id", p.ProviderPaymentID)
	o.money("amount", &p.Amount)
	o.text("currency", string(p.Amount.Currency))
	o.text("status", string(p.Status))
	o.text("customer_email", shown.email(p.CustomerEmail))
	o.text("customer_name", shown.name(p.CustomerName))
	o.text("lead_id", leadID)
	o.text("call_id", callID)
	o.time("payment_date", p.PaymentDate)
	o.time("created_at", p.CreatedAt)
	o.text("verification_status", string(p.Verification))
	o.time("verified_at", p.VerifiedAt)
	o.text("stripe_charge_id", p.StripeChargeID)
	o.text("stripe_customer_id", p.StripeCustomerID)
	o.text("stripe_subscription_id", p.StripeSubscriptionID)
	o.text("matched_by", m.By)
	o.raw("match_confidence", string(scored(m, m.Confidence)))
	o.b = appendCandidates(o.key("match_candidates"), m.Candidates, shown, nil)
	o.text("refund_status", string(p.Refund.Status))
	o.money("refunded_amount", &p.Refund.Amount)
	o.time("refunded_at", p.Refund.At)
	o.text("stripe_refund_id", stripeRefund(p))
	o.text("refund_reason", shown.free(p.Refund.Reason))
	o.text("stripe_product_id", p.StripeProductID)
	o.text("matched_product_id", productID)
	o.text("source", p.Source)
	o.text("provider_status", p.ProviderStatus)
	o.money("captured_amount", &p.Captured)
	o.money("fee", p.Fee)
	o.money("net", p.Net)
	o.text("settlement_currency", string(settlementCurrency(p)))
	o.text("payout_id", p.PayoutID)
	o.text("dispute_status", string(p.Dispute.Status))
	o.money("disputed_amount", &p.Dispute.Amount)
	o.text("match_state", string(m.State))
	o.raw("margin", string(scored(m, m.Margin)))
	o.b = appendCodes(o.key("exceptions"), p.Exceptions)
	o.raw("call_confidence", string(ifKnown(m.CallConfidence())))
	o.raw("product_confidence", string(ifKnown(m.ProductConfidence())))
	o.b = appendChoices(o.key("product_candidates"), m.Products, shown)
	o.text("external_id", shown.free(p.Payer.ExternalID)) // no column, but what may be written must be readable
	return append(o.b, '}')
}

// appendCandidates prints match_candidates, best first, and [] where there are none. Where spans is given
// it gets the place of each candidate's evidence in dst, which candidates.csv prints, too.
func appendCandidates(dst []byte, candidates []reconcile.Candidate, shown privacy, spans *[]span) []byte {
	return appendList(dst, candidates, func(dst []byte, c *reconcile.Candidate) []byte {
		o := object{b: append(dst, '{')}
		o.text("lead_id", c.LeadID)
		o.text("call_id", c.CallID)
		o.text("product_id", c.ProductID)
		o.b = appendFixed(o.key("confidence"), int64(c.Confidence), 4)
		o.text("matched_by", c.MatchedBy)
		from := len(o.key("evidence"))
		o.b = appendEvidence(o.b, c.Evidence, shown)
		if spans != nil {
			*spans = append(*spans, span{from, len(o.b)})
		}
		o.b = appendString(o.key("note"), shown.free(c.Note))
		o.raw("call_confidence", string(ifKnown(c.CallConfidence())))
		o.b = appendChoices(o.key("calls"), c.Calls, shown)
		return append(o.b, '}')
	})
}

// appendChoices prints the calls of a lead or the products of a payment, best first. A call names its product.
func appendChoices(dst []byte, choices []reconcile.Candidate, shown privacy) []byte {
	return appendList(dst, choices, func(dst []byte, c *reconcile.Candidate) []byte {
		o := object{b: append(dst, '{')}
		if c.CallID != "" {
			o.text("call_id", c.CallID)
		}
		o.text("product_id", c.ProductID)
		o.b = appendFixed(o.key("confidence"), int64(c.Confidence), 4)
		o.b = appendEvidence(o.key("evidence"), c.Evidence, shown)
		return append(o.b, '}')
	})
}

// span is a stretch of bytes.
type span struct{ from, to int }

func appendEvidence(dst []byte, evidence []reconcile.Evidence, shown privacy) []byte {
	return appendList(dst, evidence, func(dst []byte, e *reconcile.Evidence) []byte {
		o := object{b: append(dst, '{')}
		o.b = appendString(o.key("signal"), e.Signal)
		o.b = appendString(o.key("payment"), shown.evidence(e.Signal, e.Payment))
		o.b = appendString(o.key("candidate"), shown.evidence(e.Signal, e.Candidate))
		o.b = appendFixed(o.key("weight"), int64(e.Weight), 2)
		return append(o.b, '}')
	})
}

func appendCodes(dst []byte, codes []reconcile.ExceptionCode) []byte {
	return appendList(dst, codes, func(dst []byte, code *reconcile.ExceptionCode) []byte {
		return appendString(dst, string(*code))
	})
}

// appendList prints an array.
func appendList[T any](dst []byte, items []T, one func([]byte, *T) []byte) []byte {
	dst = append(dst, '[')
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(dst, &items[i])
	}
	return append(dst, ']')
}

// object appends the members of one JSON object in the order of the calls.
type object struct {
	b      []byte
	filled bool
}

func (o *object) key(name string) []byte {
	if o.filled {
		o.b = append(o.b, ',')
	}
	o.filled = true
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
	return o.b
}

func (o *object) raw(name, value string) {
	if value == "" {
		value = "null"
	}
	o.b = append(o.key(name), value...)
}

func (o *object) text(name, value string) {
	if value == "" {
		o.raw(name, "")
		return
	}
	o.b = appendString(o.key(name), value)
}

func (o *object) money(name string, a *money.Amount) {
	if a == nil || a.Currency == "" {
		o.raw(name, "")
		return
	}
	o.b = strconv.AppendInt(o.key(name), a.Minor, 10)
}

func (o *object) time(name string, t time.Time) { o.text(name, instant(t)) }

// appendString quotes a text. Beside what JSON demands it escapes what the standard encoder does (<, >, &)
// and every character that a cell must not hold, so that the same bytes serve standard output and a CSV
// cell.
func appendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		if b := text[i]; b >= 0x20 && b < 0x7f && b != '"' && b != '\\' && b != '<' && b != '>' && b != '&' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		broken := r == utf8.RuneError && size == 1
		if r >= 0x80 && !broken && !unicode.IsControl(r) && !turnsText(r) && !breaksLine(r) {
			i += size
			continue
		}
		dst = append(dst, text[start:i]...)
		if r == '"' || r == '\\' {
			dst = append(dst, '\\', byte(r))
		} else {
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		i += size
		start = i
	}
	return append(append(dst, text[start:]...), '"')
}
