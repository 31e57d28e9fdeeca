package clientele

import (
	"io/fs"
	"time"
)

// File is one file of a tree as a Decoder gets it.
type File struct {
	// Path is slash-separated and names the file to a person: absolute, or relative to the
	// root of the scan.
	Path string
	// Data is the content. For text it is valid UTF-8 without a byte order mark, whatever
	// the file was encoded in; for a Decoder with Binary set it is the bytes as they lie on
	// disk. A decoder must not change or keep it.
	Data []byte
	Mode fs.FileMode
	// Sibling reads another file named relative to this one's folder (it may climb with
	// ".."), under the limits of the scan and never out of its tree. The error is fs.ErrNotExist where there is none.
	// It is never nil when the scanner calls.
	Sibling func(name string) ([]byte, error)
}

// Decoder understands one format of one tool.
//
// Decode gets a file whose path or content matched and answers one of three ways:
// (nil, nil), this is not my format after all; (parts, nil); or an error that says what
// was wrong and where ("line 12: auth is a number"), together with the parts that could
// still be read. It keeps no state, does no I/O but File.Sibling, bounds its own work, and
// never panics whatever the bytes.
type Decoder struct {
	Name string // "postman collection": lower case, unique in the table
	// Paths are patterns in the manner of path.Match, against the end of the path: "*.bru"
	// and ".netrc" match a base name, ".aws/credentials" the last two elements. Matching
	// ignores case.
	Paths []string
	// Marks are texts of at least five bytes, at least one of which stands, in any case, in
	// every file of the format. A file with a mark is offered to the decoder wherever it lies.
	// Keep them rare: a mark found in ordinary source code costs every scan.
	Marks []string
	// Binary asks for the raw bytes, and for files that hold NUL bytes.
	Binary bool
	// Browser marks formats of browser profiles, read only when asked for.
	Browser bool
	Decode  func(File) ([]Part, error)
}

// Part is what one place in one file says of one client. Everything in it is as written:
// references are not resolved, values are not judged. Those are the scanner's work, done
// once for all tools.
type Part struct {
	Tool   Tool
	Kind   Kind
	Format string // the format in words and version: "collection v2.1", "environment"
	Name   string // what a person calls it: the collection's, connection's or profile's name
	Line   int    // where in the file it begins, from 1; 0 means not known
	// ExternalID is the id by which the vendor's cloud knows it ("1234567-0a1b…").
	ExternalID string
	// Environment is the name of the environment the part stands for ("Production"), and
	// only if the file says so.
	Environment string
	Syntax      Syntax // how references are written in this part
	Bind        Bind

	Requests   []Request
	Slots      []Slot
	Variables  []Variable
	Texts      []Text
	Identities []Identity
	Owners     []Owner
	Approvals  []Approval
	Links      []Link
	Sync       []Sync
	Auth       *Auth // what a file of a tree sets for all requests below its folder
	// Exports says, in a few words each, how the client takes data out in bulk, where the
	// format makes that plain: "pg_dump of database orders", "rclone copy".
	Exports []string
	// Outputs are the files the client leaves behind when it runs: reports, exported
	// environments, cookie jars.
	Outputs []string
}

// Bind says how a part becomes, or joins, a client.
type Bind struct {
	As BindAs
	// Dir is the folder that a Root stands for, slash-separated like File.Path. Empty means
	// the folder of the file.
	Dir string
	// Key tells several clients of one file apart: a connection's id, a server's name. It
	// goes into the client's id, so it must be stable and no secret.
	Key string
}

// BindAs is the manner in which a part binds.
type BindAs string

// The manners of binding. The zero value is Alone.
const (
	// Alone is a client of its own, told from others of the same file by Key.
	Alone BindAs = ""
	// Root makes a client of the folder Bind.Dir, which Members below it join.
	Root BindAs = "root"
	// Member joins the nearest Root of the same tool at or above the file's folder, and
	// where there is none makes that folder the client.
	Member BindAs = "member"
	// Supplies gives variables to clients of the same tool: those linked to it, else those
	// near it that refer to a name it defines, else it is a client of its own.
	Supplies BindAs = "supplies"
	// Annotates adds what it knows (links, sync, owners) to the clients its links name, and
	// makes no client.
	Annotates BindAs = "annotates"
)

// Request is one call the client makes.
type Request struct {
	Chain  []string // the names that lead to it: folder, folder, request
	Method string   // upper case; empty where the protocol has none
	// URL is as written, with its references, query and all. It may hold a secret: the
	// scanner takes it apart, so a decoder does not repeat what stands in it as slots,
	// except for rows the URL does not show (disabled ones).
	URL  Plaintext
	Line int
	Auth *Auth // nil: none that the format knows of
	// Dormant and Recorded are as in Slot, and hold for what stands in the URL.
	Dormant, Recorded bool
}

// Auth is how a request, or all below a folder, authenticates.
type Auth struct {
	// Scheme is one of none, inherit, basic, bearer, api_key, digest, ntlm, negotiate, hawk,
	// oauth1, oauth2, aws_sigv4, jwt, mtls, edgegrid, asap, wsse, cookie, custom.
	Scheme string
	Chain  []string // where it is set, as names from the top of the file; nil: on the request itself
}

// Slot is a place where a credential can be, with what stands in it.
type Slot struct {
	Place Place
	// Role is set when the format itself says what the value is (auth.basic.password). Left
	// empty, the scanner infers it from Name, Place and value, so a decoder emits headers,
	// query rows, form fields and environment entries as they come.
	Role  Role
	Name  string   // of the header, field, variable or argument
	Chain []string // the names that lead to it: request, "auth", "basic"; without Name
	Value Plaintext
	Line  int
	// File is the file in which the value stands, relative to the folder of the file that was
	// decoded, where a decoder joins two (File.Sibling). Empty: the decoded file itself.
	File string
	// Dormant: a disabled row, an unselected auth block, an inactive environment.
	Dormant bool
	// Recorded: captured from a live exchange: a saved response, a history, a cookie jar.
	Recorded bool
	// Marked: the tool was told that the value is secret.
	Marked bool
	// Class is set when the structure decides it: Encrypted for a sealed blob, Obfuscated
	// for what was recovered with a published key (Value is then what was recovered).
	// Empty: the scanner decides.
	Class Class
	// Principal is the user name or key id that goes with the value, if the same block
	// names one.
	Principal string
	// Host is the host the value is sent to, if the format ties the two together (netrc,
	// a registry's token).
	Host      string
	ExpiresAt time.Time // zero: not said
}

// Variable is a named value that others refer to. It is a slot as well: a decoder does not
// emit it a second time.
type Variable struct {
	Name   string
	Value  Plaintext
	Scope  string // collection, folder, request, environment, global, local, shared
	Set    string // the environment it belongs to, where one part holds several
	Chain  []string
	Line   int
	File   string // as in Slot
	Marked bool   // the tool was told that it is secret
	// Dormant: disabled, or shadowed in the tool's own interface.
	Dormant bool
	Class   Class // as in Slot
	// External says where the value really is when the file only refers to it
	// ("azure-key-vault: kv/prod/db").
	External string
}

// Text is free text that may hold anything: a script, a description, a response's body, a
// header dump. The scanner reads JSON and forms in it as fields and searches the rest.
type Text struct {
	Place    Place
	Chain    []string
	Text     Plaintext
	Line     int
	Dormant  bool
	Recorded bool
	// Language is "shell" for commands, which are then parsed; "" for the rest.
	Language string
}

// Link ties a part to another file or to a cloud's object.
type Link struct {
	Rel  LinkRel
	Tool Tool   // the tool whose file is meant, if known
	Path string // as written, relative to the file's folder or to the repository's root
	ID   string // the cloud's id for it, if it is named so
}

// LinkRel says what a link means.
type LinkRel string

// The relations.
const (
	Runs     LinkRel = "runs"     // this part runs that collection
	UsesVars LinkRel = "uses"     // this part takes variables from that file
	SyncedAs LinkRel = "synced"   // the file at Path is kept in the cloud as ID
	Lists    LinkRel = "lists"    // this part names the file without running it
	Includes LinkRel = "includes" // the content of that file belongs to this one
)

// Sync says how a client's content travels.
type Sync struct {
	Mode   SyncMode
	Where  string // remote URL without userinfo, workspace id, organisation
	Detail string // "tracked", "ignored by git", "private environment is not synced"
}

// SyncMode is the manner in which content travels.
type SyncMode string

// The manners of syncing.
const (
	SyncLocal SyncMode = "local"
	SyncGit   SyncMode = "git"
	SyncCloud SyncMode = "cloud"
)

// Approval is a permission an agent was given: what it may do without asking.
type Approval struct {
	What  string // the tool, command or path that is allowed, as written
	Rule  string // the setting that allows it: "alwaysAllow", "permissions.allow", "trust"
	Broad bool   // it allows everything of its sort
	Line  int
}
