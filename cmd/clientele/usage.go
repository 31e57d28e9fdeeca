package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func usageCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "Report what clients really used",
		Long: `Reports of use, from gateways and logs, tell which grants are needed: reviews offer
to narrow a client to what it used, and what goes unused for 45 days counts as
dormant.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newUsagePost())
	return []*cobra.Command{cmd}
}

func newUsagePost() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "post FILE",
		Short: "Report a summary of use",
		Long: `Post sends summaries of use, one object for a client and an endpoint:

  {"client":"cli_…","service":"https://api.example.com","method":"GET","path":"/orders/{id}",
   "verb":"read","count":120,"first_at":"2026-03-02T08:00:00Z","last_at":"2026-03-02T17:00:00Z"}

The file holds one such object a line, a list of them, or {"uses": […]}; - is
standard input. Counts are added to what is known. The same file sent again counts
once: each stretch of 500 has a key made of what it says.

It takes a machine token, or a person, with the role security.`,
		Example: `  clientele usage post use.ndjson
  gateway-summary | clientele usage post -`,
		Args: cobra.ExactArgs(1),
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		in := cmd.InOrStdin()
		if args[0] != "-" {
			file, err := os.Open(args[0])
			if err != nil {
				return &clientele.Error{Kind: clientele.NotFound, Msg: fmt.Sprintf("cannot read %s: %v", args[0], errors.Unwrap(err))}
			}
			defer file.Close()
			in = file
		}
		sum, err := postUses(in, func(batch []api.ClientUse) (api.UsageTaken, error) {
			return r.PostUsage(cmd.Context(), api.UsageReport{Uses: batch})
		})
		if err != nil {
			if sum.Uses > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "the first %d uses were taken in; correct the rest below them and send the file again: they do not count twice\n", sum.Uses)
			}
			return err
		}
		return show(cmd, sum, func(w io.Writer) { fmt.Fprintf(w, "took in %d uses, %d calls\n", sum.Uses, sum.Calls) })
	})
}

// usesTaken is the sum over all stretches of a file.
type usesTaken struct {
	Uses  int   `json:"uses"`
	Calls int64 `json:"calls"`
}

// postUses sends the uses of a file in stretches, and returns what was taken in.
func postUses(in io.Reader, send func([]api.ClientUse) (api.UsageTaken, error)) (usesTaken, error) {
	var sum usesTaken
	var batch []api.ClientUse
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		taken, err := send(batch)
		if err != nil {
			return err
		}
		sum.Uses += taken.Uses
		sum.Calls += taken.Calls
		batch = batch[:0]
		return nil
	}
	err := readUses(in, func(u api.ClientUse) error {
		batch = append(batch, u)
		if len(batch) == api.MaxUses {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return sum, err
}

// usesOrUse is one object of a file: a use, or a report of many.
type usesOrUse struct {
	api.ClientUse
	Uses []api.ClientUse `json:"uses"`
}

// readUses calls fn for each use in a file: one a line, a list, or reports.
func readUses(in io.Reader, fn func(api.ClientUse) error) error {
	buf := bufio.NewReader(in)
	list, err := beginsList(buf)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(buf)
	dec.DisallowUnknownFields()
	if list {
		_, _ = dec.Token() // the bracket that was seen
	}
	n := 0
	for !list || dec.More() {
		var x usesOrUse
		err := dec.Decode(&x)
		if errors.Is(err, io.EOF) && !list {
			return nil
		}
		if err != nil {
			return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("after %d uses: %v", n, err), Hint: "see: clientele usage post --help"}
		}
		if x.Uses == nil {
			x.Uses = []api.ClientUse{x.ClientUse}
		}
		for _, u := range x.Uses {
			if err := fn(u); err != nil {
				return err
			}
			n++
		}
	}
	if _, err := dec.Token(); err != nil {
		return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("after %d uses the list breaks off", n), Hint: "see: clientele usage post --help"}
	}
	return nil
}

// beginsList reports whether the first thing in a file is a bracket.
func beginsList(buf *bufio.Reader) (bool, error) {
	for {
		c, _, err := buf.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return false, &clientele.Error{Kind: clientele.Invalid, Msg: "the file holds no uses"}
		case err != nil:
			return false, fmt.Errorf("read the uses: %w", err)
		case unicode.IsSpace(c):
		default:
			return c == '[', buf.UnreadRune()
		}
	}
}
