package wepay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/providers/internal/writeback"
	"pennytie/reconcile"
)

// updateBody is all that is ever written: https://alpha-developer.wepay.com/api/latest/operation/POST_payments-id. What a capture
// takes, when it is taken and what its rebates are belongs to the same request and is left out on purpose.
type updateBody struct {
	CustomData  map[string]json.RawMessage `json:"custom_data,omitempty"` // whole: whether it replaces or merges is unsaid
	ReferenceID string                     `json:"reference_id,omitempty"`
}

// Keys of custom_data that are ours once recon_status is among them.
const (
	keyStatus  = "recon_status"
	keyRun     = "recon_run"
	keyLead    = "lead_id"
	keyCall    = "call_id"
	keyProduct = "product_id"
)

// mayWrite lists the one request that changes something.
func mayWrite(method, path string) bool {
	id, below := strings.CutPrefix(path, "/"+payments+"/")
	return method == http.MethodPost && below && id != "" && !strings.Contains(id, "/")
}

// Writable implements reconcile.Pusher: a payment gets our id for it and those of its lead, call and product. Status, refunds and
// disputes cannot be written.
func (p *Provider) Writable(facts reconcile.Agreed) []reconcile.Wanted {
	if facts.PaymentID == "" || facts.LeadID == "" {
		return nil
	}
	return []reconcile.Wanted{{Kind: reconcile.IntentAttribution, Facts: reconcile.Agreed{PaymentID: facts.PaymentID,
		Verification: facts.Verification, LeadID: facts.LeadID, CallID: facts.CallID, ProductID: facts.ProductID}}}
}

// Plan implements reconcile.Pusher.
func (p *Provider) Plan(ctx context.Context, want *reconcile.Intent) (reconcile.Plan, error) {
	var plan reconcile.Plan
	if !rows.PlausibleID(want.Record) {
		return plan, fmt.Errorf("wepay: a payment without a plausible id: %w", reconcile.ErrNotFound)
	}
	row, err := get[paymentRow](ctx, p.client, payments, want.Record)
	if unknown(err) {
		return plan, fmt.Errorf("wepay: payment %s: %w", want.Record, reconcile.ErrNotFound)
	}
	if err != nil {
		return plan, err
	}
	record, err := p.converter(p.cfg.Now()).payment(ctx, &row.Value)
	if plan.Record, err = writeback.Converted(Name, record, err); err != nil {
		return plan, err
	}
	var said struct {
		CustomData json.RawMessage `json:"custom_data"`
	}
	if json.Unmarshal(row.Raw, &said) != nil {
		return plan, p.client.apis[payments].Wrong("/"+payments+"/"+want.Record, "answer is not an object")
	}
	before, whole := objectOf(said.CustomData)
	plan.Seen = writeback.Seen(row.Value.ReferenceID.Word(), compact(said.CustomData))
	plan.Echo = []string{"lead_id", "call_id", "payer.reference", "payer.metadata"}
	if !whole {
		plan.Refused = &reconcile.Trouble{Field: "custom_data",
			Reason: "custom_data is not an object: to write to it would lose what it holds"}
	}
	body := updateBody{CustomData: custom(&plan, before, want)}
	if reference := row.Value.ReferenceID.Word(); reference == "" || ourID(reference) {
		if body.ReferenceID = want.Wanted.Facts.PaymentID; reference == body.ReferenceID {
			body.ReferenceID = ""
		} else {
			writeback.Change(&plan, "reference_id", reference, body.ReferenceID)
		}
	}
	err = writeback.Finish(&plan, body, func(ctx context.Context, content []byte) error {
		key := "recon-" + writeback.Seen(p.cfg.AppID, want.Record, plan.Seen, string(content))[:40]
		return p.client.apis[payments].Send(ctx, http.MethodPost, "/"+payments+"/"+want.Record, content, http.Header{"Unique-Key": {key}})
	})
	return plan, err
}

// objectOf takes custom_data apart; null and nothing are an empty object.
func objectOf(raw json.RawMessage) (fields map[string]json.RawMessage, is bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, true
	}
	return fields, json.Unmarshal(raw, &fields) == nil
}

func compact(raw json.RawMessage) string {
	var text bytes.Buffer
	if json.Compact(&text, raw) != nil {
		return ""
	}
	return text.String()
}

// custom merges our keys into what custom_data holds; nil if nothing changes. A lead, call or product that is there without
// our mark is somebody else's, and stays.
func custom(plan *reconcile.Plan, before map[string]json.RawMessage, want *reconcile.Intent) map[string]json.RawMessage {
	facts := &want.Wanted.Facts
	_, ours := before[keyStatus]
	after := maps.Clone(before)
	if after == nil {
		after = map[string]json.RawMessage{}
	}
	changed := len(plan.Fields)
	for _, field := range []struct{ key, value string }{
		{keyStatus, string(facts.Verification)}, {keyLead, facts.LeadID}, {keyCall, facts.CallID}, {keyProduct, facts.ProductID},
	} {
		raw, there := before[field.key]
		said := scalar(wire.Of(string(raw)))
		name := "custom_data." + field.key
		switch {
		case field.value == "" && (!there || !ours), said == field.value:
			continue
		case there && said != "" && !ours:
			plan.Conflict = writeback.Against(name, "", "", "custom_data holds another "+field.key+" that pennytie did not write")
			return nil
		case !writeback.Opaque(field.value) && field.value != "":
			plan.Refused = writeback.Against(name, "", "", field.key+" is not a plain id: personal data must not go into custom_data")
			writeback.Change(plan, name, "", "(withheld)")
			continue
		}
		delete(after, field.key)
		if field.value != "" {
			after[field.key] = quoted(field.value)
		}
		writeback.Change(plan, name, said, field.value)
	}
	if len(plan.Fields) == changed {
		return nil
	}
	if writeback.Opaque(want.RunID) {
		after[keyRun] = quoted(want.RunID)
	}
	return after
}

func quoted(text string) json.RawMessage {
	content, _ := json.Marshal(text) // text always encodes
	return content
}

// ourID says whether a reference is an id of ours, perhaps one that the payment had before.
func ourID(reference string) bool {
	hex, is := strings.CutPrefix(reference, "pay_")
	return is && len(hex) == 24 && strings.Trim(hex, "0123456789abcdef") == ""
}
