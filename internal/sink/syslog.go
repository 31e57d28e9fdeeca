package sink

import (
	"context"
	"fmt"

	"github.com/clientele/clientele/internal/syslog"
)

// Syslog sends each event as the text of one syslog message, with the act as its id and the
// place in the log as meta sequenceId (RFC 5424, section 7.3.1).
type Syslog struct {
	Sender *syslog.Sender
	// Host is the name of this machine.
	Host string
}

// severities of syslog by those of OCSF.
var severities = map[int]syslog.Severity{1: syslog.Info, 2: syslog.Notice, 3: syslog.Warning, 4: syslog.Error, 5: syslog.Critical}

// Deliver sends the records.
func (s *Syslog) Deliver(ctx context.Context, records []Record) error {
	messages := make([]syslog.Message, len(records))
	for i, r := range records {
		messages[i] = syslog.Message{
			Facility: syslog.Audit, Severity: severities[r.Severity], Time: r.Entry.At,
			Host: s.Host, App: "clientele", ID: r.Entry.Act,
			Data: []syslog.Element{{ID: "meta", Params: []syslog.Param{{Name: "sequenceId", Value: fmt.Sprint(r.Entry.Seq%(1<<31-1) + 1)}}}},
			Text: string(r.JSON),
		}
	}
	return s.Sender.Send(ctx, messages)
}
