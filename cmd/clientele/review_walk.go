package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func newReviewWalk() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "walk",
		Short: "Go through your open reviews one by one",
		Long: `Walk shows one review after another and asks for one letter:

  k  keep       n  narrow to what was used      h  hand over
  r  retire     m  not mine                     s  skip        q  stop`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := connect()
		if err != nil {
			return err
		}
		return told(walkReviews(cmd, r))
	}
	return cmd
}

var errStop = errors.New("stop")

func walkReviews(cmd *cobra.Command, r *api.Remote) error {
	list, err := api.All[api.Review](cmd.Context(), r, "/v1/reviews", url.Values{"turn": {"true"}, "state": {"open"}})
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	ask := asker{bufio.NewScanner(cmd.InOrStdin()), w}
	decided := 0
	for i, v := range list {
		if v, err = r.Review(cmd.Context(), v.ID); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n── %d of %d ──\n", i+1, len(list))
		writeReview(w, v, time.Now())
		done, err := walkOne(cmd, r, ask, v)
		if errors.Is(err, errStop) {
			break
		}
		if err != nil {
			return err
		}
		if done {
			decided++
		}
	}
	fmt.Fprintf(w, "%d decided, %d left\n", decided, len(list)-decided)
	return nil
}

// walkOne asks until the review is decided or skipped. What the server refuses is said, and
// asked again.
func walkOne(cmd *cobra.Command, r *api.Remote, ask asker, v api.Review) (bool, error) {
	began := time.Now()
	for {
		choice, skip, err := ask.choice(v)
		if err != nil || skip {
			return false, err
		}
		choice.Milliseconds = min(time.Since(began).Milliseconds(), 86_400_000)
		done, err := r.DecideReview(cmd.Context(), v.ID, choice)
		var p *api.Problem
		if errors.As(err, &p) && p.Status < 500 && p.Status != 401 {
			fmt.Fprintln(ask.w, "  "+p.Error())
			var e *clientele.Error
			if errors.As(told(err), &e) {
				advise(ask.w, e)
			}
			continue
		}
		if err != nil {
			return false, err
		}
		fmt.Fprint(ask.w, "  ")
		writeDecided(ask.w, done)
		return true, nil
	}
}

// asker asks a person.
type asker struct {
	in *bufio.Scanner
	w  io.Writer
}

// line asks for one line; the end of the input stops the walk.
func (a asker) line(prompt string) (string, error) {
	fmt.Fprint(a.w, prompt)
	if !a.in.Scan() {
		fmt.Fprintln(a.w)
		return "", errors.Join(a.in.Err(), errStop)
	}
	return strings.TrimSpace(a.in.Text()), nil
}

func (a asker) choice(v api.Review) (choice api.ReviewChoice, skip bool, err error) {
	letter, err := a.line("keep, narrow, hand over, retire, not mine, skip, quit [k/n/h/r/m/s/q] ")
	if err != nil {
		return choice, false, err
	}
	switch letter {
	case "q":
		return choice, false, errStop
	case "s":
		return choice, true, nil
	case "k":
		return api.ReviewChoice{Verdict: "keep"}, false, nil
	case "n":
		choice.Verdict = "narrow"
	case "h":
		choice.Verdict = "hand_over"
		if choice.To, err = a.line("  to whom? "); err != nil {
			return choice, false, err
		}
	case "r":
		choice.Verdict = "retire"
		name, err := a.line("  that is not undone; write the client's name to do it: ")
		if err != nil {
			return choice, false, err
		}
		if name != v.ClientName {
			fmt.Fprintln(a.w, "  that is not its name: nothing was done")
			return a.choice(v)
		}
	case "m":
		choice.Verdict = "not_mine"
		if choice.Suggest, err = a.line("  whose may it be? (nothing: not known) "); err != nil {
			return choice, false, err
		}
	default:
		return a.choice(v)
	}
	choice.Reason, err = a.line("  why? ")
	return choice, false, err
}
