package ocsf

import (
	"strings"

	"github.com/clientele/clientele"
)

// The classes that are sent.
const (
	accountChange        = 3001
	authentication       = 3002
	authorizeSession     = 3003
	entityManagement     = 3004
	userAccess           = 3005
	detectionFinding     = 2004
	iamAnalysisFinding   = 2008
	webResourcesActivity = 6001
	applicationLifecycle = 6002
	apiActivity          = 6003
	scanActivity         = 6007
)

var categories = map[int]string{2: "Findings", 3: "Identity & Access Management", 6: "Application Activity"}

// class is what an event needs to be of that class: its name, the activities that are used,
// and what sets its own attributes.
type class struct {
	name       string
	activities map[int]string
	fill       func(*Event, clientele.Entry, Mapper)
}

var classes = map[int]class{
	detectionFinding:     {"Detection Finding", findingActivities, fillDetection},
	iamAnalysisFinding:   {"IAM Analysis Finding", findingActivities, fillAnalysis},
	accountChange:        {"Account Change", map[int]string{1: "Create", 5: "Disable", 6: "Delete", 7: "Attach Policy", 8: "Detach Policy"}, fillUser},
	authentication:       {"Authentication", map[int]string{1: "Logon", 2: "Logoff"}, fillAuthentication},
	authorizeSession:     {"Authorize Session", map[int]string{1: "Assign Privileges"}, fillAccess},
	entityManagement:     {"Entity Management", entityActivities, fillEntity},
	userAccess:           {"User Access Management", map[int]string{1: "Assign Privileges", 2: "Revoke Privileges"}, fillAccess},
	webResourcesActivity: {"Web Resources Activity", map[int]string{7: "Export"}, fillWebResources},
	applicationLifecycle: {"Application Lifecycle", map[int]string{3: "Start"}, fillApp},
	apiActivity:          {"API Activity", map[int]string{1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: "Other"}, fillAPI},
	scanActivity:         {"Scan Activity", map[int]string{2: "Completed"}, fillScan},
}

var findingActivities = map[int]string{1: "Create", 2: "Update", 3: "Close"}

var entityActivities = map[int]string{
	1: "Create", 2: "Read", 3: "Update", 4: "Delete", 6: "Enroll", 7: "Unenroll", 8: "Enable", 9: "Disable",
	10: "Activate", 11: "Deactivate", 12: "Suspend", 13: "Resume",
}

// resource is the object of an entry: "request:req_…".
func resource(e clientele.Entry) Resource {
	kind, id, _ := strings.Cut(e.Object, ":")
	if id == "" {
		id = "none"
	}
	return Resource{UID: id, Type: kind}
}

// subject is who is given or loses something: the client, else the person or token acted
// on, else the actor.
func subject(e clientele.Entry) *User {
	if e.Client != "" {
		return user("client", string(e.Client))
	}
	if kind, id, _ := strings.Cut(e.Object, ":"); id != "" && (kind == "person" || kind == "token" || kind == "team" || kind == "service_account") {
		return user(kind, id)
	}
	return actor(e.Actor).User
}

func fillAPI(ev *Event, e clientele.Entry, _ Mapper) {
	ev.API = &API{Operation: e.Act, Service: Service{"clientele"}}
	ev.Resources = []Resource{resource(e)}
	// The address is a fact about a person and stays in the audit.
	ev.SrcEndpoint = &Endpoint{Name: "withheld"}
	if strings.HasPrefix(e.Actor, string(clientele.SystemActor)+":") {
		ev.SrcEndpoint = &Endpoint{SvcName: "clientele"}
	}
}

func fillWebResources(ev *Event, e clientele.Entry, _ Mapper) {
	ev.WebResources = []Resource{resource(e)}
}

func fillApp(ev *Event, _ clientele.Entry, m Mapper) {
	p := m.product()
	ev.App = &p
}

func fillEntity(ev *Event, e clientele.Entry, _ Mapper) {
	r := resource(e)
	ev.Entity = &r
}

func fillUser(ev *Event, e clientele.Entry, _ Mapper) { ev.User = subject(e) }

func fillAuthentication(ev *Event, e clientele.Entry, _ Mapper) {
	ev.User = subject(e)
	ev.Service = &Service{"clientele"}
}

// fillAccess sets what was given, or taken if nothing was given: the verb of a grant, else
// system roles, else the act itself.
func fillAccess(ev *Event, e clientele.Entry, _ Mapper) {
	ev.User = subject(e)
	ev.Privileges = []string{e.Act}
	if e.Verb != "" {
		ev.Privileges = []string{string(e.Verb)}
	}
	for _, key := range []string{"taken", "given", "roles"} {
		if roles := texts(e.Details[key]); len(roles) > 0 {
			ev.Privileges = roles
		}
	}
	if ev.ClassUID == userAccess {
		ev.Resources = []Resource{resource(e)}
	}
}

// texts are the strings of a list as it comes out of JSON or out of an act.
func texts(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// findingStatus is the status of a finding, which has values of its own.
var findingStatus = map[int]struct {
	id   int
	name string
}{1: {1, "New"}, 2: {2, "In Progress"}, 3: {4, "Resolved"}}

func fillFinding(ev *Event, e clientele.Entry) {
	r := resource(e)
	ev.FindingInfo = &FindingInfo{UID: r.UID, Title: titles[e.Act]}
	ev.Resources = []Resource{r}
	if e.Client != "" && r.UID != string(e.Client) {
		ev.Resources = append(ev.Resources, Resource{UID: string(e.Client), Type: "client"})
	}
	s := findingStatus[ev.ActivityID]
	ev.StatusID, ev.Status = s.id, s.name
	if e.Act == "finding:suppress" {
		ev.StatusID, ev.Status = 3, "Suppressed"
	}
}

func fillDetection(ev *Event, e clientele.Entry, _ Mapper) {
	fillFinding(ev, e)
	ev.IsAlert = ev.ActivityID == 1
}

func fillAnalysis(ev *Event, e clientele.Entry, _ Mapper) {
	fillFinding(ev, e)
	app := Resource{UID: string(e.Client), Type: "client"}
	if e.Client == "" {
		app = resource(e)
	}
	ev.Applications = []Resource{app}
	ev.User = subject(e)
}

func fillScan(ev *Event, e clientele.Entry, _ Mapper) {
	ev.Scan = &Scan{UID: resource(e).UID, TypeID: 1, Type: "Manual"}
}
