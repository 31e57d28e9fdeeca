// Package browser decodes what developer tools that run in a browser keep in its profile:
// Hoppscotch (at hoppscotch.io and where a team hosts it), Postman's web application, Swagger
// UI, GraphiQL, GraphQL Playground, Altair and Restfox.
//
// A profile is personal. These decoders read two stores, the local storage of Chromium
// (LevelDB) and of Firefox (SQLite), and of them only the keys that one of the tools writes;
// what other sites keep is passed over unread. They are used only when a person asks for
// browsers (see clientele.Decoder.Browser).
//
// Sources: chromium/src components/services/storage/dom_storage; google/leveldb
// doc/{impl,log_format,table_format}.md; google/snappy format_description.txt; mozilla-central
// dom/localstorage (SnappyUtils, LSValue) and dom/storage/StorageDBThread; the web
// applications' own sources (hoppscotch-common services/persistence, graphql/graphiql
// storage-api, graphql/graphql-playground, altair-graphql/altair, flawiddsouza/Restfox,
// swagger-api/swagger-ui plugins/auth).
package browser

import (
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/clientele/clientele"
)

// Decoders are the decoders of this package.
var Decoders = []clientele.Decoder{
	{Name: "chromium local storage", Paths: []string{"Local Storage/leveldb/CURRENT"}, Binary: true, Browser: true, Decode: decodeChromium},
	{Name: "firefox local storage", Paths: []string{"ls/data.sqlite", "webappsstore.sqlite"}, Binary: true, Browser: true, Decode: decodeFirefox},
}

// entry is one value in a browser's store.
type entry struct {
	origin, key, value string
	old                bool // overwritten or deleted, and still on the disk
}

// app is a tool, by the keys it writes.
type app struct {
	tool clientele.Tool
	name string
	host string   // the end of the host, where the keys alone are too common; empty: any
	keys []string // patterns in the manner of path.Match
}

var apps = []app{
	{tool: "hoppscotch", name: "Hoppscotch", keys: []string{"persistence.v1:*", "*.persistence.v1:*"}},
	{tool: "hoppscotch", name: "Hoppscotch", host: "hoppscotch.io", keys: []string{"collections", "collectionsGraphql", "environments", "globalEnv",
		"history", "graphqlHistory", "restTabs", "gqlTabs", "RESTTabs", "GQLTabs", "WebsocketRequest", "SocketIORequest", "SSERequest", "MQTTRequest",
		"vuex", "login_state", "*-backup", "*_backup"}},
	{tool: "postman", name: "Postman web", host: "postman.co", keys: []string{"*"}},
	{tool: "swagger-ui", name: "Swagger UI", keys: []string{"authorized", "drf-yasg-auth"}},
	{tool: "graphiql", name: "GraphiQL", keys: []string{"graphiql:*", "PostGraphiQL:*", "PostGraphiQL_*"}},
	{tool: "graphql-playground", name: "GraphQL Playground", keys: []string{"graphql-playground*"}},
	{tool: "altair", name: "Altair", keys: []string{"altair", "altair_*", "altair-*"}},
	{tool: "restfox", name: "Restfox", keys: []string{"restfox*", "Restfox*"}},
}

// owner is the tool that wrote an entry, if it is one of them.
func owner(e entry) (app, bool) {
	for _, a := range apps {
		if a.host != "" && !under(e.origin, a.host) {
			continue
		}
		for _, k := range a.keys {
			if ok, _ := path.Match(k, strings.ReplaceAll(e.key, "/", "_")); ok {
				return a, true
			}
		}
	}
	return app{}, false
}

// under reports whether an origin's host is host or ends with a dot and host.
func under(origin, host string) bool {
	_, h, _ := strings.Cut(origin, "://")
	h, _, _ = strings.Cut(h, ":")
	h, _, _ = strings.Cut(h, "^")
	h = strings.TrimSuffix(h, "/")
	return h == host || strings.HasSuffix(h, "."+host)
}

// parts makes one part for each tool at each origin.
func parts(entries []entry) []clientele.Part {
	sort.SliceStable(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		if a.origin != b.origin {
			return a.origin < b.origin
		}
		if a.key != b.key {
			return a.key < b.key
		}
		return !a.old && b.old
	})
	var all []clientele.Part
	at := map[string]int{}
	for _, e := range entries {
		a, ok := owner(e)
		if !ok || e.value == "" {
			continue
		}
		key := string(a.tool) + " " + e.origin
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, clientele.Part{Tool: a.tool, Kind: clientele.Browser, Format: "local storage", Name: a.name + " at " + e.origin,
				Syntax: syntax(a), Bind: clientele.Bind{Key: key}, Sync: []clientele.Sync{{Mode: clientele.SyncLocal, Detail: "browser profile"}}})
		}
		r := reader{part: &all[i], old: e.old, origin: e.origin}
		r.entry(a, e)
	}
	return slices.DeleteFunc(all, empty)
}

// empty reports whether a part holds nothing that was in a value.
func empty(p clientele.Part) bool {
	return len(p.Slots)+len(p.Texts)+len(p.Requests)+len(p.Identities) == 0
}

func syntax(a app) clientele.Syntax {
	switch a.tool {
	case "hoppscotch":
		return clientele.SyntaxHoppscotch
	case "postman":
		return clientele.SyntaxPostman
	}
	return clientele.SyntaxGeneric
}
