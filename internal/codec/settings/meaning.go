package settings

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// meaning is what a field is for.
type meaning struct {
	fact fact
	role clientele.Role
}

// fact is what a field tells besides, or instead of, a credential.
type fact int

const (
	credential fact = iota // a slot, in the meaning's role or none
	whoFact                // who signs in
	hostFact
	portFact
	databaseFact
	schemeFact
	addressFact // a URL or connection string, or several between commas
	commandFact // shell text, or the words of a command
	elsewhere   // the name of something that keeps the value
	ignored
)

var meanings = map[string]meaning{
	"password": {role: clientele.Password}, "passphrase": {role: clientele.Passphrase}, "token": {role: clientele.Token},
	"api_key": {role: clientele.APIKey}, "client_secret": {role: clientele.ClientSecret}, "secret_key": {role: clientele.SecretKey},
	"private_key": {role: clientele.PrivateKey}, "secret": {role: clientele.OtherSecret}, "connection": {role: clientele.ConnectionString},
	"none": {role: clientele.NotSecret}, "named": {},
	"client_id": {whoFact, clientele.OAuthClientID}, "user": {whoFact, clientele.Username}, "id": {whoFact, clientele.Identifier},
	"host": {fact: hostFact}, "port": {fact: portFact}, "db": {fact: databaseFact}, "scheme": {fact: schemeFact},
	"url": {fact: addressFact}, "command": {fact: commandFact}, "ref": {fact: elsewhere}, "-": {fact: ignored},
}

// common are the names that mean the same in every format, by what they mean.
var common = vocabulary(map[string]string{
	"user":    "user username login dbuser",
	"host":    "host hostname server",
	"port":    "port",
	"db":      "database dbname",
	"url":     "url uri jdbcurl databaseurl",
	"scheme":  "dialect",
	"ref":     "existingsecret existingsecretname secretref secretname useenvvariable passwordeval",
	"command": "script run beforescript afterscript installscript buildscript testscript deployscript scriptcontent",
})

func vocabulary(lists map[string]string) map[string]meaning {
	all := map[string]meaning{}
	for word, names := range lists {
		for _, n := range strings.Fields(names) {
			all[n] = meanings[word]
		}
	}
	return all
}

// isEnvironment are the names of blocks whose fields are environment variables.
var isEnvironment = regexp.MustCompile(`(?i)^(env|envs|env_?vars|environment|environment_?variables|vars|values|variables|literals|substitutions|extraEnv.*|extraVars)$`)

// credentialName are names that only fields for credentials have. They decide whether a file
// is worth telling; what a field is remains for the scanner to judge.
var credentialName = regexp.MustCompile(`(?i)pass(word|wd|phrase|code)?\d*$|passw|pwd|psk$|secret|token|(api|access|account|private|signing|encryption|master|license|service|auth|app)[-_. ]?key|fernet|credential|salt$|webhook|dsn$|(database|redis|mongo(db)?|postgres|amqp|broker)[-_]?ur[il]|connection_?string|authorization|cookie`)

// fold is a name in lower case without what divides words.
func fold(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(s))
}
