package clientele

import "time"

// Place is the part of an artefact in which a slot lies.
type Place string

// The places.
const (
	InAuth        Place = "auth"
	InHeader      Place = "header"
	InQuery       Place = "query"
	InURL         Place = "url"
	InBody        Place = "body"
	InVariable    Place = "variable"
	InScript      Place = "script"
	InText        Place = "text"
	InResponse    Place = "response"
	InCookie      Place = "cookie"
	InHistory     Place = "history"
	InProxy       Place = "proxy"
	InCertificate Place = "certificate"
	InArgument    Place = "argument"
	InEnv         Place = "env"
	InSetting     Place = "setting"
	InTokenCache  Place = "token_cache"
)

// Role is what a credential is for.
type Role string

// The roles. Those up to Certificate are secret whatever their value looks like; the rest
// name somebody or something, or have to be taken apart first.
const (
	Password     Role = "password"
	Token        Role = "token" // an access token, sent as it is
	RefreshToken Role = "refresh_token"
	IDToken      Role = "id_token"
	APIKey       Role = "api_key"
	ClientSecret Role = "client_secret"
	SecretKey    Role = "secret_key" // signs requests: AWS secret access key, HMAC key
	PrivateKey   Role = "private_key"
	Passphrase   Role = "passphrase"
	SessionID    Role = "session" // a cookie or session that stands for a signed-in user
	WebhookURL   Role = "webhook_url"
	OtherSecret  Role = "secret" // secret by its name or mark, of no known sort

	Username      Role = "username"
	OAuthClientID Role = "client_id"
	Identifier    Role = "identifier" // an account, tenant, key id: not secret
	NotSecret     Role = "none"       // the decoder knows that it is no credential

	ConnectionString Role = "connection_string" // taken apart by the scanner
	AuthHeader       Role = "authorization"     // the value of an Authorization header: likewise
	CookieHeader     Role = "cookie_header"     // the value of a Cookie header: likewise
)

// Secret reports whether a value in this role is a secret whatever it looks like.
func (r Role) Secret() bool {
	switch r {
	case Password, Token, RefreshToken, IDToken, APIKey, ClientSecret, SecretKey, PrivateKey,
		Passphrase, SessionID, WebhookURL, OtherSecret:
		return true
	}
	return false
}

// Class says what stands in a credential slot.
type Class string

// The classes. Only Obfuscated and Literal are embedded secrets.
const (
	Empty       Class = "empty"
	Reference   Class = "reference"   // names a value kept elsewhere
	Placeholder Class = "placeholder" // stands for a value to be filled in
	Encrypted   Class = "encrypted"   // sealed with a key that is not at hand
	Obfuscated  Class = "obfuscated"  // encoded or sealed with a published or adjacent key
	Literal     Class = "literal"     // the value itself
)

// Embedded reports whether the secret itself can be had from the file.
func (c Class) Embedded() bool { return c == Literal || c == Obfuscated }

// Syntax is the grammar in which a tool writes references.
type Syntax string

// The grammars. Detection of references for each is in internal/detect.
const (
	SyntaxNone       Syntax = ""           // values are always literal
	SyntaxGeneric    Syntax = "generic"    // unknown: all common forms count as references
	SyntaxPostman    Syntax = "postman"    // {{name}}, {{vault:name}}, {{$guid}}
	SyntaxInsomnia   Syntax = "insomnia"   // {{ _.name }}, {% tag %}
	SyntaxBruno      Syntax = "bruno"      // {{name}}, {{process.env.X}}
	SyntaxHoppscotch Syntax = "hoppscotch" // <<name>>
	SyntaxThunder    Syntax = "thunder"    // {{name}}, {#system}
	SyntaxHTTPFile   Syntax = "httpfile"   // {{name}}, {{$dotenv X}}, {{%name}}
	SyntaxYaak       Syntax = "yaak"       // ${[ name ]}
	SyntaxKreya      Syntax = "kreya"      // {{ env.name }}
	SyntaxHurl       Syntax = "hurl"       // {{name}}
	SyntaxJMeter     Syntax = "jmeter"     // ${name}, ${__P(x,default)}
	SyntaxSoapUI     Syntax = "soapui"     // ${#Project#x}
	SyntaxMCP        Syntax = "mcp"        // ${VAR}, ${VAR:-default}, ${input:id}, $VAR, %VAR%
	SyntaxShell      Syntax = "shell"      // $VAR, ${VAR:-default}, $(command)
	SyntaxCI         Syntax = "ci"         // ${{ secrets.X }}, $VAR, $(var), << x >>
	SyntaxJinja      Syntax = "jinja"      // {{ env_var('X', 'default') }}
)

// Credential is a slot after judgement: what it holds is kept as a fingerprint and an
// excerpt, never as the value.
type Credential struct {
	// Fingerprint is a keyed hash of the value: equal values have equal fingerprints under
	// one key, and nobody without the key can test a guess. Empty unless Class.Embedded.
	Fingerprint string
	Role        Role
	Class       Class
	Place       Place
	Name        string
	Location    Location
	// Excerpt shows at most a publicly known prefix and the last two characters.
	Excerpt string
	// Weak: a literal such as "changeme", of little worth as a secret.
	Weak      bool
	Dormant   bool
	Recorded  bool
	Marked    bool
	Principal string
	Host      string
	// Provider is the issuer recognised from the value's shape ("github"), or empty.
	Provider  string
	ExpiresAt time.Time
	// Refs are the names that a Reference refers to; DefinedAt is where each leads, in
	// order, as far as it could be followed.
	Refs      []string
	DefinedAt []Location
	// Environment is that of the variable set the value stands in, if one is named.
	Environment string
}

// Location is a place in a tree.
type Location struct {
	File string
	// Path is the structural way to the place: folder, request, header name. It does not
	// change when lines move.
	Path []string
	Line int // from 1; 0: not known
}
