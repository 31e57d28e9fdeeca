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
	if errors.As(err, &ce) && ce.Hint != "" {
		fmt.Fprintln(errOut, "  "+ce.Hint)
	}
	if errors.As(err, &ce) && ce.Kind != clientele.Internal {
		return exitUsage
	}
	return exitFailed
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
		return &clientele.Error{Kind: clientele.Invalid, Msg: err.Error(), Hint: "see: " + c.CommandPath() + " --help"}
	})
	root.SetVersionTemplate("clientele {{.Version}}\n")
	root.AddCommand(newScan(), newExplain())
	return root
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
