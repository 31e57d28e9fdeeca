package dsn

import (
	"slices"
	"strings"
)

const mask = "***"

func (r *reading) mask(from, to int) {
	if from < to {
		r.spans = append(r.spans, span{from, to})
	}
}

// masked is the string without its secrets.
func (r *reading) masked() string {
	slices.SortFunc(r.spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, sp := range r.spans {
		if sp.from < at {
			at = max(at, sp.to)
			continue
		}
		b.WriteString(r.s[at:sp.from])
		b.WriteString(mask)
		at = sp.to
	}
	b.WriteString(r.s[at:])
	return without(b.String(), r.t.Password.Reveal())
}

// without replaces what is left of the password, which may be the user's name as well. If
// masking brings it forth again, as it can with a password of asterisks, nothing is shown.
func without(s, password string) string {
	if len(password) <= len(mask) {
		return s
	}
	s = strings.ReplaceAll(s, password, mask)
	if strings.Contains(s, password) {
		return mask
	}
	return s
}

// SecretName reports whether a parameter is secret by its name, whatever its spelling:
// "sslPassword", "shared_access_key", "X-Amz-Signature". Names of files, ids and public
// keys are not.
func SecretName(name string) bool {
	n := strings.TrimRight(fold(name), "0123456789")
	if secretNames[n] {
		return true
	}
	if harmlessKeys[n] {
		return false
	}
	for _, end := range secretEnds {
		if strings.HasSuffix(n, end) {
			return true
		}
	}
	return false
}

var secretNames = words(`auth authorization bearer code credential credentials jwt pw sas
	authmechanismproperties odbcconnect oauthpvtkey sig passcode`)

var secretEnds = []string{
	"password", "passwd", "pwd", "passphrase", "pass", "secret", "token", "signature", "key",
}

// harmlessKeys end like secrets and are none.
var harmlessKeys = words(`publickey publishablekey pubkey sslkey sshkey serverkey partitionkey sortkey
	primarykey foreignkey idempotencykey cachekey objectkey shardkey rowkey groupkey issuekey projectkey
	licensekey orderkey lookupkey nextpagetoken pagetoken continuationtoken nexttoken bypass compass
	allowpublickey requiresecret xsrfheadertoken disableclienttoken`)

// fold is a name in lower case without what only divides words.
func fold(name string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case ' ', '_', '-', '.', '\t':
			return -1
		}
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, name)
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}
