package providers

import (
	"fmt"
	"time"

	"pennytie/configs"
	"pennytie/providers/aura"
	"pennytie/providers/cents"
	"pennytie/providers/internal/rest"
	"pennytie/providers/stripe"
	"pennytie/providers/wepay"
	"pennytie/providers/zenskar"
	"pennytie/reconcile"
)

// Each function here turns a configured source into the settings of its provider. The options are read before the
// credential, so that a mistake in them is found also where the credential is missing.

// account is what every service has.
func account(source configs.Source, options *reader, deps Deps) rest.Account {
	return rest.Account{
		Source: source.Name, Role: reconcile.Role(source.Role), BaseURL: source.BaseURL, Since: source.Since,
		Now: deps.Now, AllowInsecureLoopback: deps.AllowLoopback, Writes: deps.Writes,
		RequestsPerSecond: options.number("requests_per_second"),
		PageSize:          int(options.number("page_size")),
		AttemptTimeout:    options.whole("attempt_timeout_seconds", time.Second),
		LongestWait:       options.whole("longest_wait_seconds", time.Second),
		MaxBody:           int64(options.whole("max_body_mib", 1)) << 20,
	}
}

// listed is account for a service whose lists have one overlap.
func listed(source configs.Source, options *reader, deps Deps) rest.Account {
	made := account(source, options, deps)
	made.Overlap = options.hours("tail_hours")
	return made
}

func newStripe(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	cfg := stripe.Config{Account: account(source, options, deps), Products: options.flag("products"),
		SkipLedger: options.flag("skip_ledger")}
	var err error
	if cfg.Key, err = secret(source); err != nil {
		return nil, err
	}
	return provider(stripe.New(cfg, deps.Log))
}

func newAura(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	cfg, err := auraConfig(source, options, deps)
	if err != nil {
		return nil, err
	}
	return provider(aura.New(cfg, deps.Log))
}

func auraConfig(source configs.Source, options *reader, deps Deps) (cfg aura.Config, err error) {
	cfg = aura.Config{
		Account:         listed(source, options, deps),
		Organization:    deps.Organization,
		DateFilter:      options.text("date_filter"),
		TrustGuesses:    options.flag("trust_guesses"),
		ConfidenceScale: options.text("match_confidence_scale"),
		LeastConfidence: options.number("least_confidence"),
		DealValueUnit:   options.text("deal_value_unit"),
		DealCurrency:    options.text("deal_currency"),
		StripeProducts:  options.words("stripe_products"),
	}
	cfg.Key, err = secret(source)
	return cfg, err
}

func newWePay(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	cfg := wepay.Config{
		Account:      listed(source, options, deps),
		Cache:        deps.cache(source.Name),
		AppID:        options.text("app_id"),
		APIVersion:   options.text("api_version"),
		Environment:  options.text("environment"),
		OwnerID:      options.text("owner_id"),
		SkipPayers:   options.flag("skip_payers"),
		RecordsKey:   options.text("records_key"),
		NoRefundList: options.flag("no_refund_list"),
		PaymentDate:  options.text("payment_date"),
		WonWords:     options.list("won_words"),
		LostWords:    options.list("lost_words"),

		TrustCustomData: options.flag("trust_custom_data"),
	}
	var err error
	if cfg.Token, err = secret(source); err != nil {
		return nil, err
	}
	return provider(wepay.New(cfg, deps.Log))
}

func newCents(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	cfg, err := centsConfig(source, options, deps)
	if err != nil {
		return nil, err
	}
	if _, err := secret(source); err != nil {
		return nil, err
	}
	return cents.New(cfg, deps.Log)
}

func centsConfig(source configs.Source, options *reader, deps Deps) (cfg cents.Config, err error) {
	cfg = cents.Config{
		Account:      listed(source, options, deps),
		Environment:  options.text("environment"),
		ClientID:     options.text("client_id"),
		RedirectURI:  options.text("redirect_uri"),
		TokenURL:     options.text("login_url"),
		RefreshLife:  24 * options.hours("refresh_days"),
		IDLife:       options.hours("id_minutes") / 60,
		ListPath:     options.text("list_path"),
		NoFetch:      options.flag("no_fetch"),
		AmountField:  options.text("amount_field"),
		DonationUnit: options.text("donation_unit"),
		DateFilter:   options.text("date_filter"),
		Gateways:     options.words("gateways"),
		Credential:   source.StoredKey(),
	}
	if cfg.Environment == "live" { // the default written out must not give other keys than the default
		cfg.Environment = ""
	}
	if zone := options.text("timezone"); zone != "" {
		if cfg.Zone, err = time.LoadLocation(zone); err != nil {
			return cfg, fmt.Errorf("options.timezone is not a zone such as UTC or Europe/Dublin")
		}
	}
	return cfg, nil
}

func newZenskar(source configs.Source, options *reader, deps Deps) (reconcile.Provider, error) {
	cfg := zenskar.Config{
		Account:           listed(source, options, deps),
		Cache:             deps.cache(source.Name),
		Organisation:      options.text("organisation"),
		APIVersion:        options.text("api_version"),
		AmountUnit:        options.text("amount_unit"),
		Paging:            options.text("paging"),
		NoOrder:           options.flag("no_order"),
		DateField:         options.text("date_field"),
		Connectors:        options.words("connectors"),
		IgnoreChargebacks: options.flag("ignore_chargebacks"),
		SkipCustomers:     options.flag("skip_customers"),
		Invoices:          options.flag("invoices"),
	}
	var err error
	if cfg.Key, err = secret(source); err != nil {
		return nil, err
	}
	return provider(zenskar.New(cfg, deps.Log))
}

// provider keeps a nil pointer from becoming a Provider.
func provider[P reconcile.Provider](made P, err error) (reconcile.Provider, error) {
	if err != nil {
		return nil, err
	}
	return made, nil
}
