package dsn

import "strings"

// pair is name=value; from and to are where the value stands, quotes included.
type pair struct {
	name, value string
	from, to    int
}

// pairs reads name=value pairs between any bytes of separators, as ODBC and .NET write them:
// a value may be quoted by " or ' or braces, a doubled closing quote stands for itself. It
// stops with false at a field that is no pair.
func (r *reading) pairs(from, to int, separators string, take func(pair)) bool {
	s := r.s
	for from < to {
		for from < to && (s[from] == ' ' || strings.IndexByte(separators, s[from]) >= 0) {
			from++
		}
		if from == to {
			return true
		}
		eq := next(s, from, to, "="+separators)
		if eq == to || s[eq] != '=' || eq == from {
			return false
		}
		value := eq + 1
		for value < to && s[value] == ' ' {
			value++
		}
		text, end := r.value(value, to, separators)
		name := strings.TrimSpace(s[from:eq])
		take(pair{name, text, value, max(end, value)})
		from = next(s, end, to, separators)
	}
	return true
}

// value reads one value and gives the place behind it.
func (r *reading) value(from, to int, separators string) (string, int) {
	if text, end := quoted(r.s[:to], from); end > 0 && onlySpace(r.s, end, to, separators) {
		return text, end
	}
	end := next(r.s, from, to, separators)
	text := strings.TrimRight(r.s[from:end], " ")
	return text, from + len(text)
}

// onlySpace reports whether nothing but blanks stands between i and the next separator.
func onlySpace(s string, i, to int, separators string) bool {
	for i < to && s[i] == ' ' {
		i++
	}
	return i == to || strings.IndexByte(separators, s[i]) >= 0
}

// quoted reads a quoted value that begins at from; the end is 0 if there is none.
func quoted(s string, from int) (string, int) {
	if from >= len(s) {
		return "", 0
	}
	closing := s[from]
	switch closing {
	case '"', '\'':
	case '{':
		if reference(s[from:]) > 0 {
			return "", 0
		}
		closing = '}'
	default:
		return "", 0
	}
	var b strings.Builder
	for i := from + 1; i < len(s); i++ {
		if s[i] != closing {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == closing {
			b.WriteByte(closing)
			i++
			continue
		}
		return b.String(), i + 1
	}
	return "", 0
}

// meaning is what the name of a setting says.
type meaning int

const (
	other meaning = iota
	isUser
	isPassword
	isHost
	isPortName
	isDatabase
	isDriver
	isKey       // Azure's keys, which stay parameters
	isEndpoint  // a URL
	isCompanion // says only that the string is one of connection settings
)

var meanings = func() map[string]meaning {
	m := map[string]meaning{}
	for of, names := range map[meaning]string{
		isUser:     `user username uid userid login usr userprincipalname accountname sharedaccesskeyname accesskeyname`,
		isPassword: `password pwd pass passwd userpassword`,
		isHost:     `server datasource host hostname hostaddr address addr networkaddress servername hosts contactpoints`,
		isPortName: `port portnumber`,
		isDatabase: `database initialcatalog dbname databasename db catalog defaultdatabase servicename sid
			attachdbfilename defaultcatalog dbq`,
		isDriver: `driver dsn provider filedsn`,
		isKey: `accountkey sharedaccesskey sharedaccesssignature instrumentationkey accesskey
			sharedsecretvalue`,
		isEndpoint: `endpoint accountendpoint blobendpoint queueendpoint tableendpoint fileendpoint
			dfsendpoint ingestionendpoint serviceuri endpointurl`,
		isCompanion: `integratedsecurity trustedconnection multipleactiveresultsets encrypt
			trustservercertificate persistsecurityinfo connecttimeout connectiontimeout
			defaultendpointsprotocol endpointsuffix entitypath sslmode charset pooling
			applicationname deviceid authentication applicationintent version secret
			synctimeout abortconnect ssl allowadmin schema warehouse role protocol`,
	} {
		for _, n := range strings.Fields(names) {
			m[n] = of
		}
	}
	return m
}()

// credential takes a pair that may be the user or the password.
func (r *reading) credential(p pair) {
	switch m := meanings[fold(p.name)]; {
	case m == isUser && r.t.User == "":
		r.t.User = p.value
	case m == isPassword && !r.t.HasPassword:
		r.password(p.value, p.from, p.to)
	default:
		r.param(p)
	}
}

// setting takes a pair that may say anything of the target.
func (r *reading) setting(p pair) {
	switch meanings[fold(p.name)] {
	case isHost:
		r.server(p.value)
	case isPortName:
		r.ports = append(r.ports, strings.Split(p.value, ",")...)
	case isDatabase:
		if r.t.Database == "" {
			r.t.Database = p.value
		}
	case isEndpoint:
		r.endpoint(p)
	default:
		r.credential(p)
	}
}

// server takes the value of Server= or Data Source=: tcp:host,1433; host\instance; a, b;
// or one of Oracle's descriptions in parentheses.
func (r *reading) server(v string) {
	if strings.HasPrefix(v, "(") && strings.Contains(v, "=") {
		r.description(v)
		return
	}
	for _, net := range []string{"tcp:", "np:", "lpc:", "admin:"} {
		if len(v) > len(net) && strings.EqualFold(v[:len(net)], net) {
			v = v[len(net):]
		}
	}
	for h := range strings.SplitSeq(v, ",") {
		h = strings.TrimSpace(h)
		if last := len(r.t.Hosts) - 1; last >= 0 && h != "" && isDigits(h) && !hasPort(r.t.Hosts[last]) {
			r.t.Hosts[last] += ":" + h
		} else if h != "" {
			r.t.Hosts = append(r.t.Hosts, h)
		}
	}
}

// description takes hosts and database from (DESCRIPTION=(ADDRESS=(HOST=…)(PORT=…))…).
func (r *reading) description(v string) {
	for field := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == '(' || c == ')' || c == ',' }) {
		name, value, _ := strings.Cut(field, "=")
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		switch meanings[fold(name)] {
		case isHost:
			r.t.Hosts = append(r.t.Hosts, value)
		case isPortName:
			r.ports = append(r.ports, value)
		case isDatabase:
			r.t.Database = value
		}
	}
}

// endpoint takes the host of a URL among the settings. The scheme of the first counts.
func (r *reading) endpoint(p pair) {
	t, ok := parse(p.value, 2)
	if !ok || t.HasPassword {
		r.param(p)
		return
	}
	if r.t.Scheme == "" {
		r.t.Scheme = t.Scheme
	}
	r.t.Hosts = append(r.t.Hosts, t.Hosts...)
	if len(t.Params) > 0 {
		r.param(p)
	}
}
