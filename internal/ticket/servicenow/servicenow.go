// Package servicenow checks changes, incidents and requested items that are kept in
// ServiceNow.
//
// It uses one call of the Table API, for the tables change_request, incident and sc_req_item:
// GET /api/now/table/{table} with sysparm_query=number=… (or sys_id=…),
// sysparm_display_value=all, sysparm_fields and sysparm_limit=1. It asks with a user and a
// password (basic authentication), an OAuth access token (bearer) or an API key
// (x-sn-apikey). The account needs to read the three tables, and nothing else.
//
// A change is approved while it is scheduled or implemented and its approval field says so.
// In review its work is over, so it counts as closed. The values are those of the
// change-management state model; an instance with values of its own gives unknown.
package servicenow

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// Config says where ServiceNow is and who asks it. Exactly one of the three credentials is
// given.
type Config struct {
	BaseURL  string // the instance: https://acme.service-now.com
	User     string // with Password
	Password clientele.Plaintext
	Token    clientele.Plaintext // an OAuth 2.0 access token
	APIKey   clientele.Plaintext // a key of the REST API key feature
	// Reach is for a private certificate authority or another timeout.
	Reach ticket.Reach
}

// Driver asks one instance.
type Driver struct{ site *ticket.Site }

// New prepares to ask ServiceNow; it does not ask yet. Errors are of kind Invalid.
func New(c Config) (*Driver, error) {
	given := 0
	for _, p := range []clientele.Plaintext{c.Password, c.Token, c.APIKey} {
		if !p.Empty() {
			given++
		}
	}
	if given != 1 || (c.User == "") != c.Password.Empty() {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "servicenow needs one credential",
			Hint: "give a user with a password, an access token or an API key"}
	}
	site, err := ticket.NewSite(ticket.ServiceNow, c.BaseURL, c.Reach, sign(c))
	if err != nil {
		return nil, err
	}
	return &Driver{site}, nil
}

func sign(c Config) func(http.Header) {
	return func(h http.Header) {
		switch {
		case !c.Token.Empty():
			h.Set("Authorization", "Bearer "+c.Token.Reveal())
		case !c.APIKey.Empty():
			h.Set("X-Sn-Apikey", c.APIKey.Reveal())
		default:
			r := http.Request{Header: h}
			r.SetBasicAuth(c.User, c.Password.Reveal())
		}
	}
}

// field is a value with how it is shown. An empty one may come as a bare string.
type field struct {
	Value   string `json:"value"`
	Display string `json:"display_value"`
}

func (f *field) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		err := json.Unmarshal(b, &f.Value)
		f.Display = f.Value
		return err
	}
	type plain field
	return json.Unmarshal(b, (*plain)(f))
}

type record struct {
	SysID    field `json:"sys_id"`
	Number   field `json:"number"`
	Title    field `json:"short_description"`
	State    field `json:"state"`
	Approval field `json:"approval"`
	Assignee field `json:"assigned_to"`
	Start    field `json:"start_date"`
	End      field `json:"end_date"`
}

// Check asks for the record. The key in the ticket is its number, also if it was asked for
// by its sys_id.
func (d *Driver) Check(ctx context.Context, key string) (ticket.Ticket, error) {
	if err := d.site.Validate(key); err != nil {
		return ticket.Ticket{}, err
	}
	table, query := locate(key)
	var answer struct {
		Result []record `json:"result"`
	}
	if err := d.site.Get(ctx, d.address(table, query), &answer); err != nil {
		return ticket.Ticket{}, err
	}
	if answer.Result == nil {
		return ticket.Ticket{}, d.site.Misunderstood(errors.New("an answer without a result"))
	}
	if len(answer.Result) == 0 {
		return ticket.Ticket{}, d.site.NotFound()
	}
	// An instance drops the part of a query that it does not understand and answers with
	// whatever is left, so the record has to say that it is the one.
	r := answer.Result[0]
	if got, _ := locate(r.Number.Value); d.site.Validate(r.Number.Value) != nil || got != table ||
		query != "number="+r.Number.Value && query != "sys_id="+r.SysID.Value {
		return ticket.Ticket{}, d.site.Misunderstood(errors.New("a record that was not asked for"))
	}
	return d.ticket(table, r)
}

// tables are where the numbers of each prefix are kept.
var tables = map[string]string{"CHG": "change_request", "INC": "incident", "RITM": "sc_req_item"}

// locate gives the table of a key and the query for its record. Keys hold letters, digits
// and underscores, so no operator of an encoded query can be among them.
func locate(key string) (string, string) {
	if table, id, ok := strings.Cut(key, ":"); ok {
		return table, "sys_id=" + id
	}
	return tables[strings.TrimRight(key, "0123456789")], "number=" + key
}

func (d *Driver) address(table, query string) *url.URL {
	fields := "approval,assigned_to,number,short_description,state,sys_id"
	if table == "change_request" {
		fields += ",start_date,end_date"
	}
	u := d.site.URL("api", "now", "table", table)
	u.RawQuery = url.Values{
		"sysparm_query":         {query},
		"sysparm_fields":        {fields},
		"sysparm_limit":         {"1"},
		"sysparm_display_value": {"all"},
	}.Encode()
	return u
}

func (d *Driver) ticket(table string, r record) (ticket.Ticket, error) {
	from, err := instant(r.Start)
	if err != nil {
		return ticket.Ticket{}, d.site.Misunderstood(err)
	}
	to, err := instant(r.End)
	if err != nil {
		return ticket.Ticket{}, d.site.Misunderstood(err)
	}
	page := d.site.URL("nav_to.do")
	page.RawQuery = url.Values{"uri": {table + ".do?sysparm_query=number=" + r.Number.Value}}.Encode()
	approved := r.Approval.Value == "approved"
	return ticket.Ticket{
		Ref:        ticket.Ref{System: ticket.ServiceNow, Key: r.Number.Value},
		URL:        page.String(),
		Title:      ticket.Line(r.Title.Value),
		State:      state(table, r.State.Value, approved),
		RawState:   ticket.Line(r.State.Display),
		Approved:   approved,
		WindowFrom: from,
		WindowTo:   to,
		Assignee:   ticket.Line(r.Assignee.Display),
		CheckedAt:  d.site.Now(),
	}, nil
}

// instant reads a date and time. The value is in UTC; only what is shown is in the zone of
// the account.
func instant(f field) (time.Time, error) {
	if f.Value == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateTime, f.Value)
}

// states are the values of the state column as they come with the product. Approved stands
// for: approved if the approval field says so, open otherwise.
var states = map[string]map[string]ticket.State{
	"change_request": {
		"-5": ticket.Open,     // New
		"-4": ticket.Open,     // Assess
		"-3": ticket.Open,     // Authorize
		"-2": ticket.Approved, // Scheduled
		"-1": ticket.Approved, // Implement
		"0":  ticket.Closed,   // Review
		"3":  ticket.Closed,
		"4":  ticket.Cancelled,
	},
	"incident": {
		"1": ticket.Approved, // New
		"2": ticket.Approved, // In Progress
		"3": ticket.Approved, // On Hold
		"6": ticket.Closed,   // Resolved
		"7": ticket.Closed,
		"8": ticket.Cancelled,
	},
	"sc_req_item": {
		"-5": ticket.Open,      // Pending
		"1":  ticket.Approved,  // Open
		"2":  ticket.Approved,  // Work in Progress
		"3":  ticket.Closed,    // Closed Complete
		"4":  ticket.Cancelled, // Closed Incomplete
		"7":  ticket.Cancelled, // Closed Skipped
	},
}

func state(table, value string, approved bool) ticket.State {
	s, ok := states[table][value]
	if !ok {
		return ticket.Unknown
	}
	if s == ticket.Approved && !approved {
		return ticket.Open
	}
	return s
}
