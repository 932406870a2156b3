package rest

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pennytie/reconcile"
)

func TestBaseURL(t *testing.T) {
	for text, want := range map[string][2]bool{ // accepted without and with AllowInsecureLoopback
		"https://api.stripe.com":       {true, true},
		"https://api.stripe.com/":      {true, true},
		"http://127.0.0.1:12111":       {false, true},
		"http://localhost:8080":        {false, true},
		"http://[::1]:8080":            {false, true},
		"http://127.0.0.1.example.com": {false, false},
		"http://api.stripe.com":        {false, false},
		"http://169.254.169.254":       {false, false},
		"https://user:pw@example.com":  {false, false},
		"https://example.com/#x":       {false, false},
		"https://example.com/#":        {false, false},
		"https://example.com/?a=b":     {false, false},
		"ftp://example.com":            {false, false},
		"https://":                     {false, false},
		"https://:443":                 {false, false},
		"api.stripe.com":               {false, false},
		"":                             {false, false},
		"https://exa mple.com":         {false, false},
	} {
		for i, allow := range []bool{false, true} {
			_, err := NewClient(Options{BaseURL: text, AllowInsecureLoopback: allow})
			if (err == nil) != want[i] {
				t.Errorf("%q, loopback %v: %v", text, allow, err)
			}
			if err != nil && (!errors.Is(err, reconcile.ErrInvalid) || strings.Contains(err.Error(), "pw")) {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string][2]bool{
		"54.187.174.169:443":      {true, true},
		"[2600:1f18::1]:443":      {true, true},
		"127.0.0.1:80":            {false, true},
		"[::1]:80":                {false, true},
		"[::ffff:127.0.0.1]:80":   {false, true},
		"169.254.169.254:80":      {false, false},
		"[::ffff:169.254.1.1]:80": {false, false},
		"10.0.0.1:443":            {false, false},
		"192.168.1.1:443":         {false, false},
		"100.64.0.1:443":          {false, false},
		"0.0.0.0:80":              {false, false},
		"[fe80::1]:80":            {false, false},
		"[fd00::1]:80":            {false, false},
		"224.0.0.1:80":            {false, false},
		"not an address":          {false, false},
	} {
		for i, allow := range []bool{false, true} {
			if err := checkAddress(address, allow); (err == nil) != want[i] {
				t.Errorf("%s, loopback %v: %v", address, allow, err)
			}
		}
	}
}

// TestForbiddenAddress asks a name that resolves to this machine.
func TestForbiddenAddress(t *testing.T) {
	client, err := NewClient(Options{BaseURL: "https://localhost:1", RequestsPerSecond: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://localhost:1/", nil)
	_, err = client.Do(req) //nolint:bodyclose // there is none
	if !errors.Is(err, reconcile.ErrInvalid) || !strings.Contains(err.Error(), "not public") {
		t.Errorf("got %v", err)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		write(w, 200, page)
	}))
	defer server.Close()
	client := func(wire *http.Transport) *http.Client {
		c, err := NewClient(Options{
			BaseURL: server.URL, AllowInsecureLoopback: true, MaxAttempts: 1, Base: wire, RequestsPerSecond: 1e9,
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	get := func(wire *http.Transport) error {
		defer wire.CloseIdleConnections()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		resp, err := client(wire).Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := get(newWire(true)); err == nil {
		t.Error("a certificate of an unknown issuer was accepted")
	}
	trusting := newWire(true)
	trusting.TLSClientConfig.RootCAs = x509.NewCertPool()
	trusting.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	if err := get(trusting); err != nil {
		t.Errorf("a known certificate: %v", err)
	}
	named := newWire(true)
	named.TLSClientConfig.RootCAs = trusting.TLSClientConfig.RootCAs
	named.TLSClientConfig.ServerName = "other.test"
	if err := get(named); err == nil {
		t.Error("a certificate of another host was accepted")
	}
}

func TestWireIgnoresProxy(t *testing.T) {
	if newWire(false).Proxy != nil {
		t.Error("the environment may name a proxy")
	}
}
