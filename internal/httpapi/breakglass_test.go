package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/api"
)

func TestEmergencyAccessIsForTheEnrolledAndTellsTwo(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	body := `{"client":"` + id + `","scopes":[{"service":"` + e.api + `","verb":"write"}],"minutes":20,"incident":"INC-42","reason":"orders are stuck"}`
	e.denied(e.bob, "POST", "/v1/break-glass", body, "clientele")
	_, _, there := e.send(token(e.bob), "POST", "/v1/break-glass", body)
	_, _, none := e.send(token(e.bob), "POST", "/v1/break-glass", strings.Replace(body, id, "cli_0", 1))
	if cutRequest(there) != cutRequest(none) {
		t.Fatalf("%s\n%s", there, none)
	}

	var en api.Enrolment
	e.want(200, token(e.adm), "POST", "/v1/break-glass/enrolments", `{"person":"bob@example.com","enrolled":true}`, &en)
	if en.Person != e.bob || en.Name != "Bob" || !en.Enrolled {
		t.Fatalf("%+v", en)
	}
	e.want(409, token(e.adm), "POST", "/v1/break-glass/enrolments", `{"person":"bob","enrolled":true}`, nil)
	e.want(403, token(e.adm), "POST", "/v1/break-glass/enrolments", `{"person":"adm","enrolled":true}`, nil)
	e.denied(e.bob, "POST", "/v1/break-glass/enrolments", `{"person":"ann","enrolled":true}`, "clientele break-glass enrol ann")
	var list api.List[api.Enrolment]
	e.want(200, token(e.sam), "GET", "/v1/break-glass/enrolments", "", &list)
	if len(list.Items) != 1 || list.Items[0] != en {
		t.Fatalf("%+v", list)
	}
	e.want(403, token(e.bob), "GET", "/v1/break-glass/enrolments", "", nil)

	var b api.BreakGlass
	e.want(201, token(e.bob), "POST", "/v1/break-glass", body, &b)
	if b.Person != e.bob || len(b.Told) != 2 || b.Told[0] != "Ann" || b.EndsAt.Sub(b.StartsAt) != 20*time.Minute || b.ReviewBy.IsZero() {
		t.Fatalf("%+v", b)
	}
	for _, who := range []string{e.bob, e.ann, e.sam} {
		e.want(200, token(who), "GET", "/v1/break-glass/"+b.ID, "", nil)
	}
	e.hidden(e.vic, "GET", "/v1/break-glass/"+b.ID, b.ID, "")
	for _, bad := range []string{
		strings.Replace(body, `"write"`, `"export"`, 1), strings.Replace(body, "20", "61", 1), strings.Replace(body, "INC-42", "", 1),
		strings.Replace(body, e.api, "srv'; --", 1), strings.Replace(body, "INC-42", "INC 42", 1),
	} {
		e.want(400, token(e.bob), "POST", "/v1/break-glass", bad, nil)
	}
	e.want(200, token(e.adm), "POST", "/v1/break-glass/enrolments", `{"person":"bob","enrolled":false}`, nil)
	e.denied(e.bob, "POST", "/v1/break-glass", body, "clientele")
}
