package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// mergeKey is something a client is known again by.
//
// A client seen is the client that one of its keys is known to belong to. In falling
// strength they are
//
//	vendor      the tool and the id by which the vendor's cloud knows it
//	repository  the repository's remote, and tool, path and key within it
//	content     for API clients: the tool, the name and the set of endpoints. So a
//	            collection that was handed to fourteen people is one client with fourteen
//	            sightings. Other kinds have none: that two people have a connection of one
//	            name to one database does not make it one client, since each is signed in as
//	            themselves
//	host        the host, and tool, path and key on it
//
// If the keys belong to several clients, it is the one whose key is strongest, the older
// one among equals. The others are not joined to it: they may be governed, with an owner
// and grants of their own, and only a person can say that they are the same. They are noted
// as possible duplicates. Keys that nobody had become the chosen one's; the key of the host
// follows what stands there now, all others stay where they are.
type mergeKey struct {
	hash     string
	strength int64
}

// The strengths.
const (
	byHost int64 = iota + 1
	byContent
	byRepository
	byVendor
)

func keyOf(strength int64, parts ...string) mergeKey {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return mergeKey{"k" + string(rune('0'+strength)) + hex.EncodeToString(h.Sum(nil)[:16]), strength}
}

// keysOf are the keys of a client seen on a host, strongest first. Its id in the scan is a
// hash of tool, path and key, where the path begins with the repository if there is one.
func keysOf(host string, c *api.Client) []mergeKey {
	var keys []mergeKey
	if c.ExternalID != "" {
		keys = append(keys, keyOf(byVendor, "vendor", c.Tool, c.ExternalID))
	}
	if r := repositoryOf(c); r != "" {
		keys = append(keys, keyOf(byRepository, "repository", r, c.ID))
	}
	if content := contentOf(c); content != "" {
		keys = append(keys, keyOf(byContent, "content", c.Tool, strings.ToLower(strings.TrimSpace(c.Name)), content))
	}
	return append(keys, keyOf(byHost, "host", host, c.ID))
}

// repositoryOf is the repository a client lies in, as "host/path", if that has a remote.
func repositoryOf(c *api.Client) string {
	for _, s := range c.Sync {
		if s.Mode == string(clientele.SyncGit) && strings.ContainsAny(s.Where, "/:") {
			return slug(s.Where)
		}
	}
	return ""
}

// slug names a remote alike for every protocol: host and path.
func slug(remote string) string {
	sep := ":"
	if _, rest, ok := strings.Cut(remote, "://"); ok {
		remote, sep = rest, "/"
	}
	host, path, ok := strings.Cut(remote, sep)
	if !ok || strings.Contains(host, "/") {
		return "" // a folder of one machine
	}
	if _, after, ok := strings.Cut(host, "@"); ok {
		host = after
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host) + "/" + strings.TrimSuffix(strings.Trim(path, "/"), ".git")
}

// contentOf hashes the set of endpoints of an API client; empty if it has none.
func contentOf(c *api.Client) string {
	if c.Kind != string(clientele.APIClient) || len(c.Endpoints) == 0 {
		return ""
	}
	set := make([]string, 0, len(c.Endpoints))
	for _, e := range c.Endpoints {
		set = append(set, strings.ToUpper(e.Method)+" "+strings.ToLower(e.Scheme)+" "+normalHost(e.Scheme, e.Host)+" "+e.Path)
	}
	slices.Sort(set)
	return keyOf(byContent, slices.Compact(set)...).hash
}

var schemePorts = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "postgres": "5432", "postgresql": "5432", "mysql": "3306", "mongodb": "27017", "redis": "6379", "grpc": "443", "ssh": "22", "ftp": "21"}

// normalHost is a host in lower case without a final dot or its scheme's own port.
func normalHost(scheme, host string) string {
	host = strings.ToLower(host)
	if p, ok := schemePorts[strings.ToLower(scheme)]; ok {
		host = strings.TrimSuffix(host, ":"+p)
	}
	return strings.TrimSuffix(host, ".")
}

// servable reports whether a host names a service: not this machine, and no reference that
// nobody could follow.
func servable(scheme, host string) bool {
	if host == "" || scheme == "" || strings.ContainsAny(host, "{}<>$%[] ") && !strings.HasPrefix(host, "[") || strings.ContainsAny(host, `/\@?#`) {
		return false
	}
	u := url.URL{Host: host}
	name := u.Hostname()
	return name != "" && name != "localhost" && !strings.HasSuffix(name, ".localhost") && !strings.HasPrefix(name, "127.") && name != "::1" && name != "0.0.0.0"
}

// verbOf is what a call does, as far as its method and path tell. exports says that the
// client is known to take data out.
func verbOf(e *api.Endpoint, exports bool) clientele.Verb {
	switch strings.ToUpper(e.Method) {
	case "":
		if exports {
			return clientele.Export
		}
		return clientele.Read
	case "GET", "HEAD", "OPTIONS", "TRACE", "POST":
		for s := range strings.SplitSeq(strings.ToLower(e.Path), "/") {
			if s == "export" || s == "exports" || s == "dump" || s == "bulk-export" {
				return clientele.Export
			}
		}
	}
	switch strings.ToUpper(e.Method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "SUBSCRIBE":
		return clientele.Read
	}
	return clientele.Write
}
