// Command clientele finds the API clients that developers use, and what they hold.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/clientele/clientele"
	"github.com/spf13/cobra"
)

// Exit codes. They are part of the interface: scripts and pipelines rely on them.
const (
	exitOK       = 0
	exitFindings = 1 // findings at or above --fail-on
	exitUsage    = 2 // the command line or an input file is wrong
	exitFailed   = 3 // the work could not be done
	exitDenied   = 4 // policy or a separation of duties forbids it, or nobody is signed in
	exitStopped  = 130
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var code exitCode
	var ran *runError
	if err != nil && !errors.As(err, &ran) { // cobra refused the command line
		meant, _, _ := root.Find(args)
		fmt.Fprintf(errOut, "clientele: %v\n  see: %s --help\n", err, meant.CommandPath())
		return exitUsage
	}
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errOut, "clientele: stopped")
		return exitStopped
	}
	fmt.Fprintln(errOut, "clientele:", err)
	var ce *clientele.Error
	if errors.As(err, &ce) {
		advise(errOut, ce)
	}
	return exitOf(clientele.KindOf(err))
}

// advise says which rule denied, who could allow it, and what to do next.
func advise(w io.Writer, e *clientele.Error) {
	if e.Rule != "" {
		fmt.Fprintln(w, "  rule: "+e.Rule)
	}
	if len(e.Approvers) > 0 {
		fmt.Fprintln(w, "  who can allow it: "+plainText(strings.Join(e.Approvers, ", ")))
	}
	if e.Hint != "" {
		fmt.Fprintln(w, "  "+e.Hint)
	}
}

func exitOf(kind clientele.ErrorKind) int {
	switch kind {
	case clientele.Internal, clientele.Unavailable:
		return exitFailed
	case clientele.Denied, clientele.Unauthenticated:
		return exitDenied
	}
	return exitUsage
}

// exitCode ends the command with a code and no message: what there is to say was said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "clientele",
		Short: "Find and govern the API clients that developers use",
		Long: `Clientele finds the API clients that developers use (Postman, Insomnia, Bruno,
.http files, curl and scripts, CI jobs, database tools, AI agents with MCP
servers), says what each connects to and where its secrets live, and helps to
govern them.

Begin with:  clientele scan`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &runError{&clientele.Error{Kind: clientele.Invalid, Msg: err.Error(), Hint: "see: " + c.CommandPath() + " --help"}}
	})
	root.SetVersionTemplate("clientele {{.Version}}\n")
	root.AddCommand(commands()...)
	mark(root)
	return root
}

// runError is an error of a command that ran, told from those of its command line.
type runError struct{ err error }

func (r *runError) Error() string { return r.err.Error() }
func (r *runError) Unwrap() error { return r.err }

// mark wraps the errors of every command.
func mark(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			if err := run(c, args); err != nil {
				return &runError{err}
			}
			return nil
		}
	}
	for _, c := range cmd.Commands() {
		mark(c)
	}
}

// commands are all commands, in the order of the help. One file a noun holds its lines.
func commands() []*cobra.Command {
	return slices.Concat(
		[]*cobra.Command{newScan(), newExplain()},
		serverCommands(),
		loginCommands(), personCommands(), teamCommands(), tokenCommands(),
		changeCommands(),
		requestCommands(), policyCommands(),
		auditCommands(),
		noticeCommands(),
		ownerCommands(), vendorCommands(), breakGlassCommands(), delegateCommands(), leaverCommands(),
		reviewCommands(),
		campaignCommands(),
		clientCommands(), hostCommands(),
		serviceCommands(), findingCommands(), credentialCommands(), usageCommands(),
	)
}

// version is that of the build: a release's tag, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
