// Package ocsf turns audit entries into events of the Open Cybersecurity Schema Framework,
// version 1.8.0 (https://schema.ocsf.io), for those who collect them elsewhere.
//
// It has types for the few attributes that are sent. What an entry says beyond them is under
// unmapped, by the names it has in the audit, so that nothing is lost. What an entry says of
// people in private is not sent: it could not be shredded there.
package ocsf

import (
	"strconv"
	"strings"

	"github.com/clientele/clientele"
)

// Version is the version of the schema that events are written in.
const Version = "1.8.0"

// Event is one event. Which attributes are set depends on its class.
type Event struct {
	ActivityID   int    `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	CategoryUID  int    `json:"category_uid"`
	CategoryName string `json:"category_name"`
	ClassUID     int    `json:"class_uid"`
	ClassName    string `json:"class_name"`
	TypeUID      int    `json:"type_uid"`
	TypeName     string `json:"type_name"`
	Time         int64  `json:"time"` // milliseconds since 1970 UTC
	SeverityID   int    `json:"severity_id"`
	Severity     string `json:"severity"`
	StatusID     int    `json:"status_id"`
	Status       string `json:"status"`
	StatusCode   string `json:"status_code,omitempty"` // the outcome, as the audit has it
	StatusDetail string `json:"status_detail,omitempty"`
	Message      string `json:"message"`

	Metadata Metadata `json:"metadata"`
	Actor    *Actor   `json:"actor,omitempty"`

	API          *API         `json:"api,omitempty"`
	SrcEndpoint  *Endpoint    `json:"src_endpoint,omitempty"`
	Resources    []Resource   `json:"resources,omitempty"`
	WebResources []Resource   `json:"web_resources,omitempty"`
	Entity       *Resource    `json:"entity,omitempty"`
	User         *User        `json:"user,omitempty"`
	Privileges   []string     `json:"privileges,omitempty"`
	Service      *Service     `json:"service,omitempty"`
	App          *Product     `json:"app,omitempty"`
	Applications []Resource   `json:"applications,omitempty"`
	FindingInfo  *FindingInfo `json:"finding_info,omitempty"`
	IsAlert      bool         `json:"is_alert,omitempty"`
	Scan         *Scan        `json:"scan,omitempty"`

	Unmapped map[string]any `json:"unmapped,omitempty"`
}

// Metadata is the object of that name. UID is the entry's place in the log, which tells a
// receiver that it has the event already.
type Metadata struct {
	Version        string  `json:"version"`
	Product        Product `json:"product"`
	UID            string  `json:"uid"`
	Sequence       int64   `json:"sequence"`
	CorrelationUID string  `json:"correlation_uid,omitempty"`
	EventCode      string  `json:"event_code"` // the act
	LogName        string  `json:"log_name"`
}

// Product is the object of that name.
type Product struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitempty"`
	UID        string `json:"uid,omitempty"`
}

// Actor is the object of that name. App is set for what the system did by itself.
type Actor struct {
	User    *User  `json:"user,omitempty"`
	AppName string `json:"app_name,omitempty"`
	AppUID  string `json:"app_uid,omitempty"`
}

// User is the object of that name: a person, a machine, or a client that is given something.
type User struct {
	UID    string `json:"uid"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

// API is the object of that name.
type API struct {
	Operation string  `json:"operation"`
	Service   Service `json:"service"`
}

// Service is the object of that name.
type Service struct {
	Name string `json:"name"`
}

// Endpoint is the object network_endpoint.
type Endpoint struct {
	Name    string `json:"name,omitempty"`
	SvcName string `json:"svc_name,omitempty"`
}

// Resource stands for the objects resource_details, web_resource, managed_entity and
// application, of which the same attributes are sent.
type Resource struct {
	UID  string `json:"uid"`
	Type string `json:"type"`
}

// FindingInfo is the object of that name.
type FindingInfo struct {
	UID   string `json:"uid"`
	Title string `json:"title"`
}

// Scan is the object of that name.
type Scan struct {
	UID    string `json:"uid"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

// Mapper makes events of one installation.
type Mapper struct {
	// Program is the version of the running program.
	Program string
	// Instance tells installations apart that send to the same place, or is empty.
	Instance string
}

func (m Mapper) product() Product {
	return Product{Name: "Clientele", VendorName: "Clientele", Version: m.Program, UID: m.Instance}
}

// Event is the entry as an event. There is one for every entry: an act that the table does
// not know becomes API Activity.
func (m Mapper) Event(e clientele.Entry) Event {
	to := meaningOf(e)
	class := classes[to.class]
	ev := Event{
		ActivityID: to.activity, ActivityName: class.activities[to.activity],
		CategoryUID: to.class / 1000, CategoryName: categories[to.class/1000],
		ClassUID: to.class, ClassName: class.name,
		TypeUID: to.class*100 + to.activity,
		Time:    e.At.UnixMilli(), StatusCode: string(e.Outcome), StatusDetail: detail(e),
		Message:  e.Actor + " " + e.Act + " " + e.Object + ": " + string(e.Outcome),
		Metadata: Metadata{Version: Version, Product: m.product(), UID: strconv.FormatInt(e.Seq, 10), Sequence: e.Seq, CorrelationUID: e.RequestNo, EventCode: e.Act, LogName: "audit"},
		Actor:    actor(e.Actor),
		Unmapped: unmapped(e),
	}
	ev.TypeName = class.name + ": " + ev.ActivityName
	ev.SeverityID, ev.StatusID, ev.Status = severity(to, e.Outcome), statusID(e.Outcome), statuses[statusID(e.Outcome)]
	ev.Severity = severities[ev.SeverityID]
	class.fill(&ev, e, m)
	return ev
}

// detail is why it was denied or failed; what made the system act stands under unmapped.
func detail(e clientele.Entry) string {
	if e.Outcome == clientele.Done {
		return ""
	}
	return e.Rule
}

var severities = map[int]string{1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}

// severity is that of the act; a denial or a failure is at least Low.
func severity(to meaning, o clientele.Outcome) int {
	s := max(to.severity, 1)
	if o != clientele.Done {
		s = max(s, 2)
	}
	return s
}

var statuses = map[int]string{1: "Success", 2: "Failure"}

func statusID(o clientele.Outcome) int {
	if o == clientele.Done {
		return 1
	}
	return 2
}

// actor reads "person:per_…", "machine:svc_…", "system:review-sweep".
func actor(s string) *Actor {
	kind, id, _ := strings.Cut(s, ":")
	if kind == string(clientele.SystemActor) {
		return &Actor{AppName: "Clientele", AppUID: id, User: &User{UID: s, TypeID: 3, Type: "System"}}
	}
	return &Actor{User: user(kind, id)}
}

func user(kind, id string) *User {
	switch kind {
	case "person":
		return &User{UID: id, TypeID: 1, Type: "User"}
	case "machine", "client", "token", "service_account":
		return &User{UID: id, TypeID: 4, Type: "Service"}
	}
	return &User{UID: id, TypeID: 99, Type: kind}
}

// unmapped is what an entry says that has no attribute of its own.
func unmapped(e clientele.Entry) map[string]any {
	out := map[string]any{"object": e.Object, "policy_version": e.PolicyVersion}
	for k, v := range map[string]string{
		"client": string(e.Client), "owner": e.Owner, "grant": e.Grant, "change": e.Change,
		"environment": e.Environment, "verb": string(e.Verb), "rule": e.Rule,
	} {
		if v != "" {
			out[k] = v
		}
	}
	if len(e.OnBehalf) > 0 {
		out["on_behalf"] = e.OnBehalf
	}
	if len(e.DataClasses) > 0 {
		out["data_classes"] = e.DataClasses
	}
	if len(e.Details) > 0 {
		out["details"] = e.Details
	}
	return out
}
