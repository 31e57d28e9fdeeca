package tickettest

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

const sysID = "a9e30c7dc61122760116894de7bcc7bd"

// ServiceNow is an instance asked with a user and a password: the Table API, "Inbound REST
// API rate limiting" and "State model and transitions" of www.servicenow.com/docs.
func ServiceNow() Vendor {
	v := Vendor{
		System:  ticket.ServiceNow,
		Header:  map[string]string{"Accept": "application/json", "Authorization": "Basic " + basic()},
		Hidden:  []string{Password, basic()},
		Refusal: `{"error":{"message":"User Not Authenticated","detail":"Required to provide Auth information"},"status":"failure"}`,
		Missing: `{"error":{"message":"No Record found","detail":"Record doesn't exist or ACL restricts the record retrieval"},"status":"failure"}`,
		Limits: []Limit{
			{
				Name:   "a rule of the instance",
				Status: 429,
				Header: map[string]string{"Retry-After": "2504", "X-RateLimit-Limit": "3", "X-RateLimit-Reset": "1772531999"},
				Body:   `{"error":{"message":"Rate limit exceeded","detail":""},"status":"failure"}`,
				Wait:   2504 * time.Second,
			},
			{
				Name:   "the moment alone",
				Status: 429,
				Header: map[string]string{"X-RateLimit-Reset": fmt.Sprint(Now().Add(time.Minute).Unix())},
				Wait:   time.Minute,
			},
		},
		Cases: []Case{
			{
				Name: "a change being implemented in its window",
				Key:  "CHG0030192",
				Exchanges: []Exchange{{snowURI("change_request", "number=CHG0030192"),
					snowRecord("CHG0030192", "-1", "Implement", "approved", "2026-03-03 09:00:00", "2026-03-03 11:30:00")}},
				Want: ticket.Ticket{Ref: ticket.Ref{Key: "CHG0030192"}, URL: snowPage("change_request", "CHG0030192"),
					Title: "Rotate the key of orders-api", State: ticket.Approved, RawState: "Implement", Approved: true, Assignee: "David Loo",
					WindowFrom: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC), WindowTo: time.Date(2026, 3, 3, 11, 30, 0, 0, time.UTC)},
			},
			snowCase("new", "CHG0030192", "change_request", "-5", "not requested", ticket.Open),
			snowCase("assessed", "CHG0030192", "change_request", "-4", "requested", ticket.Open),
			snowCase("awaiting authority", "CHG0030192", "change_request", "-3", "approved", ticket.Open),
			snowCase("scheduled", "CHG0030192", "change_request", "-2", "approved", ticket.Approved),
			snowCase("implemented though rejected", "CHG0030192", "change_request", "-1", "rejected", ticket.Open),
			snowCase("in review", "CHG0030192", "change_request", "0", "approved", ticket.Closed),
			snowCase("closed", "CHG0030192", "change_request", "3", "approved", ticket.Closed),
			snowCase("canceled", "CHG0030192", "change_request", "4", "requested", ticket.Cancelled),
			snowCase("a state of its own", "CHG0030192", "change_request", "17", "approved", ticket.Unknown),
			snowCase("an incident", "INC0010023", "incident", "2", "not requested", ticket.Open),
			snowCase("an incident resolved", "INC0010023", "incident", "6", "not requested", ticket.Closed),
			snowCase("an item approved", "RITM0010001", "sc_req_item", "2", "approved", ticket.Approved),
			{
				Name:      "no such number",
				Key:       "CHG0099999",
				Exchanges: []Exchange{{snowURI("change_request", "number=CHG0099999"), `{"result":[]}`}},
				Kind:      clientele.NotFound,
			},
			{
				Name: "an instance that ignores the query",
				Key:  "CHG0030192",
				Exchanges: []Exchange{{snowURI("change_request", "number=CHG0030192"),
					snowRecord("CHG0000001", "-1", "Implement", "approved", "", "")}},
				Kind: clientele.Unavailable,
			},
			{
				Name: "a window that is no time",
				Key:  "CHG0030192",
				Exchanges: []Exchange{{snowURI("change_request", "number=CHG0030192"),
					snowRecord("CHG0030192", "-1", "Implement", "approved", "03/03/2026 09:00", "")}},
				Kind: clientele.Unavailable,
			},
		},
	}
	bySysID := snowCase("by its sys_id", "CHG0030192", "change_request", "-2", "approved", ticket.Approved)
	bySysID.Key = "change_request:" + sysID
	bySysID.Exchanges[0].URI = snowURI("change_request", "sys_id="+sysID)
	v.Cases = append(v.Cases, bySysID)
	return v
}

func snowURI(table, query string) string {
	fields := "approval,assigned_to,number,short_description,state,sys_id"
	if table == "change_request" {
		fields += ",start_date,end_date"
	}
	return "/api/now/table/" + table + "?sysparm_display_value=all&sysparm_fields=" + url.QueryEscape(fields) +
		"&sysparm_limit=1&sysparm_query=" + url.QueryEscape(query)
}

func snowPage(table, number string) string {
	return "/nav_to.do?uri=" + table + ".do%3Fsysparm_query%3Dnumber%3D" + number
}

func snowCase(name, number, table, state, approval string, want ticket.State) Case {
	return Case{
		Name:      name,
		Key:       number,
		Exchanges: []Exchange{{snowURI(table, "number="+number), snowRecord(number, state, "State "+state, approval, "", "")}},
		Want: ticket.Ticket{Ref: ticket.Ref{Key: number}, URL: snowPage(table, number), Title: "Rotate the key of orders-api",
			State: want, RawState: "State " + state, Approved: approval == "approved", Assignee: "David Loo"},
	}
}

// snowRecord shows its times in the account's zone, seven hours behind, as an instance does.
func snowRecord(number, state, label, approval, start, end string) string {
	body := fmt.Sprintf(`{"result": [{
		"sys_id": {"display_value": %q, "value": %q},
		"number": {"display_value": %q, "value": %q},
		"short_description": {"display_value": "Rotate the key of orders-api", "value": "Rotate the key of orders-api"},
		"state": {"display_value": %q, "value": %q},
		"approval": {"display_value": %q, "value": %q},
		"assigned_to": {
			"display_value": "David Loo",
			"link": "https://instance.service-now.com/api/now/table/sys_user/5137153cc611227c000bbd1bd8cd2007",
			"value": "5137153cc611227c000bbd1bd8cd2007"
		}`, sysID, sysID, number, number, label, state, strings.ToUpper(approval[:1])+approval[1:], approval)
	if strings.HasPrefix(number, "CHG") {
		body += fmt.Sprintf(`,
		"start_date": {"display_value": "2026-03-03 02:00:00", "value": %q},
		"end_date": {"display_value": "2026-03-03 04:30:00", "value": %q}`, start, end)
	}
	return body + "}]}"
}
