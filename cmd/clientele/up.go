package main

import (
	"fmt"
	"os"
	"time"

	"github.com/clientele/clientele/internal/app"
	"github.com/clientele/clientele/internal/settings"
	"github.com/spf13/cobra"
)

func serverCommands() []*cobra.Command { return []*cobra.Command{newUp(), newDB(), newConfig()} }

// configFlags are the flags of every command that runs on the server's own machine.
type configFlags struct{ file, data, listen, baseURL string }

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "config", "", "configuration file (default: the variable CLIENTELE_CONFIG, else none)")
	cmd.Flags().StringVar(&f.data, "data", "", "folder for the database and the keys (default ~/.local/share/clientele)")
}

// load reads file, environment and flags over the defaults.
func (f *configFlags) load() (app.Config, error) {
	c := app.Default()
	file := f.file
	if file == "" {
		file = os.Getenv("CLIENTELE_CONFIG")
	}
	over := map[string]string{}
	for key, value := range map[string]string{"data": f.data, "listen": f.listen, "base_url": f.baseURL} {
		if value != "" {
			over[key] = value
		}
	}
	return c, settings.Load(&c, file, os.Environ(), over)
}

func newUp() *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the control plane on this machine",
		Long: `Up starts the whole control plane: inventory, owners, lifecycle, reviews, change
records and the audit log, in one process. Without any configuration it keeps
SQLite in a folder of yours, listens on this machine alone, and prints a link
that signs the first person in.

It stops on Ctrl-C or SIGTERM after the requests under way are done.`,
		Example: `  clientele up
  clientele up --data /srv/clientele --config /etc/clientele.yaml
  CLIENTELE_DATABASE_POSTGRES_URL=env:PG_URL clientele up`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := f.load()
			if err != nil {
				return err
			}
			a := &app.App{Config: config, Version: version(), Out: c.OutOrStdout(), Err: c.ErrOrStderr(), Now: time.Now}
			return a.Run(c.Context())
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.listen, "listen", "", "address and port (default 127.0.0.1:7480)")
	cmd.Flags().StringVar(&f.baseURL, "base-url", "", "where people reach this server, if not at the address it listens on")
	return cmd
}

func newConfig() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print a configuration file that explains every setting",
		Long: `Config prints a configuration file in YAML. Every setting stands in it with its
default, as a comment. Secrets are set by reference: env:NAME or file:/path.`,
		Example: "  clientele config > clientele.yaml && clientele up --config clientele.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d := app.Default()
			return settings.Template(c.OutOrStdout(), &d)
		},
	}
}

func newDB() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Back up, restore and check the control plane's database",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newBackup(), newRestore(), newCheck())
	return cmd
}

func newBackup() *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write one state of the whole database to a file",
		Long: `Backup writes one state of the database to a file, also while the server runs.
The file is the same for SQLite and PostgreSQL: what one wrote, the other can
take over.

The keys beside the database (wrap.key, log.key, …) are not in it: keep them
in another place, as whoever has both can open what is sealed.`,
		Example: "  clientele db backup clientele-2026-03-03.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			config, err := f.load()
			if err != nil {
				return err
			}
			rows, err := app.Backup(c.Context(), config, args[0], time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%d rows are in %s\nTry it out:  clientele db restore --data SOME-NEW-FOLDER %s\n", rows, args[0], args[0])
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newRestore() *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill a new database with a backup",
		Long: `Restore fills a new database with what a backup holds, whole or not at all, and
verifies the audit log. It refuses a database that is in use. The keys of the
old data folder (*.key) have to be copied to the new one.`,
		Example: "  clientele db restore --data /srv/clientele-new clientele-2026-03-03.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			config, err := f.load()
			if err != nil {
				return err
			}
			rows, err := app.Restore(c.Context(), config, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%d rows were restored\nNext:  copy the keys (*.key) of the old data folder, then  clientele db check\n", rows)
			return nil
		},
	}
	f.add(cmd)
	return cmd
}

func newCheck() *cobra.Command {
	var f configFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that the database is whole",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := f.load()
			if err != nil {
				return err
			}
			if err := app.Check(c.Context(), config); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "The database is whole.\nWhether its audit log was changed:  clientele audit verify")
			return nil
		},
	}
	f.add(cmd)
	return cmd
}
