package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/store"
)

// updateFlags are a correction by hand, as given.
type updateFlags struct {
	status, amount, currency, externalID, reason, version string
	undo                                                  bool
}

func (a *app) paymentsUpdate() *cobra.Command {
	var f updateFlags
	cmd := &cobra.Command{
		Use: "update ID", Short: "Correct a payment by hand; no run overwrites it", Args: exactArgs("ID"),
		Long: `Records what you know better than the sources: status, amount, currency or external id. It lies on top of what they say, in
the store and in every report, until you take it back with --undo. Where the processor says otherwise, an exception names both values.
Corrections are only ever added; what the payment says already is no correction and writes nothing.`,
		Example: `  pennytie payments update pi_3CrKcRU0gY6 --amount 12000 --reason "typed wrongly at the counter"
  pennytie payments update pi_3CrKcRU0gY6 --status failed --currency EUR --external-id ORDER-17
  pennytie payments update pi_3CrKcRU0gY6 --undo
  pennytie payments update pi_3CrKcRU0gY6 --status refunded --if-version v1a2b3c4d5e6f    only if it is as you saw it`,
		RunE: func(cmd *cobra.Command, args []string) error {
			correction, err := f.correction()
			if err != nil {
				return err
			}
			return a.updatePayment(cmd, &engine.Edit{PaymentID: args[0], Version: f.version, By: whoami(), Correction: correction})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.status, "status", "", "pending, succeeded, failed or refunded")
	flags.StringVar(&f.amount, "amount", "", "in minor units: 12000 is 120.00 USD")
	flags.StringVar(&f.currency, "currency", "", "ISO 4217, e.g. USD")
	flags.StringVar(&f.externalID, "external-id", "", "the merchant's own id of it, e.g. an order's number")
	flags.StringVar(&f.reason, "reason", "", "why, for whoever asks later")
	flags.BoolVar(&f.undo, "undo", false, "take all corrections of this payment back")
	flags.StringVar(&f.version, "if-version", "", "refuse if the payment is at another version than this, which payments show prints")
	return cmd
}

func (f *updateFlags) correction() (c reconcile.Correction, err error) {
	c = reconcile.Correction{Status: reconcile.Status(f.status), ExternalID: f.externalID, Undo: f.undo, Reason: f.reason}
	said := count(f.status != "", f.amount != "", f.currency != "", f.externalID != "")
	switch {
	case f.undo && said > 0:
		return c, usagef("leave the rest out", "--undo takes all corrections back")
	case !f.undo && said == 0:
		return c, usagef("give --status, --amount, --currency, --external-id or --undo", "there is nothing to correct")
	}
	if f.amount != "" {
		minor, err := strconv.ParseInt(f.amount, 10, 64)
		if err != nil {
			return c, usagef("give minor units, e.g. --amount 12000 for 120.00 USD", "--amount %q is no whole number", f.amount)
		}
		c.Amount = &minor
	}
	if f.currency != "" {
		if c.Currency, err = money.ParseCurrency(f.currency); err != nil {
			return c, usagef("give an ISO 4217 code, e.g. --currency USD", "--currency: %v", err)
		}
	}
	return c, nil
}

func (a *app) updatePayment(cmd *cobra.Command, change *engine.Edit) error {
	cfg, asOf, err := a.loadStored()
	if err != nil {
		return err
	}
	var p *reconcile.Payment
	err = a.locked(cmd.Context(), cfg, func(s store.Store) error {
		e, err := a.handEngine(cfg, s, asOf)
		if err != nil {
			return err
		}
		p, _, err = e.Apply(cmd.Context(), change)
		return err
	})
	var wrong *engine.MistakeError
	switch {
	case errors.As(err, &wrong):
		return usagef(wrong.Mend, "--%s: %s", strings.ReplaceAll(wrong.Column, "_", "-"), wrong.Text)
	case errors.Is(err, reconcile.ErrStale):
		return usagef("look at it again: pennytie payments show "+change.PaymentID, "%v", err)
	case err != nil:
		return err
	}
	if a.flags.json {
		return a.printPayment(p, cfg.PII)
	}
	a.printf("%s is %s %s, %s, %s\n", clean(p.ProviderPaymentID), p.Amount, p.Amount.Currency, p.Status, p.Verification)
	return nil
}

// correctionLine is one correction by hand.
func correctionLine(c *reconcile.Correction, reasons bool) string {
	var said []string
	add := func(name, value string) {
		if value != "" {
			said = append(said, name+" "+value)
		}
	}
	if c.Undo {
		said = append(said, "corrections taken back")
	}
	add("status", string(c.Status))
	if c.Amount != nil {
		add("amount", fmt.Sprint(*c.Amount)+" minor units")
	}
	add("currency", string(c.Currency))
	add("external id", c.ExternalID)
	line := fmt.Sprintf("%s (%s): %s, at %s", reconcile.ManualSource, reconcile.RoleManual, strings.Join(said, ", "), c.At.Format(time.RFC3339))
	if c.By != "" {
		line += " by " + c.By
	}
	if c.Reason != "" && reasons {
		line += ": " + c.Reason
	}
	return line
}
