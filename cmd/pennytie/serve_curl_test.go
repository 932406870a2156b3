package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seedCalls are the examples of the seed documents, as they print them, with our address and token. $ONE is a payment and $TWO
// another, $CALL a call, $LEAD a lead, $NEXT the cursor of the page before.
const seedCalls = `
curl --request GET --url '$API/v1/payments?limit=1' --header 'Authorization: Bearer $TOKEN'
curl --request GET --url '$API/v1/payments?limit=1&cursor=$NEXT' --header 'Authorization: Bearer $TOKEN'
curl --request GET --url '$API/v1/payments?status=succeeded&lead_id=$LEAD&from_date=2026-01-01T00:00:00Z&to_date=2026-12-31T23:59:59Z' --header 'Authorization: Bearer $TOKEN'
curl --request PATCH --url $API/v1/payments/$ONE --header 'Authorization: Bearer $TOKEN' --header 'Content-Type: application/json' --data '{}'
curl --request PATCH --url $API/v1/payments/$ONE --header 'Authorization: Bearer $TOKEN' --header 'Content-Type: application/json' --data '{"status":"refunded","amount":12000,"currency":"usd","external_id":"ORDER-17"}'
curl --request GET --url $API/v1/payments/$ONE --header 'Authorization: Bearer $TOKEN'
curl --request POST --url $API/v1/payments/$TWO/verify --header 'Authorization: Bearer $TOKEN' --header 'Content-Type: application/json' --data '{"call_id":"$CALL"}'
curl --request PATCH --url $API/v1/payments/$ONE --header 'Authorization: Bearer $TOKEN' --header 'Content-Type: application/json' --data '{"status":"paid"}'
curl --request PATCH --url $API/v1/payments/$ONE --header 'Authorization: Bearer $TOKEN' --header 'Content-Type: application/json' --data '{"lead_id":"$LEAD"}'
curl --request PATCH --url $API/v1/payments/none --header 'Authorization: Bearer $TOKEN' --header 'Content-Type: application/json' --data '{"amount":1}'
curl --request GET --url '$API/v1/payments?limit=500' --header 'Authorization: Bearer $TOKEN'
curl --request GET --url $API/v1/payments
`

// TestSeedCalls sends the seeds' own examples to serve and wants the answers of testdata/api.golden, without what matching weighs.
func TestSeedCalls(t *testing.T) {
	b := newBooks(t, crashServices(t))
	b.finish(t)
	a := b.serve(t, "--as-of", crashAsOf)
	rows := a.payments(t, "limit=100&status=succeeded", nil)
	names := map[string]string{"API": a.url, "TOKEN": apiToken, "ONE": rows[0]["id"].(string), "TWO": rows[1]["id"].(string),
		"CALL": a.aCall(t), "LEAD": decided(rows[2:])}
	weighed := regexp.MustCompile(`"match_candidates":\[.*?\],"refund_status"|"product_candidates":\[.*?\],"external_id"|` +
		`"(match_confidence|margin|call_confidence|product_confidence)":[0-9.]+|"requestId":"req_[^"]+"`)
	var told strings.Builder
	for line := range strings.Lines(strings.TrimSpace(seedCalls)) {
		line = strings.TrimSpace(line)
		got := a.curl(t, os.Expand(line, func(name string) string { return names[name] }))
		var page struct {
			Pagination struct {
				Next string `json:"next_cursor"`
			}
		}
		if json.Unmarshal(got.body, &page) == nil && page.Pagination.Next != "" {
			names["NEXT"] = page.Pagination.Next
		}
		body := weighed.ReplaceAllStringFunc(string(got.body), func(part string) string {
			name, _, _ := strings.Cut(part, ":")
			if at := strings.LastIndex(part, "],"); at > 0 {
				return name + ":[…" + part[at:]
			}
			return name + ":…"
		})
		fmt.Fprintf(&told, "$ %s\n%s\n%s\n", line, got.Status, body)
	}
	path := filepath.Join("testdata", "api.golden")
	if *update {
		if err := os.WriteFile(path, []byte(told.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), told.String()); diff != "" {
		t.Errorf("the transcript is another; run with -update and read what changed (-want +got):\n%s", diff)
	}
}

// curl sends what a command line of curl says, of which it knows the words of the seed documents.
func (a api) curl(t *testing.T, line string) answered {
	t.Helper()
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	method, path, body, headers := "", "", "", []string{"Authorization", ""}
	for i := 1; i+1 < len(words); i += 2 {
		switch value := words[i+1]; words[i] {
		case "--request":
			method = value
		case "--url":
			path = strings.TrimPrefix(value, a.url)
		case "--data":
			body = value
		case "--header":
			name, said, _ := strings.Cut(value, ": ")
			headers = append(headers, name, said)
		default:
			t.Fatalf("curl %s?", words[i])
		}
	}
	return a.ask(t, method, path, body, headers...)
}

// TestServeOverTLS answers on an address that other machines could reach, to the name that it was told, and to TLS only.
func TestServeOverTLS(t *testing.T) {
	b := newBooks(t, crashServices(t))
	b.finish(t)
	authority := b.certificate(t)
	a := b.serve(t, "--addr", "0.0.0.0:0", "--expose", "--tls-cert", "cert.pem", "--tls-key", "key.pem", "--allow-host", "Pay.example.com")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(a.url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}}
	for host, status := range map[string]int{"pay.example.com:" + port: 200, "pay.example.com": 200, "localhost:" + port: 200, "evil.example": 403} {
		request, err := http.NewRequest(http.MethodGet, "https://127.0.0.1:"+port+"/v1/payments", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		request.Header.Set("Authorization", "Bearer other-token")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); response.StatusCode != status {
			t.Errorf("as %s: %d, want %d", host, response.StatusCode, status)
		}
	}
	if response, err := http.Get("http://127.0.0.1:" + port + "/healthz"); err == nil {
		if _ = response.Body.Close(); response.StatusCode == http.StatusOK {
			t.Error("it answers without TLS")
		}
	}
	if _, err := http.Get("https://127.0.0.1:" + port + "/healthz"); err == nil {
		t.Error("a client that does not know the certificate was content")
	}
}

// certificate writes one for 127.0.0.1 that signs itself.
func (b books) certificate(t *testing.T) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	made, err := x509.CreateCertificate(crand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: made}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(b.dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(made)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return pool
}
