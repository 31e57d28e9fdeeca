package webhook

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
)

// reach is which addresses a webhook may be posted to.
type reach struct {
	loopback     bool // this machine may be reached
	onlyLoopback bool // nothing else may
	networks     []netip.Prefix
}

var errReach = errors.New("its address is not public, and is not allowed")

// notPublic are the ranges that the registries of special-purpose addresses (RFC 6890) do not
// call globally reachable, and those that carry another address inside, which may be one.
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// control is called by the dialer with the address itself, after the name was resolved and
// before the first packet, so a name that changes its mind gains nothing.
func (r reach) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !r.permits(a.Addr()) {
		return errReach
	}
	return nil
}

func (r reach) permits(a netip.Addr) bool {
	a = a.Unmap().WithZone("") // a prefix contains no address with a zone
	if a.IsLoopback() {
		return r.loopback
	}
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	return !r.onlyLoopback && (slices.ContainsFunc(r.networks, within) || !slices.ContainsFunc(notPublic, within))
}
