package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

// defaultServer is where `clientele up` listens.
const defaultServer = "http://127.0.0.1:7480"

// session is what `clientele login` leaves behind, in a file that only its owner may read.
type session struct {
	Server  string    `json:"server"`
	Token   string    `json:"token"`
	Person  string    `json:"person"`
	Expires time.Time `json:"expires"`
}

func sessionFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", &clientele.Error{Kind: clientele.Invalid, Msg: "the folder for settings is not known", Hint: "set HOME, or use CLIENTELE_SERVER and CLIENTELE_TOKEN"}
	}
	return filepath.Join(dir, "clientele", "session.json"), nil
}

// loadSession takes server and token from the environment, else from the file.
func loadSession() (session, error) {
	s := session{Server: os.Getenv("CLIENTELE_SERVER"), Token: os.Getenv("CLIENTELE_TOKEN")}
	if s.Token != "" {
		if s.Server == "" {
			s.Server = defaultServer
		}
		return s, nil
	}
	file, err := sessionFile()
	if err != nil {
		return s, err
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	var saved session
	if err := json.Unmarshal(b, &saved); err != nil {
		return s, &clientele.Error{Kind: clientele.Invalid, Msg: file + " is damaged", Hint: "clientele login"}
	}
	if s.Server != "" && s.Server != saved.Server {
		return s, nil // a token goes to the server that gave it and to no other
	}
	return saved, nil
}

func saveSession(s session) error {
	file, err := sessionFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeWhole(file, b)
}

// connect is the server as the signed-in person.
func connect() (*api.Remote, error) {
	s, err := loadSession()
	if err != nil {
		return nil, err
	}
	if s.Token == "" {
		return nil, &clientele.Error{Kind: clientele.Unauthenticated, Msg: "nobody is signed in", Hint: "clientele login"}
	}
	return api.NewRemote(s.Server, s.Token), nil
}

// remote makes a command that asks a server: it adds --format and turns the server's
// problems into errors.
func remote(cmd *cobra.Command, run func(cmd *cobra.Command, r *api.Remote, args []string) error) *cobra.Command {
	formatFlag(cmd)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		r, err := connect()
		if err != nil {
			return err
		}
		return told(run(c, r, args))
	}
	return cmd
}

func formatFlag(cmd *cobra.Command) {
	cmd.Flags().StringP("format", "f", "table", "table or json")
	complete(cmd, "format", []string{"table", "json"})
}

// kinds is the reverse of the server's statuses.
var kinds = map[int]clientele.ErrorKind{
	400: clientele.Invalid, 401: clientele.Unauthenticated, 403: clientele.Denied, 404: clientele.NotFound,
	409: clientele.Conflict, 413: clientele.Limit, 422: clientele.Invalid, 429: clientele.Limit, 503: clientele.Unavailable,
}

// told makes an error for people of a server's problem.
func told(err error) error {
	var p *api.Problem
	if !errors.As(err, &p) {
		if err != nil && strings.Contains(err.Error(), "connection refused") {
			return &clientele.Error{Kind: clientele.Unavailable, Msg: "no server answers", Hint: "start one: clientele up", Err: err}
		}
		return err
	}
	kind, ok := kinds[p.Status]
	if !ok {
		kind = clientele.Internal
	}
	e := &clientele.Error{Kind: kind, Msg: p.Error(), Hint: p.Hint, Rule: p.Rule, Approvers: p.Approvers}
	if p.Request != "" && kind == clientele.Internal {
		e.Msg += " (request " + p.Request + ")"
	}
	return e
}

// show writes v as JSON, or as people read it.
func show(cmd *cobra.Command, v any, people func(w io.Writer)) error {
	out := cmd.OutOrStdout()
	switch f, _ := cmd.Flags().GetString("format"); f {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	case "table":
		people(out)
		return nil
	default:
		return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("unknown format %q", f), Hint: "use table or json"}
	}
}

// columns writes rows under a heading, aligned. Control characters in cells, which may come
// from a scanned file, are shown as spaces.
func columns(w io.Writer, head []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range slices.Concat([][]string{head}, rows) {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, plainText(cell))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}

// plainText keeps a terminal from obeying what stands in a name.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}

// when writes a time as people read it, and nothing for none.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}
