package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func hostCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "host",
		Short: "See the machines that scans come from, and say whose they are",
		Long: `The first person who sends a scan of a machine is whose machine it is: from then on
only they and security send scans of it, and what is found there was theirs to
see. When a machine changes hands, security says so here.`,
		Example: `  clientele host list
  clientele host assign laptop-7 --to ben@example.com`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newHostList(), newHostAssign())
	return []*cobra.Command{cmd}
}

func newHostList() *cobra.Command {
	var person string
	cmd := &cobra.Command{Use: "list", Short: "List the machines that scans come from", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&person, "person", "", "whose: me, an e-mail address or a user name")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.Host](cmd.Context(), r, "/v1/hosts", chosen("person", person))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, h := range all {
				rows = append(rows, []string{h.Host, h.PersonName, strconv.FormatInt(h.Clients, 10), when(h.LastSeen)})
			}
			columns(w, []string{"HOST", "WHOSE", "CLIENTS", "LAST SCAN"}, rows)
		})
	})
}

func newHostAssign() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "assign HOST --to WHO",
		Short: "Say whose machine a host is",
		Args:  cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&to, "to", "", `an e-mail address or a user name; "" for nobody's`)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := need(cmd, "to"); err != nil {
			return err
		}
		h, err := r.AssignHost(cmd.Context(), args[0], api.HostInput{Person: to})
		if err != nil {
			return err
		}
		return show(cmd, h, func(w io.Writer) {
			if h.Person == "" {
				fmt.Fprintf(w, "%s is nobody's machine: only security sends scans of it\n", h.Host)
				return
			}
			fmt.Fprintf(w, "%s is the machine of %s, who may send scans of it\n", h.Host, plainText(to))
		})
	})
}
