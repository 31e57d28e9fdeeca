// Package clientele is the vocabulary of the product: what an API client is, where it keeps
// its secrets, what it can reach, who answers for it, and what is wrong with it.
//
// An API client is anything that calls an API or a data store on a developer's behalf: a
// Postman collection, a Bruno folder, a shell script with curl in it, a database tool's
// connection, a CI job, an agent's MCP server. The package holds words only. It reads and
// writes nothing, and imports nothing but the standard library, so that every other package
// may speak it.
//
// The words, in the order in which a scan uses them:
//
//	File      one file of a tree, handed to a Decoder
//	Decoder   understands one tool's format
//	Part      what one place in one file says of one client
//	Slot      a place in a part where a credential can be
//	Client    parts that belong together, with what was resolved across them
//	Finding   what a Rule has to say of a client, and what to do about it
package clientele

// Tool names the program whose file was read, in lower case: "postman", "psql", "claude-code".
type Tool string

// Kind is the family a client belongs to. It decides what a normal owner, identity and
// risk look like.
type Kind string

// The kinds of client.
const (
	APIClient       Kind = "api_client"        // Postman, Insomnia, Bruno, .http files, load testers
	DataStoreClient Kind = "data_store_client" // psql, DBeaver, Compass, dbt
	CLI             Kind = "cli"               // a command-line tool with a token cache of its own
	Agent           Kind = "agent"             // an AI agent, or an MCP server it may call
	CIJob           Kind = "ci_job"            // a job of a pipeline
	Script          Kind = "script"            // a shell script or a shell's history
	Browser         Kind = "browser"           // a developer tool that lives in a browser profile
	SourceCode      Kind = "source_code"       // a program's text with a credential in it
)
