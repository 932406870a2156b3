package configs

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

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

// reservedName says whether imports or records are stored under the name.
func reservedName(name string) bool { return name == "import" || strings.HasPrefix(name, "records.") }

func (v *validation) source(key string, s Source) {
	switch s.Provider {
	case ProviderStripe:
		v.stripe(key, s)
	case ProviderFiles:
		v.files(key, s)
	case "":
		v.fail(key+".provider", "is missing; write stripe or files")
		return
	case "aura", "wepay", "cents", "zenskar":
		v.fail(key+".provider", "%s is not built yet; export its payments and read them with provider files",
			s.Provider)
		return
	default:
		v.fail(key+".provider", "%s", oneOf("provider", s.Provider, []string{ProviderStripe, ProviderFiles}))
		return
	}
	v.known(key+".role", "role", s.Role, RoleProcessor, RoleBook)
}

// stripe checks a source that is read over the network.
func (v *validation) stripe(key string, s Source) {
	v.unused(key, "a stripe source is not read from files", given{"path", s.Path}, given{"format", s.Format},
		given{"refunds_path", s.RefundsPath})
	v.baseURL(key+".base_url", s.BaseURL)
	switch {
	case s.KeyEnv != "" && s.KeyFile != "":
		v.hidden(key+".key_file", "is set beside key_env; keep one of the two")
	case s.KeyEnv == "" && s.KeyFile == "":
		v.fail(key+".key_env", "is missing; name the environment variable that holds the key")
	case s.KeyEnv != "" && (!envPattern.MatchString(s.KeyEnv) || hideKeys(s.KeyEnv) != s.KeyEnv):
		v.hidden(key+".key_env", "must be the name of an environment variable such as STRIPE_API_KEY, "+
			"not the key itself")
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
		given{"key_env", s.KeyEnv}, given{"key_file", s.KeyFile}, given{"since", since})
	if s.Path == "" {
		v.fail(key+".path", "is missing; name a file or a pattern such as ./payments/*.csv")
	}
	v.known(key+".format", "format", s.Format, FormatCanonical, FormatStripePayments,
		FormatStripePayoutReconciliation)
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
