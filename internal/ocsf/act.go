package ocsf

import (
	"strings"

	"github.com/clientele/clientele"
)

// meaning is what an act is in the schema: class, activity of the class, and severity where
// it is more than informational.
type meaning struct{ class, activity, severity int }

// acts says what each act is. An act of a class of findings is one only when it was done.
var acts = map[string]meaning{
	"client:read":         {entityManagement, 2, 0},
	"client:list":         {entityManagement, 2, 0},
	"client:claim":        {entityManagement, 6, 0},
	"client:describe":     {entityManagement, 3, 0},
	"client:hand_over":    {entityManagement, 3, 0},
	"client:assign":       {entityManagement, 3, 0},
	"client:suspend":      {entityManagement, 12, 2},
	"client:resume":       {entityManagement, 13, 0},
	"client:quarantine":   {entityManagement, 9, 3},
	"client:release":      {entityManagement, 8, 0},
	"client:retire":       {entityManagement, 11, 0},
	"client:confirm_dead": {entityManagement, 4, 0},
	"client:disown":       {entityManagement, 7, 0},
	"client:narrow":       {userAccess, 2, 0},
	"service:read":        {entityManagement, 2, 0},
	"service:list":        {entityManagement, 2, 0},
	"service:write":       {entityManagement, 3, 0},
	"vendor:describe":     {entityManagement, 3, 0},
	"vendor:drill":        {apiActivity, 1, 0},

	"request:read":         {apiActivity, 2, 0},
	"request:list":         {apiActivity, 2, 0},
	"request:dry_run":      {apiActivity, 2, 0},
	"request:classify":     {apiActivity, 2, 0},
	"request:need":         {apiActivity, 2, 0},
	"request:create":       {apiActivity, 1, 0},
	"host:list":            {apiActivity, 2, 0},
	"host:assign":          {entityManagement, 3, 0},
	"scan:list":            {apiActivity, 2, 0},
	"request:withdraw":     {apiActivity, 3, 0},
	"request:deny":         {apiActivity, 3, 0},
	"request:expire":       {apiActivity, 3, 0},
	"request:stand_in":     {apiActivity, 2, 0},
	"request:escalate":     {apiActivity, 3, 0},
	"request:approve":      {userAccess, 1, 0},
	"request:auto_approve": {userAccess, 1, 0},
	"grant:list":           {apiActivity, 2, 0},
	"grant:revoke":         {userAccess, 2, 0},
	"grant:expire":         {userAccess, 2, 0},
	"break_glass:list":     {apiActivity, 2, 0},
	"break_glass:read":     {apiActivity, 2, 0},
	"break_glass:use":      {userAccess, 1, 4},
	"break_glass:end":      {userAccess, 2, 0},
	"break_glass:stop":     {userAccess, 2, 0},
	"break_glass:enrol":    {accountChange, 7, 3},
	"delegation:create":    {userAccess, 1, 0},
	"delegation:end":       {userAccess, 2, 0},
	"delegation:list":      {apiActivity, 2, 0},

	"review:read":     {apiActivity, 2, 0},
	"review:list":     {apiActivity, 2, 0},
	"review:open":     {iamAnalysisFinding, 1, 0},
	"review:escalate": {iamAnalysisFinding, 2, 2},
	"review:miss":     {iamAnalysisFinding, 2, 3},
	"review:decide":   {iamAnalysisFinding, 3, 0},
	"review:verify":   {iamAnalysisFinding, 2, 0},
	"review:renew":    {iamAnalysisFinding, 3, 0},
	"campaign:create": {apiActivity, 1, 0},
	"campaign:read":   {apiActivity, 2, 0},
	"campaign:cancel": {apiActivity, 3, 0},
	"campaign:close":  {apiActivity, 3, 0},

	"finding:list":     {apiActivity, 2, 0},
	"credential:list":  {apiActivity, 2, 0},
	"finding:read":     {apiActivity, 2, 0},
	"finding:suppress": {detectionFinding, 2, 2},
	"credential:leak":  {detectionFinding, 1, 4},
	"credential:clear": {detectionFinding, 3, 0},
	"scan:post":        {scanActivity, 2, 0},
	"usage:post":       {apiActivity, 1, 0},

	"change:read":    {apiActivity, 2, 0},
	"change:list":    {apiActivity, 2, 0},
	"change:create":  {apiActivity, 1, 0},
	"change:update":  {apiActivity, 3, 0},
	"change:approve": {apiActivity, 3, 0},
	"change:verify":  {apiActivity, 2, 0},

	"policy:read":      {entityManagement, 2, 0},
	"policy:propose":   {entityManagement, 1, 2},
	"policy:activate":  {entityManagement, 10, 3},
	"audit:read":       {apiActivity, 2, 0},
	"audit:status":     {apiActivity, 2, 0},
	"audit:export":     {webResourcesActivity, 7, 2},
	"audit:hold":       {apiActivity, 1, 0},
	"audit:legal_hold": {apiActivity, 3, 2},
	"audit:prune":      {apiActivity, 4, 3},
	"leaver:report":    {apiActivity, 2, 0},

	"person:list":      {apiActivity, 2, 0},
	"person:read":      {apiActivity, 2, 0},
	"machine:read":     {apiActivity, 2, 0},
	"team:read":        {apiActivity, 2, 0},
	"person:write":     {entityManagement, 3, 0},
	"person:leave":     {accountChange, 5, 2},
	"person:shred":     {accountChange, 6, 3},
	"role:assign":      {userAccess, 1, 3},
	"token:create":     {authorizeSession, 1, 2},
	"token:revoke":     {authentication, 2, 0},
	"token:list":       {apiActivity, 2, 0},
	"link:create":      {authorizeSession, 1, 2},
	"session:begin":    {authentication, 1, 0},
	"session:end":      {authentication, 2, 0},
	"settings:read":    {apiActivity, 2, 0},
	"notice:test":      {apiActivity, 99, 0},
	"notice:list":      {apiActivity, 2, 0},
	"system:start":     {applicationLifecycle, 3, 0},
	"due:settle":       {apiActivity, 3, 0},
	"system:bootstrap": {accountChange, 1, 3},
}

// titles are the titles of findings.
var titles = map[string]string{
	"review:open":      "A client is due for review",
	"review:escalate":  "A review waits for its decision",
	"review:miss":      "A review was missed",
	"review:decide":    "A review was decided",
	"review:renew":     "A client was renewed by rule",
	"review:verify":    "What a review ended was looked at",
	"finding:suppress": "A finding was accepted until a day",
	"credential:leak":  "A credential was declared leaked",
	"credential:clear": "A leak was declared contained",
}

// Mapped reports whether an act has a line of its own in the table.
func Mapped(act string) bool {
	_, ok := acts[act]
	return ok
}

// meaningOf is what an entry is. What is not in the table, and what did not come about, is
// API Activity.
func meaningOf(e clientele.Entry) meaning {
	m, ok := acts[e.Act]
	if !ok {
		return meaning{apiActivity, activityOf(e.Act), 0}
	}
	switch {
	case m.class/1000 == 2 && e.Outcome != clientele.Done:
		return meaning{apiActivity, 3, m.severity}
	case e.Act == "request:approve" && e.Details["complete"] == false:
		return meaning{apiActivity, 3, m.severity} // more decisions are needed: nothing was given yet
	case e.Act == "role:assign" && len(texts(e.Details["given"])) == 0 && len(texts(e.Details["taken"])) > 0:
		m.activity = 2
	case e.Act == "break_glass:enrol" && e.Details["enrolled"] == false:
		m.activity = 8
	}
	return m
}

// activityOf guesses by the verb.
func activityOf(act string) int {
	_, verb, _ := strings.Cut(act, ":")
	switch verb {
	case "create", "open", "post":
		return 1
	case "read", "list", "see":
		return 2
	case "write", "update":
		return 3
	case "delete", "prune":
		return 4
	}
	return 99
}
