package detect

import (
	"strings"

	"github.com/clientele/clientele"
)

// Sureness says how far a name alone settles that a value is a secret.
type Sureness int

// The degrees of sureness.
const (
	No     Sureness = iota // the name says that it is no secret, or says nothing
	Likely                 // a secret if the value looks generated: "key", "signature", "sid"
	Sure                   // a secret whatever it looks like: "password", "client_secret"
)

// RoleOf infers from its name what a header, field, variable or argument is for. Names are
// read as words, whatever the case and the separators.
func RoleOf(name string) (clientele.Role, Sureness) {
	if len(name) > 200 {
		return "", No
	}
	toks := tokens(name)
	if len(toks) == 0 {
		return "", No
	}
	joined := strings.Join(toks, " ")
	if r, ok := wholeNames[joined]; ok {
		return r.role, r.sure
	}
	if r, ok := wholeNames[strings.ReplaceAll(joined, " ", "")]; ok {
		return r.role, r.sure
	}
	return byWords(toks)
}

type nameRole struct {
	role clientele.Role
	sure Sureness
}

// wholeNames settles names that words alone would judge wrongly. Names stand as their words
// with spaces between, or run together.
var wholeNames = tableOf(
	clientele.AuthHeader, Sure, "authorization, proxy authorization, x authorization, http authorization, authorization header, auth header, http extraheader, extra header",
	clientele.CookieHeader, Sure, "cookie, cookies, set cookie, http cookie, cookie header",
	clientele.Username, No, "user, username, user name, login, usr, uid, userid, pguser, db user, mysql user, account, email, principal",
	clientele.OAuthClientID, No, "client id, clientid, consumer key, app id, application id, oauth client id, oauth2 client id",
	clientele.Identifier, No, `aws access key id, access key id, accesskeyid, key id, kid, tenant id, token id, secret id name, secret name, key name, session name, role session name,
		public key, publishable key, site key, sitekey, csrf token, xsrf token, xcsrf token, x csrf token, x xsrf token, postman token, sec websocket key, sec websocket accept, www authenticate, secret question, account sid, twilio account sid, csrfmiddlewaretoken, request verification token, next token, page token, continuation token,
		page token key, sort key, partition key, primary key, foreign key, cache key, idempotency key, x idempotency key, etag, api key id, instrumentation key, instrumentationkey, appinsights instrumentationkey, public token, device token type, next page token, cancel token, sync token, token address`,
	clientele.Password, Sure, "pin, pin code, pincode, kennwort, contraseña, passord, lösenord, wachtwoord, hasło, пароль, 密码, パスワード, pw, pwd, psw, pass, passwd, password, passcode, pgpassword, mysql pwd, dbpass, userpass, sshpass, passwort, contrasena, motdepasse, senha, rediscli auth, redis auth, requirepass, masterauth, login password",
	clientele.Token, Sure, `token, tok, bearer, jwt, access token, accesstoken, auth token, authtoken, x auth token, x access token, x vault token, private token, x gitlab token, job token, oauth token, api token, apitoken, oauth, oauth2,
		oauth2 bearer, id token hint, x amz security token, aws session token, session token, sessiontoken, security token, x goog iam authorization token, npm token, gh token, github token, pat, personal access token, auth token value, identitytoken, registrytoken, bearer token, bearerauth, dd api token, x shopify access token, x figma token, x github token`,
	clientele.RefreshToken, Sure, "refresh token, refreshtoken",
	clientele.IDToken, Sure, "id token, idtoken",
	clientele.APIKey, Sure, `api key, apikey, x api key, xapikey, appkey, app key, application key, subscription key, ocp apim subscription key, x functions key, license key, licence key,  account key, accountkey, master key, admin key, service key, server key,
		function key, x rapidapi key, rapidapi key, x algolia api key, x mashape key, dd application key, dd api key, developer key, auth key, deploy key, access key, accesskey, service role key, anon key, api access key, write key, ingest key, integration key, x auth key, apisecretkey, dd api key, dd application key`,
	clientele.SecretKey, Sure, `secret access key, aws secret access key, secretaccesskey, secret key, secretkey, shared key, shared access key, sharedaccesskey, signing key, signature key, hmac key, hmac secret, encryption key, cipher key, aes key, private key id secret,
		secret key base, storage key, connection key, webhook signing key, jwt key, session key, sas token, shared access signature, sharedaccesssignature`,
	clientele.ClientSecret, Sure, "client secret, clientsecret, consumer secret, app secret, application secret, oauth client secret, oauth secret, client assertion, client assertion secret, api secret, apisecret, token secret, oauth token secret",
	clientele.PrivateKey, Sure, "private key, privatekey, privkey, priv key, ssh key, ssh private key, pem, rsa key, private key raw, private key pem, key pem, client key data, service account key, keyfile json, service account json, google credentials, signing private key",
	clientele.Passphrase, Sure, "passphrase, pass phrase, private key passphrase, key password, keypassword, keystore password, store password, storepassword, cert password",
	clientele.SessionID, Likely, "sid, session, sessionid, session id, jsessionid, phpsessid, asp net session id, aspnetsessionid, connect sid, connectsid, laravel session, ci session, sessid, auth session, sso, sso session, user session, remember token, remember me, rememberme, sessionkey, gsessionid, aspxauth",
	clientele.OtherSecret, Sure, "secret, secrets, shared secret, webhook secret, app secret value, credential, credentials value, creds, vault token, unseal key, root token, totp secret, otp secret, mfa secret, otp seed, totp seed, mfa seed, recovery code, recovery codes, encryption secret, cookie secret, session secret, jwt secret, signing secret, salt secret, recovery key, seed phrase, mnemonic",
	clientele.OtherSecret, Likely, "k, tokens, key, keys, license, licence, auth, credentials, sig, x amz signature, code, otp, auth code, authorization code, code verifier, hmac, sas, x signature, apitoken id, csrf secret, ticket, assertion",
	clientele.ConnectionString, Sure, `dsn, connection string, connectionstring, conn string, connstr, database url, databaseurl, db url, db uri, redis url, mongo url, mongo uri, mongodb uri, mongodb url, amqp url, rabbitmq url, postgres url, postgresql url, postgres uri, mysql url, jdbc url, jdbcurl,
		sqlalchemy database uri, sqlalchemy database url, celery broker url, broker url, elasticsearch url, clickhouse url, database uri, cache url, sentry dsn, postgres prisma url, direct url, shadow database url`,
	clientele.WebhookURL, Likely, "webhook, webhook url, slack webhook, slack webhook url, hook url, incoming webhook, discord webhook, teams webhook, discord webhook url, teams webhook url",
)

func tableOf(rows ...any) map[string]nameRole {
	m := map[string]nameRole{}
	for i := 0; i+2 < len(rows); i += 3 {
		for _, n := range strings.Split(rows[i+2].(string), ",") {
			m[strings.Join(strings.Fields(n), " ")] = nameRole{rows[i].(clientele.Role), rows[i+1].(Sureness)}
		}
	}
	return m
}

// notTheValue are last words of names of things about a secret, not of the secret.
var notTheValue = words(`url uri urls uris endpoint endpoints host hostname domain type types id ids name names path paths file files filename dir directory location expires expiry
	expiration expire exp ttl lifetime length len size count limit limits max min enabled enable disabled required require optional supported format algorithm alg algo encoding header headers
	prefix suffix field fields label title hint help description desc message text policy policies rule rules regex pattern placeholder version versions scope scopes audience issuer
	param parameter parameters method methods mode placement add provider source src store manager service ref arn index status state error errors code codes endpoint strategy env variable var vars
	in at date time timeout interval rotation age duration days hours seconds minutes reset change changed updated created at usage used question last first next valid validation validator verify verified verification check
	encoder decoder manager required confirm confirmation strength grant grants grantee group groups role roles permission permissions context profile region bucket page link button input form dialog view screen modal icon map list array
	table column row schema object class handler helper factory builder function func callback listener event events config configuration options option settings setting spec template request response
	expired invalid missing present exists set get fetch refreshed renewal generator generation hash algorithm hashed fingerprint thumbprint visible visibility mask masked show hide toggle auth0 endpoint uri realm cookie`)

// sureWords decide when they stand anywhere in a name whose last word does not speak against
// it, the first match first.
var sureWords = []struct {
	word string
	role clientele.Role
}{
	{"passphrase", clientele.Passphrase},
	{"passwort", clientele.Password}, {"kennwort", clientele.Password}, {"contraseña", clientele.Password}, {"lösenord", clientele.Password}, {"wachtwoord", clientele.Password}, {"hasło", clientele.Password}, {"пароль", clientele.Password}, {"密码", clientele.Password},
	{"password", clientele.Password}, {"passwd", clientele.Password}, {"passwrd", clientele.Password}, {"pwd", clientele.Password}, {"passcode", clientele.Password},
	{"secret", clientele.OtherSecret}, {"secrets", clientele.OtherSecret},
	{"token", clientele.Token}, {"jwt", clientele.Token}, {"apikey", clientele.APIKey}, {"apitoken", clientele.Token}, {"authtoken", clientele.Token},
	{"accesstoken", clientele.Token}, {"pat", clientele.Token}, {"bearer", clientele.Token},
	{"pass", clientele.Password}, {"pw", clientele.Password}, {"pin", clientele.Password}, {"credential", clientele.OtherSecret},
	{"privatekey", clientele.PrivateKey}, {"secretkey", clientele.SecretKey}, {"accesskey", clientele.APIKey}, {"clientsecret", clientele.ClientSecret},
	{"dsn", clientele.ConnectionString}, {"sessionid", clientele.SessionID},
}

// keyBefore are words that, before a last "key", make it a secret one.
var keyBefore = words("api secret private access auth account subscription service license licence master admin signing signature encryption shared hmac app application server storage ssh deploy webhook write ingest integration rapidapi functions crypto jwt functions maps openai anthropic stripe sendgrid mailgun twilio datadog gemini google azure aws algolia")

// notSecretBefore are words that, before a key or a token, make it no secret.
var notSecretBefore = words("public publishable primary foreign sort partition cache idempotency site csrf xsrf page next continuation cancel keyboard hot")

func byWords(toks []string) (clientele.Role, Sureness) {
	last := toks[len(toks)-1]
	for len(toks) > 1 && (isDigits(last) || last == "value" || last == "val" || last == "plain" || last == "raw" || last == "base64" || last == "b64" || last == "data" || last == "string" || last == "prod" || last == "production" || last == "staging" || last == "dev" || last == "test" || last == "live" || last == "sandbox" || last == "default") {
		toks = toks[:len(toks)-1]
		last = toks[len(toks)-1]
	}
	for _, t := range toks[:len(toks)-1] {
		if notSecretBefore[t] {
			return "", No
		}
	}
	if len(toks) > 1 {
		for n := min(3, len(toks)-1); n >= 1; n-- { // "STRIPE_API_KEY", "prod db password"
			if r, ok := wholeNames[strings.Join(toks[len(toks)-n:], " ")]; ok && n > 1 {
				return r.role, r.sure
			}
		}
	}
	if notTheValue[last] {
		return "", No
	}
	if last == "tokens" {
		return clientele.Token, Likely
	}
	if last == "key" {
		for _, t := range toks {
			if keyBefore[t] {
				return clientele.APIKey, Sure
			}
		}
		return clientele.OtherSecret, Likely
	}
	for _, s := range sureWords {
		for i, t := range toks {
			if t == s.word || i == len(toks)-1 && len(s.word) > 4 && strings.HasSuffix(t, s.word) {
				return s.role, Sure
			}
		}
	}
	if r, ok := wholeNames[last]; ok && r.sure == Likely && (last != "sid" && last != "license" && last != "licence" || len(toks) == 1) {
		return r.role, Likely
	}
	return "", No
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// Plausible reports whether a value could be a secret in a role that was inferred from a
// name, rather than a flag, a number of seconds, a path, a sentence or an address.
func Plausible(role clientele.Role, value string) bool {
	v := strings.TrimSpace(value)
	switch {
	case v == "" || len(v) > 64<<10:
		return false
	case strings.EqualFold(v, "true") || strings.EqualFold(v, "false"):
		return false
	case role == clientele.PrivateKey:
		return strings.Contains(v, "-----BEGIN") || len(v) >= 40 && !strings.ContainsAny(v, " /\\")
	case role == clientele.SecretKey && strings.Count(v, " ") > 2 && !strings.ContainsAny(v, "\n:"):
		return strings.Count(v, " ") <= 10 // a phrase
	case role != clientele.Password && role != clientele.Passphrase && (isDigits(v) && len(v) < 8 || strings.Contains(v, "@") && strings.Contains(v[strings.Index(v, "@"):], ".") && strings.IndexByte(v, ':') < 0 && role != clientele.ConnectionString || algorithms[strings.ToUpper(v)]):
		return false // a number of seconds, an address, the name of an algorithm
	case isDigits(v) && len(v) < 4, strings.HasPrefix(v, "$") && camel(v[1:]) && len(v) > 1:
		return false // a flag; a variable of GraphQL
	case role == clientele.Password || role == clientele.Passphrase:
		return strings.Count(v, "\n") <= 2 && strings.Count(v, " ") <= 5 && len(v) <= 512
	case isDigits(v) && len(v) < 4:
		return false
	case strings.Contains(v, "://") || strings.HasPrefix(v, "/") && !LooksRandom(v) || strings.HasPrefix(v, "./") || strings.HasPrefix(v, "~/"):
		return false
	case strings.Count(v, " ") > 2 || strings.ContainsAny(v, "\n<>"):
		return false
	case strings.EqualFold(v, "bearer") || strings.EqualFold(v, "basic") || strings.EqualFold(v, "jwt") || strings.EqualFold(v, "oauth2"):
		return false
	case len(v) < 3:
		return false
	case allUpper(v) && strings.Contains(v, "_") && !hasDigit(v):
		return false // the name of an environment variable
	}
	return true
}

var algorithms = words("RS256 RS384 RS512 HS256 HS384 HS512 ES256 ES384 PS256 EDDSA SHA256 SHA-256 SHA1 MD5 AES256 AES-256-GCM BCRYPT ARGON2 NONE")

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
