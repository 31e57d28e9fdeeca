package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func noticeCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "notice",
		Short: "See what waits for you, and try out how notices are sent",
		Long: `A notice tells you of something that needs you or concerns you: a request to
decide on, a review, a client of yours that was suspended. It comes by mail, or to
a channel of your team, and is listed here in any case.`,
		Example: `  clientele notice list --waiting
  clientele notice test`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newNoticeList(), newNoticeTest())
	return []*cobra.Command{cmd}
}

func newNoticeList() *cobra.Command {
	var waiting bool
	var limit int
	var after string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List your notices, the newest first",
		Example: "  clientele notice list --waiting",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&waiting, "waiting", false, "only decisions that are still to be made")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many at most, up to 500")
	cmd.Flags().StringVar(&after, "after", "", "go on after this notice")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		if waiting {
			query.Set("waiting", "true")
		}
		if after != "" {
			query.Set("after", after)
		}
		list, err := r.Notices(cmd.Context(), query)
		if err != nil {
			return err
		}
		return show(cmd, list, func(w io.Writer) { noticeTable(w, list, waiting) })
	})
}

func noticeTable(w io.Writer, list api.List[api.Notice], waiting bool) {
	if len(list.Items) == 0 && list.Next == "" {
		if waiting {
			fmt.Fprintln(w, "nothing waits for you")
		} else {
			fmt.Fprintln(w, "you were told nothing so far")
		}
		return
	}
	var rows [][]string
	for _, n := range list.Items {
		until := ""
		if n.Waits {
			until = when(n.Until)
		}
		rows = append(rows, []string{when(n.At), n.Subject, until, n.State, n.URL})
	}
	columns(w, []string{"WHEN", "WHAT", "DECIDE BY", "TOLD", "WHERE"}, rows)
	if list.Next != "" {
		fmt.Fprintf(w, "more: clientele notice list --after %s\n", list.Next)
	}
}

func newNoticeTest() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Send yourself a message over every channel",
		Long:  "Sends you a message over every channel that is set up, at once. Needs the system role admin.",
		Args:  cobra.NoArgs,
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		t, err := r.TestNotices(cmd.Context())
		if err != nil {
			return err
		}
		if err := show(cmd, t, func(w io.Writer) { noticeTrials(w, t) }); err != nil {
			return err
		}
		for _, c := range t.Channels {
			if !c.OK {
				return exitCode(exitFailed)
			}
		}
		return nil
	})
}

func noticeTrials(w io.Writer, t api.NoticeTest) {
	if len(t.Channels) == 0 {
		fmt.Fprintln(w, "no channel is set up: notices are in  clientele notice list  alone\nnext: set notices.mail in the configuration")
		return
	}
	for _, c := range t.Channels {
		if c.OK {
			fmt.Fprintf(w, "%s: handed over\n", plainText(c.Channel))
		} else {
			fmt.Fprintf(w, "%s: %s\n", plainText(c.Channel), plainText(c.Problem))
		}
	}
}
