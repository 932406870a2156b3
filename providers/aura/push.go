package aura

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"pennytie/providers/internal/writeback"
	"pennytie/reconcile"
)

// verifyBody links a payment to its call: https://docs.api.aura-app.ai/openapi/v1/payments/id/verify/post.
type verifyBody struct {
	CallID string `json:"call_id"`
}

// patchBody is all that is ever patched. Of what a patch takes, amount and currency are left out on purpose: they are the
// merchant's books.
type patchBody struct {
	Status     string `json:"status,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
}

// mayWrite lists the requests that change something.
func mayWrite(method, path string) bool {
	id, below := strings.CutPrefix(path, pathPayments+"/")
	if method == http.MethodPost {
		var verify bool
		id, verify = strings.CutSuffix(id, "/verify")
		below = below && verify
	}
	return below && id != "" && !strings.Contains(id, "/") && (method == http.MethodPost || method == http.MethodPatch)
}

// Writable implements reconcile.Pusher: a payment is verified with its call, and gets the status and the id that its processor
// gives it. Lead, matcher, confidence and refunds have no place in any request.
func (p *Provider) Writable(facts reconcile.Agreed) []reconcile.Wanted {
	var wanted []reconcile.Wanted
	if facts.CallID != "" {
		wanted = append(wanted, reconcile.Wanted{Kind: reconcile.IntentAttribution, Facts: reconcile.Agreed{CallID: facts.CallID}})
	}
	if facts.Status != "" || facts.ExternalID != "" {
		wanted = append(wanted, reconcile.Wanted{Kind: reconcile.IntentStatus,
			Facts: reconcile.Agreed{Status: facts.Status, ExternalID: facts.ExternalID}})
	}
	return wanted
}

// Plan implements reconcile.Pusher.
func (p *Provider) Plan(ctx context.Context, want *reconcile.Intent) (reconcile.Plan, error) {
	id := canonicalID(want.Record)
	path := pathPayments + "/" + id
	row, err := p.client.payment(ctx, path, id)
	if unknown(err) {
		return reconcile.Plan{}, fmt.Errorf("aura: payment %s: %w", id, reconcile.ErrNotFound)
	}
	if err != nil {
		return reconcile.Plan{}, err
	}
	record, err := (&converter{rules: p.rules, now: p.Now()}).payment(&row.Value)
	plan := reconcile.Plan{}
	if plan.Record, err = writeback.Converted(Name, record, err); err != nil {
		return plan, err
	}
	if want.Wanted.Kind == reconcile.IntentAttribution {
		err = p.planVerify(&plan, &row.Value, path, &want.Wanted.Facts)
	} else {
		err = p.planPatch(&plan, &row.Value, path, &want.Wanted.Facts)
	}
	return plan, err
}

// planVerify never takes a payment away from a call that somebody else linked, or that Aura linked by itself.
func (p *Provider) planVerify(plan *reconcile.Plan, row *paymentRow, path string, want *reconcile.Agreed) error {
	const confirmed, rejected = "confirmed", "rejected"
	linked, verified := canonicalID(row.CallID.Word()), strings.ToLower(row.VerificationStatus.Word())
	ours := canonicalID(want.CallID)
	plan.Seen, plan.Echo = writeback.Seen(linked, verified), []string{"lead_id", "call_id"}
	switch {
	case linked != "" && linked != ours:
		plan.Conflict = writeback.Against("call_id", ours, linked, "the payment is linked to another call in Aura")
	case verified == confirmed && linked == "":
		plan.Conflict = writeback.Against("verification_status", ours, verified, "the payment was confirmed in Aura without a call")
	case verified == rejected:
		plan.Conflict = writeback.Against("verification_status", confirmed, verified, "the payment was rejected in Aura")
	}
	if plan.Conflict != nil {
		return nil
	}
	writeback.Change(plan, "call_id", linked, ours)
	writeback.Change(plan, "verification_status", verified, confirmed)
	return writeback.Finish(plan, verifyBody{ours}, func(ctx context.Context, body []byte) error {
		return p.client.api.Send(ctx, http.MethodPost, path+"/verify", body, nil)
	})
}

// planPatch goes only forward, and fills an external_id only where there is no id.
func (p *Provider) planPatch(plan *reconcile.Plan, row *paymentRow, path string, want *reconcile.Agreed) error {
	status, external := strings.ToLower(row.Status.Word()), row.ExternalID.Word()
	plan.Seen = writeback.Seen(status, external, row.ProviderPaymentID.Word())
	var body patchBody
	if want.Status != "" && string(want.Status) != status {
		body.Status = string(want.Status)
		writeback.Change(plan, "status", status, body.Status)
		if !forward(status, want.Status) {
			plan.Refused = writeback.Against("status", body.Status, status, "a status in Aura is only taken forward, step by step")
		}
	}
	if want.ExternalID != "" && external == "" && row.ProviderPaymentID.Word() == "" {
		body.ExternalID = want.ExternalID
		writeback.Change(plan, "external_id", "", body.ExternalID)
	}
	return writeback.Finish(plan, body, func(ctx context.Context, body []byte) error {
		return p.client.api.Send(ctx, http.MethodPatch, path, body, nil)
	})
}

// forward says whether a status may follow another.
func forward(from string, to reconcile.Status) bool {
	switch reconcile.Status(from) {
	case reconcile.StatusPending:
		return to == reconcile.StatusSucceeded || to == reconcile.StatusFailed
	case reconcile.StatusSucceeded:
		return to == reconcile.StatusRefunded
	}
	return false
}
