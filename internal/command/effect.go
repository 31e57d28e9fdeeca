package command

import (
	"cmp"
	"path"
	"strings"
	"sync"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// effect is what an option means.
type effect struct {
	takes bool // the option has a value
	do    func(*run, given)
}

// effects by name, as the tables of tools use them.
func effects() map[string]effect {
	effectsOnce.Do(func() { allEffects = makeEffects() })
	return allEffects
}

var (
	effectsOnce sync.Once // guards allEffects
	allEffects  map[string]effect
)

func makeEffects() map[string]effect {
	return map[string]effect{
		"skip":     {takes: true},
		"flag":     {},
		"next":     {},
		"unknown":  {true, func(r *run, g given) { r.mention(g.value) }},
		"argument": {true, func(r *run, g given) { r.slot(clientele.InArgument, "", g.name, g.value) }},

		"user":     {true, func(r *run, g given) { r.principal(g) }},
		"host":     {true, func(r *run, g given) { r.host = g.value.text }},
		"port":     {true, func(r *run, g given) { r.port = g.value.text }},
		"database": {true, func(r *run, g given) { r.dsn(g.value, true) }},
		"dsn":      {true, func(r *run, g given) { r.dsn(g.value, false) }},
		"url":      {true, func(r *run, g given) { r.urls = append(r.urls, g.value) }},
		"issuer":   {true, func(r *run, g given) { r.issuer = g.value.text }},
		"scope":    {true, func(r *run, g given) { r.scopes = append(r.scopes, g.value.text) }},

		"password":      secret(clientele.Password),
		"token":         secret(clientele.Token),
		"api_key":       secret(clientele.APIKey),
		"secret_key":    secret(clientele.SecretKey),
		"client_secret": secret(clientele.ClientSecret),
		"passphrase":    secret(clientele.Passphrase),
		"secret":        secret(clientele.OtherSecret),
		"stdin_pass":    {false, func(r *run, g given) { r.piped(clientele.Password, g.name) }},
		"stdin_token":   {false, func(r *run, g given) { r.piped(clientele.Token, g.name) }},
		"pass_source":   {true, passSource},

		"account":  {true, func(r *run, g given) { r.account(g, clientele.InAuth, ":") }},
		"percent":  {true, func(r *run, g given) { r.account(g, clientele.InAuth, "%") }},
		"comma":    {true, func(r *run, g given) { r.account(g, clientele.InAuth, ",") }},
		"paccount": {true, proxyAccount},
		"puser":    {true, func(r *run, g given) { r.slot(clientele.InProxy, clientele.Username, g.name, g.value) }},
		"ppass":    {true, func(r *run, g given) { r.slot(clientele.InProxy, clientele.Password, g.name, g.value) }},
		"proxy":    {true, func(r *run, g given) { r.slot(clientele.InProxy, clientele.ConnectionString, g.name, g.value) }},
		"bearer":   {true, bearer},
		"sigv4":    {true, func(r *run, _ given) { r.scheme = "aws_sigv4" }},
		"basic":    scheme("basic"), "digest": scheme("digest"), "ntlm": scheme("ntlm"), "negotiate": scheme("negotiate"),
		"cert": {true, cert},

		"header":    {true, func(r *run, g given) { r.header(g.value) }},
		"pheader":   {true, func(r *run, g given) { r.headerIn(clientele.InProxy, g.value) }},
		"cookie":    {true, cookie},
		"body":      {true, func(r *run, g given) { r.body(g.value) }},
		"raw":       {true, func(r *run, g given) { r.hasBody = true; r.text(clientele.InBody, g.value, "body") }},
		"jsonbody":  {true, func(r *run, g given) { r.body(g.value) }},
		"field":     {true, func(r *run, g given) { r.field(g.value) }},
		"query":     {true, func(r *run, g given) { r.pair(clientele.InQuery, g.value) }},
		"method":    {true, func(r *run, g given) { r.method = g.value.text }},
		"get":       {}, // of weight before the others: see interpret
		"authtype":  {takes: true},
		"head":      {false, func(r *run, _ given) { r.method = cmp.Or(r.method, "HEAD") }}, // -X is stronger
		"upload":    {true, func(r *run, _ given) { r.method = cmp.Or(r.method, "PUT") }},
		"curlvar":   {true, curlVariable},
		"pair":      {true, func(r *run, g given) { r.pair(clientele.InArgument, g.value) }},
		"pairs":     {true, func(r *run, g given) { r.pairs(g.value) }},
		"env":       {true, func(r *run, g given) { r.pair(clientele.InEnv, g.value) }},
		"attribute": {true, attribute},

		"output":   {true, func(r *run, g given) { r.output(g.value.text) }},
		"config":   {true, func(r *run, g given) { r.config(g.value) }},
		"file":     {true, func(r *run, g given) { r.link(clientele.Includes, "", g.value.text) }},
		"vars":     {true, func(r *run, g given) { r.link(clientele.UsesVars, r.tooled(), g.value.text) }},
		"netrc":    {true, func(r *run, g given) { r.link(clientele.UsesVars, "netrc", g.value.text) }},
		"sql":      {true, func(r *run, g given) { r.sql(g.value) }},
		"named":    {true, func(r *run, g given) { r.database = g.value.text }},
		"reporter": {true, reporter},
		"text":     {true, func(r *run, g given) { r.text(clientele.InArgument, g.value, g.name) }},
		"stdin": {true, func(r *run, g given) {
			if g.value.text == "-" {
				r.piped(clientele.OtherSecret, g.name)
			}
		}},
		"script":   {true, func(r *run, g given) { r.text(clientele.InScript, g.value, g.name) }},
		"eachpair": {true, func(r *run, g given) { r.pair(clientele.InSetting, g.value) }},
	}
}

func secret(role clientele.Role) effect {
	return effect{true, func(r *run, g given) { r.slot(clientele.InArgument, role, g.name, g.value) }}
}

func scheme(s string) effect {
	return effect{false, func(r *run, _ given) { r.scheme = s }}
}

// piped is a secret that the tool reads from what is piped into it.
func (r *run) piped(role clientele.Role, name string) {
	w := r.input
	w.text = strings.TrimSpace(w.text)
	r.slot(clientele.InArgument, role, name, w)
}

func (r *run) principal(g given) {
	r.user, r.principalLine = g.value.text, g.value.line
	r.slot(clientele.InArgument, clientele.Username, g.name, g.value)
}

// fillers are passwords of which the API takes no notice: the user name is the key.
var fillers = map[string]bool{"": true, "x": true, "x-oauth-basic": true, "api_token": true, "X": true}

// account is a user name and a password in one value.
func (r *run) account(g given, place clientele.Place, sep string) {
	if r.scheme == "" {
		r.scheme = "basic"
	}
	if r.scheme == "bearer" {
		bearer(r, g)
		return
	}
	user, password, found := g.value.cut(sep)
	if found && fillers[password.text] {
		r.slot(place, "", g.name, user)
		return
	}
	if !found && strings.HasPrefix(user.text, "$") {
		r.slot(place, "", g.name, user) // the whole pair in a variable
		return
	}
	r.user, r.principalLine = user.text, user.line
	r.slot(place, clientele.Username, g.name, user)
	r.slot(place, clientele.Password, g.name, password)
}

func proxyAccount(r *run, g given) {
	user, password, _ := g.value.cut(":")
	r.slot(clientele.InProxy, clientele.Username, g.name, user)
	r.slot(clientele.InProxy, clientele.Password, g.name, password)
	if n := len(r.slots); n > 0 && !password.empty() {
		r.slots[n-1].Principal = user.text
	}
}

func bearer(r *run, g given) {
	r.scheme = "bearer"
	r.slot(clientele.InAuth, clientele.Token, g.name, g.value)
}

// signSlot makes the account of a signed request a key id and a secret key.
func signSlot(s *clientele.Slot) {
	if s.Place != clientele.InAuth {
		return
	}
	switch s.Role {
	case clientele.Password:
		s.Role = clientele.SecretKey
	case clientele.Username:
		s.Role = clientele.Identifier
	}
}

// cert is a client certificate's file with its passphrase: "client.pem:secret".
func cert(r *run, g given) {
	file, pass, found := g.value.cut(":")
	if found && len(file.text) == 1 && strings.HasPrefix(pass.text, `\`) { // a drive
		var more bool
		rest := pass
		if _, pass, more = rest.cut(":"); !more {
			pass.text = ""
		}
	}
	r.slot(clientele.InCertificate, clientele.Passphrase, g.name, pass)
	if r.scheme == "" {
		r.scheme = "mtls"
	}
}

// passSource is openssl's way to name where a password comes from.
func passSource(r *run, g given) {
	p := strings.TrimPrefix(g.value.text, "pass:")
	if p != "stdin" && !strings.HasPrefix(p, "fd:") {
		r.slot(clientele.InArgument, clientele.Passphrase, g.name, g.value.with(p))
	}
}

func cookie(r *run, g given) {
	if !strings.Contains(g.value.text, "=") {
		if !strings.HasPrefix(g.value.text, "$") {
			r.link(clientele.Includes, "", g.value.text)
			return
		}
	}
	r.slot(clientele.InCookie, clientele.CookieHeader, "Cookie", g.value)
}

func (r *run) header(w word) { r.headerIn(clientele.InHeader, w) }

func (r *run) headerIn(place clientele.Place, w word) {
	if file, ok := strings.CutPrefix(w.text, "@"); ok {
		r.link(clientele.Includes, "", file)
		return
	}
	name, value, found := w.cut(":")
	if !found {
		if strings.HasPrefix(w.text, "$") { // the whole header in a variable
			r.slot(place, "", "", w)
		}
		return
	}
	name.text, value.text = strings.TrimSpace(name.text), strings.TrimSpace(value.text)
	if place == clientele.InHeader && (r.sent == "" || r.sent == "api_key") {
		r.sent = cmp.Or(dsn.HeaderScheme(name.text, value.text), r.sent)
	}
	r.slot(place, "", name.text, value)
}

// body is data that is sent: from a file behind @, from the input behind @-.
func (r *run) body(w word) {
	r.hasBody = true
	switch {
	case w.text == "@-":
		r.text(clientele.InBody, r.input, "body")
	case strings.HasPrefix(w.text, "@"):
		r.link(clientele.Includes, "", w.text[1:])
	case r.toQuery:
		r.text(clientele.InQuery, w, "query")
	default:
		r.text(clientele.InBody, w, "body")
	}
}

// field is one form field: name=value, name=@file, name=<file, with curl's ;type=… behind.
func (r *run) field(w word) {
	r.hasBody = true
	name, value, found := w.cut("=")
	if !found || name.text == "" || strings.Contains(name.text, "@") && !strings.Contains(name.text, "[") {
		return
	}
	if strings.HasPrefix(value.text, "@") || strings.HasPrefix(value.text, "<") {
		return
	}
	if i := strings.Index(value.text, ";type="); i >= 0 {
		value.text = value.text[:i]
	}
	r.slot(clientele.InBody, "", name.text, value)
}

// pair is name=value, for the server or for the tool's own templates.
func (r *run) pair(place clientele.Place, w word) {
	name, value, found := w.cut("=")
	if !found || name.text == "" {
		return
	}
	value.text = unquoted(value.text)
	r.slot(place, "", strings.TrimSuffix(strings.TrimSpace(name.text), ":"), value)
}

// pairs are a=b,c=d of helm --set, or a=b c=d of ansible -e.
func (r *run) pairs(w word) {
	if t := strings.TrimSpace(w.text); strings.HasPrefix(t, "{") {
		r.text(clientele.InArgument, w, "variables")
		return
	}
	sep := ","
	if !strings.Contains(w.text, ",") {
		sep = " "
	}
	for more := true; more; {
		var one word
		one, w, more = w.cut(sep)
		r.pair(clientele.InArgument, one)
	}
}

func unquoted(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// curlVariable is --variable NAME=value, %NAME, %NAME=default, NAME@file.
func curlVariable(r *run, g given) {
	name, value, found := g.value.cut("=")
	n := strings.TrimPrefix(name.text, "%")
	if i := strings.IndexAny(n, "[@"); i >= 0 {
		return
	}
	if found {
		r.set(n, value, r.chain)
	}
}

// attribute is one of a list such as kcat's -X sasl.password=…
func attribute(r *run, g given) { r.pair(clientele.InSetting, g.value) }

// reporter is a list of names with files: junit=out.xml or json:out.json.
func reporter(r *run, g given) {
	for _, one := range strings.Split(g.value.text, ",") {
		if i := strings.IndexAny(one, "=:"); i > 0 && !strings.Contains(one, "://") {
			r.output(one[i+1:])
		}
	}
}

// dsn is a connection string or URL, or else, where named, a database's name.
func (r *run) dsn(w word, named bool) {
	switch low := strings.ToLower(w.text); {
	case strings.Contains(low, "://"):
		r.urls = append(r.urls, w)
	case strings.Contains(low, "password=") || strings.Contains(low, "pwd=") || strings.Contains(low, "host=") ||
		strings.HasPrefix(low, "jdbc:") || strings.Contains(low, "accountkey="):
		r.slot(clientele.InArgument, clientele.ConnectionString, "dsn", w)
	case named:
		r.database = w.text
	case strings.HasPrefix(w.text, "$"):
		r.urls = append(r.urls, w)
	}
}

// mention takes a URL with userinfo wherever it stands in a command of which no more is
// known.
func (r *run) mention(w word) {
	scheme, rest, found := strings.Cut(w.text, "://")
	if !found || scheme == "" || strings.ContainsAny(scheme, " \n\"'{") {
		return
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 && !strings.Contains(rest[:i], "$") {
		authority = rest[:i]
	}
	if strings.Contains(authority, "@") && strings.Contains(authority, ":") {
		r.urls = append(r.urls, w)
	}
}

func mentions(r *run, args []word) {
	for _, a := range args {
		r.mention(a)
	}
}

// baseName is a file's name without folders, for what is said of exports.
func baseName(s string) string { return path.Base(strings.ReplaceAll(s, `\`, "/")) }
