package configs

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mostClaimWindow is a month: beyond it the next payment of a subscription is nearer.
const mostClaimWindow = 31

// mostGraceHours is a year.
const mostGraceHours = 8784

var envPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

func (v *validation) sources() {
	if v.c.Sources == nil {
		v.fail("sources", "is missing; name at least one source of payments (or write `sources: []` when all "+
			"files are imported by hand)")
	}
	seen := map[string]int{}
	for i, s := range v.c.Sources {
		key := fmt.Sprintf("sources[%d]", i)
		if reservedName(s.Name) {
			v.fail(key+".name", "%s is reserved; choose another name", quoted(s.Name))
		} else if v.name(key+".name", s.Name, "stripe-main") {
			if first, twice := seen[s.Name]; twice {
				v.fail(key+".name", "is also the name of sources[%d]; give each source its own name", first)
			}
			seen[s.Name] = i
		}
		v.source(key, s)
	}
}

// reservedName says whether imports, corrections by hand or records are stored under the name.
func reservedName(name string) bool {
	return name == "import" || name == "manual" || strings.HasPrefix(name, "records.")
}

func (v *validation) source(key string, s Source) {
	_, online := services()[s.Provider]
	known := append(slices.Sorted(maps.Keys(services())), ProviderFiles)
	switch {
	case s.Provider == "":
		v.fail(key+".provider", "is missing; write one of %s", strings.Join(known, ", "))
		return
	case online:
		v.service(key, s)
	case s.Provider == ProviderFiles:
		v.files(key, s)
	default:
		v.fail(key+".provider", "%s", oneOf("provider", s.Provider, known))
		return
	}
	v.known(key+".role", "role", s.Role, RoleProcessor, RoleBook)
	switch {
	case s.Role == RoleBook && s.Claims != "": // Load fills it in
		v.known(key+".claims", "value", s.Claims, ClaimsAll, ClaimsSome)
	case s.Role == RoleProcessor && s.Claims != "":
		v.hidden(key+".claims", "has no meaning here: a processor moves the money and claims nothing; remove it")
	}
	if h := s.GraceHours; h != nil && *h > mostGraceHours {
		v.fail(key+".grace_hours", "must be from 0 to %d (a year), is %d", mostGraceHours, *h)
	}
}

// service checks a source that is read over the network.
func (v *validation) service(key string, s Source) {
	v.unused(key, "a "+s.Provider+" source is not read from files", given{"path", s.Path}, given{"format", s.Format},
		given{"refunds_path", s.RefundsPath})
	v.baseURL(key+".base_url", s.BaseURL)
	v.credential(key, s)
	const mostDays, mostNights = 730, 90
	if d := s.RescanDays; d != nil && *d > mostDays {
		v.fail(key+".rescan_days", "must be from 0 (never) to %d, is %d", mostDays, *d)
	}
	if s.RescanNights > mostNights {
		v.fail(key+".rescan_nights", "must be from 1 to %d, is %d", mostNights, s.RescanNights)
	}
}

// credential checks where the credential is kept, never the credential.
func (v *validation) credential(key string, s Source) {
	switch {
	case s.KeyEnv != "" && s.KeyFile != "":
		v.hidden(key+".key_file", "is set beside key_env; keep one of the two")
	case s.KeyEnv == "" && s.KeyFile == "":
		v.fail(key+".key_env", "is missing; name the environment variable that holds the key")
	case s.KeyEnv != "" && (!envPattern.MatchString(s.KeyEnv) || hideKeys(s.KeyEnv) != s.KeyEnv):
		v.hidden(key+".key_env", "must be the name of an environment variable such as %s, "+
			"not the key itself", services()[s.Provider].keyEnv)
	case hideKeys(s.KeyFile) != s.KeyFile:
		v.hidden(key+".key_file", "must be the path of a file that holds the key, not the key itself")
	}
}

// files checks a source that is read from disk.
func (v *validation) files(key string, s Source) {
	since := ""
	if !s.Since.IsZero() {
		since = s.Since.String()
	}
	v.unused(key, "a files source is read from disk, whole", given{"base_url", s.BaseURL},
		given{"key_env", s.KeyEnv}, given{"key_file", s.KeyFile}, given{"since", since},
		given{"rescan_days", wholeText(s.RescanDays)}, given{"rescan_nights", strings.TrimLeft(strconv.Itoa(s.RescanNights), "0")})
	if s.Path == "" {
		v.fail(key+".path", "is missing; name a file or a pattern such as ./payments/*.csv")
	}
	v.known(key+".format", "format", s.Format, FormatCanonical, FormatStripePayments,
		FormatStripePayoutReconciliation)
}

func wholeText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// given is a key of a source and what was written there.
type given struct{ key, value string }

// unused refuses keys that the provider would ignore: silence would look like consent.
func (v *validation) unused(key, why string, keys ...given) {
	for _, k := range keys {
		if k.value != "" {
			v.hidden(key+"."+k.key, "has no meaning here: %s; remove it", why)
		}
	}
}

// baseURL admits https, and http only to this machine and only when that was asked for.
func (v *validation) baseURL(key, address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		v.hidden(key, "is not an address; write e.g. https://api.stripe.com")
	case u.User != nil || strings.Contains(u.Host, "@"):
		v.hidden(key, "must not carry a user or password; the key comes from key_env or key_file")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(address, "#"):
		v.hidden(key, "must not carry ? or #")
	case u.Scheme == "https":
	case u.Scheme == "http" && !loopback(u.Hostname()), u.Scheme != "http":
		v.fail(key, "must begin with https://")
	case !v.c.AllowInsecureLoopback:
		v.fail(key, "must begin with https:// (allow_insecure_loopback: true admits http:// to this machine, "+
			"for tests)")
	}
}

// loopback says whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
