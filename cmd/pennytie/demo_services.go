package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/reconcile"
)

// demoKey opens the services of the demo only.
const demoKey = "sk_test_demo_opens_the_fake_only"

const demoOrganization = "org_demo"

// demoServices are the services of the sample business, listening.
type demoServices struct {
	stripe  *fake.Stripe
	wepay   *fake.WePay
	aura    *fake.Aura
	cents   *fake.Cents
	zenskar *fake.Zenskar
	names   []string
	servers []*fake.Server
}

// Close stops them all.
func (d *demoServices) Close() error {
	var err error
	for _, server := range d.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}

// newServices makes five empty services.
func newServices(now func() time.Time) *demoServices {
	return &demoServices{
		stripe: fake.NewStripe(demoKey, now), wepay: fake.NewWePay("app_demo", demoKey, now), aura: fake.NewAura(demoKey, now),
		cents: fake.NewCents("client_demo", demoKey, now), zenskar: fake.NewZenskar(demoKey, demoOrganization, now),
	}
}

// load puts a business into them.
func (d *demoServices) load(business *fake.Business) {
	business.Load(d.stripe)
	business.LoadWePay(d.wepay)
	business.LoadAura(d.aura, demoOrganization)
	business.LoadCents(d.cents)
	business.LoadZenskar(d.zenskar, demoOrganization)
}

// listen starts the services. An address that the configuration of an earlier demo at path names is taken again if it is
// free, so that the configuration stays the same.
func (d *demoServices) listen(path string) error {
	before := earlierAddresses(path)
	for _, service := range []struct {
		name    string
		handler http.Handler
	}{{"stripe", d.stripe}, {"wepay", d.wepay}, {"aura", d.aura}, {"cents", d.cents}, {"zenskar", d.zenskar}} {
		server, err := listenAgain(service.handler, before[service.name])
		if err != nil {
			return errors.Join(err, d.Close())
		}
		d.names, d.servers = append(d.names, service.name), append(d.servers, server)
	}
	return nil
}

// earlierAddresses are those that a configuration names, by provider.
func earlierAddresses(path string) map[string]string {
	cfg, err := configs.Load(path)
	if err != nil {
		return nil
	}
	found := map[string]string{}
	for _, source := range cfg.Sources {
		if u, err := url.Parse(source.BaseURL); err == nil && u.Port() != "" {
			found[source.Provider] = u.Host
		}
	}
	return found
}

func listenAgain(handler http.Handler, address string) (*fake.Server, error) {
	if address != "" {
		if server, err := fake.Listen(handler, fake.At(address)); err == nil {
			return server, nil
		}
	}
	return fake.Listen(handler)
}

// config is the configuration of the demo.
func (d *demoServices) config(since time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# The sample business of pennytie demo: two processors move its money, three books claim it.
organization_id: %s
store: ./pennytie.db
reports_dir: ./reports
allow_insecure_loopback: true
sources:
`, demoOrganization)
	for i, name := range d.names {
		address := d.servers[i].URL()
		options := map[string]string{
			"wepay":   ", app_id: app_demo",
			"cents":   ", client_id: client_demo, login_url: " + address + "/oauth2/token",
			"zenskar": ", organisation: " + demoOrganization,
		}[name]
		fmt.Fprintf(&b, `  - name: %s-demo
    provider: %s
    base_url: %s
    key_file: ./demo.key
    since: %s
    options: {requests_per_second: 500%s}
`, name, name, address, since.Format(time.DateOnly), options)
	}
	b.WriteString(`records:
  # Aura serves them, too: {source: aura-demo}
  leads: ./leads.csv
  calls: ./calls.csv
  products: ./products.csv
`)
	return b.String()
}

// arithmetic shows that every payment is counted once, however many sources speak of it.
func arithmetic(run *reconcile.Run) string {
	var b strings.Builder
	var records int
	var terms []string
	for _, s := range run.Sources {
		if s.Records == 0 {
			continue
		}
		records += s.Records
		fmt.Fprintf(&b, "%s: %d records of money, %d of them lead a payment, %d joined one that another record leads\n",
			s.Name, s.Records, s.Payments, s.Records-s.Payments)
		terms = append(terms, fmt.Sprint(s.Payments))
	}
	fmt.Fprintf(&b, "%s = %d payments, counted once each, out of %d records\n", strings.Join(terms, " + "), run.Payments, records)
	return b.String()
}
