package rest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"pennytie/reconcile"
)

var errForbiddenAddress = errors.New("host resolves to an address that is not public")

// parseBase accepts a base URL that keys may be sent to.
func parseBase(text string, allowLoopback bool) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil { // the text may hold a password, so it is not quoted
		return nil, fmt.Errorf("base URL cannot be read: %w", reconcile.ErrInvalid)
	}
	reason := ""
	switch {
	case base.Host == "" || base.Hostname() == "":
		reason = "base URL has no host"
	case base.User != nil:
		reason = "base URL must not hold a user name or password"
	case base.Fragment != "" || base.RawQuery != "" || base.ForceQuery || strings.Contains(text, "#"):
		reason = "base URL must not have a query or fragment"
	case base.Scheme == "https":
	case base.Scheme != "http":
		reason = "base URL must start with https://"
	case !allowLoopback:
		reason = "base URL must start with https:// (allow_insecure_loopback permits http:// to this machine)"
	case !isLoopbackHost(base.Hostname()):
		reason = "http:// is permitted only to a loopback address"
	}
	if reason != "" {
		return nil, fmt.Errorf("%s: %w", reason, reconcile.ErrInvalid)
	}
	return base, nil
}

func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// newWire makes the innermost transport. It takes no proxy from the environment, because a variable must not
// be able to redirect keys, and looks at the address after name resolution, because a public name can
// resolve to a private or cloud metadata address.
func newWire(allowLoopback bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			return checkAddress(address, allowLoopback)
		},
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

func checkAddress(address string, allowLoopback bool) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return errForbiddenAddress
	}
	ip := target.Addr().Unmap()
	if ip.IsLoopback() && allowLoopback {
		return nil
	}
	carrierGrade := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598: private between carrier and customer
	if !ip.IsGlobalUnicast() || ip.IsLoopback() || ip.IsPrivate() || carrierGrade.Contains(ip) {
		return errForbiddenAddress
	}
	return nil
}
