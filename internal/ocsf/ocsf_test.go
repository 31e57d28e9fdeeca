package ocsf_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ocsf"
	"github.com/clientele/clientele/internal/policy"
)

// schema is testdata/schema.json.
type schema struct {
	Base    []string `json:"base"`
	Classes map[string]struct {
		rules
		Name       string            `json:"name"`
		Activities map[string]string `json:"activities"`
		Statuses   []int             `json:"statuses"`
	} `json:"classes"`
	Objects    map[string]rules  `json:"objects"`
	Severities map[string]string `json:"severities"`
}

type rules struct {
	Required   []string `json:"required"`
	AtLeastOne []string `json:"at_least_one"`
}

// broken says what an object lacks.
func (r rules) broken(o map[string]any) (out []string) {
	for _, k := range r.Required {
		if v, ok := o[k]; !ok || v == "" || v == nil {
			out = append(out, "no "+k)
		}
	}
	has := func(k string) bool { return o[k] != nil && o[k] != "" }
	if len(r.AtLeastOne) > 0 && !slices.ContainsFunc(r.AtLeastOne, has) {
		out = append(out, "none of "+strings.Join(r.AtLeastOne, ", "))
	}
	return out
}

func load(t testing.TB) (s schema) {
	t.Helper()
	b, err := os.ReadFile("testdata/schema.json")
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// objects checks all objects of an event by their names, at any depth.
func (s schema) objects(path string, v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, s.objects(path, x)...)
		}
	case map[string]any:
		name := path[strings.LastIndexByte(path, '.')+1:]
		for _, b := range s.Objects[name].broken(v) {
			out = append(out, path+": "+b)
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k != "unmapped" {
				out = append(out, s.objects(path+"."+k, v[k])...)
			}
		}
	}
	return out
}

// check validates an event as JSON against the schema.
func (s schema) check(ev ocsf.Event) (out []string) {
	b, err := json.Marshal(ev)
	var o map[string]any
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		return []string{err.Error()}
	}
	class, ok := s.Classes[fmt.Sprint(o["class_uid"])]
	if !ok {
		return []string{fmt.Sprintf("no class %v", o["class_uid"])}
	}
	out = append(rules{Required: s.Base}.broken(o), class.broken(o)...)
	expect := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			out = append(out, fmt.Sprintf("%s is %v, want %v", what, got, want))
		}
	}
	activity, known := class.Activities[fmt.Sprint(ev.ActivityID)]
	expect("known activity", known, true)
	expect("activity_name", ev.ActivityName, activity)
	expect("class_name", ev.ClassName, class.Name)
	expect("category_uid", ev.CategoryUID, ev.ClassUID/1000)
	expect("type_uid", ev.TypeUID, ev.ClassUID*100+ev.ActivityID)
	expect("severity", ev.Severity, s.Severities[fmt.Sprint(ev.SeverityID)])
	if class.Statuses == nil {
		class.Statuses = []int{1, 2}
	}
	expect("known status", slices.Contains(class.Statuses, ev.StatusID), true)
	expect("metadata.version", ev.Metadata.Version, "1.8.0")
	return append(out, s.objects("", o)...)
}

func entry(act string, o clientele.Outcome) clientele.Entry {
	return clientele.Entry{
		Seq: 41, At: time.Date(2026, 3, 3, 9, 0, 0, 123456000, time.UTC), Act: act, Actor: "person:per_1", Rule: "r",
		Object: "client:cli_1", Client: "cli_1", Owner: "per_2", Outcome: o, RequestNo: "R-7", PolicyVersion: 3,
		Details: map[string]any{"from": "active"}, Private: map[string]string{"reason": "because Ann said so", "source": "192.0.2.7"},
	}
}

func TestEveryActIsAValidEvent(t *testing.T) {
	s := load(t)
	for _, a := range policy.Acts {
		if !ocsf.Mapped(a.Name) {
			t.Errorf("%s has no line in the table", a.Name)
		}
		for _, o := range []clientele.Outcome{clientele.Done, clientele.NotDone, clientele.WasDenied} {
			for _, change := range []func(*clientele.Entry){
				func(*clientele.Entry) {},
				func(e *clientele.Entry) { e.Client, e.Object, e.Actor = "", "none", "system:sweep" },
				func(e *clientele.Entry) { e.Client, e.Object, e.Actor = "", "person:per_9", "machine:svc_1" },
				func(e *clientele.Entry) { e.Client, e.Object, e.Verb = "", "token:tok_1", clientele.Export },
			} {
				e := entry(a.Name, o)
				change(&e)
				for _, problem := range s.check(ocsf.Mapper{Program: "1.0"}.Event(e)) {
					t.Errorf("%s %s %s: %s", a.Name, o, e.Object, problem)
				}
			}
		}
	}
}

func TestActsNobodyKnowsAreStillEvents(t *testing.T) {
	s := load(t)
	for act, activity := range map[string]int{"moon:create": 1, "moon:list": 2, "moon:write": 3, "moon:prune": 4, "moon:eclipse": 99, "moon": 99} {
		ev := ocsf.Mapper{}.Event(entry(act, clientele.Done))
		if problems := s.check(ev); problems != nil || ev.ActivityID != activity || ocsf.Mapped(act) {
			t.Errorf("%s: %d %v", act, ev.ActivityID, problems)
		}
	}
}

func TestActsAreOfTheirClasses(t *testing.T) {
	for act, want := range map[string][2]int{
		"client:suspend": {3004, 12}, "client:resume": {3004, 13}, "audit:export": {6001, 7}, "grant:revoke": {3005, 2},
		"session:begin": {3002, 1}, "token:create": {3003, 1}, "credential:leak": {2004, 1}, "review:miss": {2008, 2}, "scan:post": {6007, 2},
		"person:leave": {3001, 5},
	} {
		ev := ocsf.Mapper{}.Event(entry(act, clientele.Done))
		if got := [2]int{ev.ClassUID, ev.ActivityID}; got != want {
			t.Errorf("%s: %v, want %v", act, got, want)
		}
	}
}

func TestDenialIsAFailureAndNoFinding(t *testing.T) {
	ev := ocsf.Mapper{}.Event(entry("credential:leak", clientele.WasDenied))
	if ev.ClassUID != 6003 || ev.StatusID != 2 || ev.StatusDetail != "r" || ev.SeverityID < 2 {
		t.Errorf("%+v", ev)
	}
}

func TestNothingIsLostAndNothingPrivateIsSent(t *testing.T) {
	e := entry("client:suspend", clientele.Done)
	e.Grant, e.Change, e.Environment, e.OnBehalf, e.DataClasses, e.Verb = "grt_1", "chg_1", "production", []string{"per_3"}, []string{"personal"}, clientele.Write
	b, err := json.Marshal(ocsf.Mapper{Instance: "here"}.Event(e))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"uid":"41"`, `"correlation_uid":"R-7"`, `"time":1772528400123`, "grt_1", "chg_1", "production", "per_3", "personal", `"verb":"write"`, `"owner":"per_2"`, `"from":"active"`, `"uid":"here"`, `"policy_version":3`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	for _, no := range []string{"Ann", "192.0.2.7"} {
		if strings.Contains(string(b), no) {
			t.Errorf("%s in %s", no, b)
		}
	}
}

func TestRolesArePrivileges(t *testing.T) {
	s := load(t)
	for _, c := range []struct {
		details  map[string]any
		activity int
		want     string
	}{
		{map[string]any{"given": []string{"admin", "auditor"}, "taken": []string{}}, 1, "admin auditor"},
		{map[string]any{"given": []any{"admin"}, "taken": []any{"auditor"}}, 1, "admin"},
		{map[string]any{"given": []any{}, "taken": []any{"auditor"}}, 2, "auditor"},
	} {
		e := entry("role:assign", clientele.Done)
		e.Client, e.Object, e.Details = "", "person:per_9", c.details
		ev := ocsf.Mapper{}.Event(e)
		if ev.ActivityID != c.activity || strings.Join(ev.Privileges, " ") != c.want || ev.User.UID != "per_9" || s.check(ev) != nil {
			t.Errorf("%v: %+v", c.details, ev)
		}
	}
}

func TestOnlyTheLastDecisionGivesAccess(t *testing.T) {
	for complete, class := range map[bool]int{false: 6003, true: 3005} {
		e := entry("request:approve", clientele.Done)
		e.Details = map[string]any{"complete": complete}
		if ev := (ocsf.Mapper{}).Event(e); ev.ClassUID != class {
			t.Errorf("complete %v is of class %d", complete, ev.ClassUID)
		}
	}
}
