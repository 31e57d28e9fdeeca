package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

// sendFlags say whether and how a scan is sent to a server.
type sendFlags struct {
	send, resume, complete bool
	host                   string
}

func (f *sendFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&f.send, "send", false, "send the scan to the server you are signed in to (clientele login)")
	fl.BoolVar(&f.resume, "resume", false, "read nothing: send the latest scan, or what is missing of it")
	fl.BoolVar(&f.complete, "complete", false, "with --send: files that could not be read do not matter; what is not found any more is gone")
	fl.StringVar(&f.host, "host", "", "with --send: the name of this machine (default: the one it has)")
}

// resumeScan sends the latest scan without reading anything again.
func resumeScan(cmd *cobra.Command, f scanFlags) error {
	file, err := lastScan()
	if err != nil {
		return err
	}
	s, err := readScan(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &clientele.Error{Kind: clientele.NotFound, Msg: "there is no scan to send", Hint: "clientele scan --send"}
	}
	if err != nil {
		return err
	}
	return sendScan(cmd, f, *s)
}

// sendScan sends a scan. What was sent before, by a call that broke off, is not sent again:
// the key under which it is begun is made of the scan itself.
func sendScan(cmd *cobra.Command, f scanFlags, s api.Scan) error {
	r, err := connect()
	if err != nil {
		return err
	}
	in, err := newScanOf(f, s)
	if err != nil {
		return err
	}
	notes := cmd.ErrOrStderr()
	if f.quiet {
		notes = io.Discard
	}
	if !in.Complete {
		fmt.Fprintf(notes, "note: %d files could not be read, so nothing counts as gone; if they do not matter, add --complete\n", len(s.Scan.Unreadable))
	}
	p, err := r.SendScan(cmd.Context(), in, s, func(sent api.Sent) {
		if sent.Of > 1 {
			fmt.Fprintf(notes, "sent %d of %d parts\n", sent.Done, sent.Of)
		}
	})
	if err != nil {
		return unsent(err)
	}
	fmt.Fprintf(notes, "sent to %s: %d clients, %d of them new; %d findings opened, %d closed\nnext: clientele client list --owner me\n", r.Base, p.Clients, p.Discovered, p.Opened, p.Closed)
	return nil
}

// unsent adds how to go on to an error that leaves a scan half sent.
func unsent(err error) error {
	err = told(err)
	if clientele.KindOf(err) != clientele.Unavailable && !errors.Is(err, context.Canceled) {
		return err
	}
	return &clientele.Error{Kind: clientele.Unavailable, Msg: "the scan was not sent whole: " + err.Error(), Hint: "go on with: clientele scan --resume", Err: err}
}

func newScanOf(f scanFlags, s api.Scan) (api.NewScan, error) {
	host := f.host
	if host == "" {
		var err error
		if host, err = os.Hostname(); err != nil {
			return api.NewScan{}, &clientele.Error{Kind: clientele.Invalid, Msg: "this machine has no name", Hint: "give it one: --host NAME"}
		}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return api.NewScan{}, err
	}
	in := api.NewScan{Host: host, StartedAt: s.Scan.StartedAt, Tool: s.Scan.Tool, Roots: s.Scan.Roots, Complete: f.complete || len(s.Scan.Unreadable) == 0}
	sum := sha256.Sum256(append(fmt.Appendf(nil, "%s %t\n", host, in.Complete), b...))
	in.Key = hex.EncodeToString(sum[:])
	return in, nil
}
