package main

import (
	"errors"
	"fmt"
	"os/user"

	"github.com/spf13/cobra"

	"pennytie/reconcile"
	"pennytie/store"
)

func (a *app) decideCommand() *cobra.Command {
	var d reconcile.Decision
	cmd := &cobra.Command{
		Use: "decide ID", Short: "Say which lead a payment belongs to; no run overwrites it",
		Long: `Records your word on a payment: a lead (with --call and --product if you know them), nobody, or back to the
machine's view. Decisions are only ever added; the last one holds. The next run verifies the payment with it.`,
		Example: `  pennytie decide pi_3CrKcRU0gY6 --lead 987140758 --reason "confirmed by phone"
  pennytie decide pi_3CrKcRU0gY6 --none
  pennytie decide pi_3CrKcRU0gY6 --undo`,
		Args: exactArgs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if said := count(d.LeadID != "", d.None, d.Undo); said != 1 {
				return usagef("give --lead L, --none or --undo", "decide takes exactly one of --lead, --none and --undo")
			}
			if d.LeadID == "" && (d.CallID != "" || d.ProductID != "") {
				return usagef("add --lead", "--call and --product go with --lead")
			}
			return a.decide(cmd, args[0], d)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&d.LeadID, "lead", "", "id of the lead")
	flags.StringVar(&d.CallID, "call", "", "id of the lead's call that the payment came from")
	flags.StringVar(&d.ProductID, "product", "", "id of the product")
	flags.BoolVar(&d.None, "none", false, "the payer is no lead")
	flags.BoolVar(&d.Undo, "undo", false, "take earlier decisions back")
	flags.StringVar(&d.Reason, "reason", "", "why, for whoever asks later")
	return cmd
}

func count(said ...bool) int {
	n := 0
	for _, yes := range said {
		if yes {
			n++
		}
	}
	return n
}

func (a *app) decide(cmd *cobra.Command, id string, d reconcile.Decision) error {
	cfg, asOf, err := a.loadAt()
	if err != nil {
		return err
	}
	d.At = asOf
	if who, err := user.Current(); err == nil {
		d.By = who.Username
	}
	var payment *reconcile.Payment
	if err := haveStore(cfg); err != nil {
		return err
	}
	err = a.locked(cmd.Context(), cfg, func(s store.Store) error {
		return s.Update(cmd.Context(), func(tx reconcile.Tx) error {
			payment, err = addDecision(tx, id, &d)
			return err
		})
	})
	if err != nil {
		return err
	}
	if a.flags.json {
		return a.printJSON(map[string]any{"success": true, "payment": payment.ID, "lead_id": d.LeadID, "none": d.None, "undo": d.Undo})
	}
	a.printf("noted for %s; the next run goes by it\n", clean(payment.ProviderPaymentID))
	return nil
}

// addDecision refuses what is not there: a decision for a lead that nobody knows would credit nobody.
func addDecision(tx reconcile.Tx, id string, d *reconcile.Decision) (*reconcile.Payment, error) {
	p, err := tx.Payment(id)
	if err != nil {
		return nil, fmt.Errorf("payment %q: %w", id, err)
	}
	if d.LeadID != "" {
		if _, err := tx.Lead(d.LeadID); errors.Is(err, reconcile.ErrNotFound) {
			return nil, usagef("check the id, or import the lead first", "there is no lead %q", d.LeadID)
		} else if err != nil {
			return nil, err
		}
	}
	return p, tx.AddDecision(p.Row, d)
}
