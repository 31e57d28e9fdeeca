package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/clientele/clientele/api"
)

func TestAClientChangesHandsByCommand(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "ann", "", "owner", "hand-over", "cli_orders", "--to", "bob@example.com")
	says(t, code, out, exitOK, "orders has another owner", "bob attests to owning it", "clientele owner claim cli_orders", "14 days left")
	code, out = as(t, "sec", "", "owner", "assign", "cli_orders", "--to", "ann", "--format", "json")
	says(t, code, out, exitOK, `"attested": false`, `"next":`)
	code, out = as(t, "ann", "", "owner", "claim", "cli_orders", "--backup", "bob")
	says(t, code, out, exitOK, "is yours: you attested")
	code, out = as(t, "bob", "", "owner", "assign", "cli_orders", "--to", "bob")
	says(t, code, out, exitDenied, "rule: ", "who can allow it: ", "clientele owner assign cli_orders")
}

func TestAClientIsStoppedByCommand(t *testing.T) {
	reviewServer(t)
	if c, _, _ := newRoot().Find([]string{"client", "suspend"}); c.Name() != "suspend" {
		t.Skip("the command client does not have these verbs yet")
	}
	code, out := as(t, "ann", "", "client", "suspend", "cli_orders", "--reason", "odd calls")
	says(t, code, out, exitOK, "orders is suspended", "clientele client resume cli_orders", "14 days left")
	code, out = as(t, "ann", "", "client", "suspend", "cli_billing")
	says(t, code, out, exitUsage, "reason")
	code, out = as(t, "ann", "", "client", "retire", "cli_orders")
	says(t, code, out, exitUsage, "was never seen in use", "nothing was done", "--yes")
	code, out = as(t, "ann", "", "client", "retire", "cli_orders", "--reason", "gone", "--yes")
	says(t, code, out, exitOK, "orders is retired", "never used again")
	code, out = as(t, "ann", "", "client", "confirm-dead", "cli_orders", "crd_1", "--how", "401", "--yes")
	says(t, code, out, exitUsage, "retired")
}

func TestAVendorIsDescribedAndDrilledByCommand(t *testing.T) {
	reviewServer(t)
	book := filepath.Join(t.TempDir(), "revoke.md")
	if err := os.WriteFile(book, []byte("1. delete the key"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := as(t, "ann", "", "vendor", "set", "cli_orders", "--name", "Acme", "--sponsor", "sec", "--runbook", book, "--contract-end", "2126-01-01")
	says(t, code, out, exitDenied, "vendor-runbook-drilled")
	code, out = as(t, "ann", "", "vendor", "show", "cli_orders")
	says(t, code, out, exitOK, "clientele vendor set cli_orders")
	code, out = as(t, "ann", "", "vendor", "drill", "cli_orders", "--passed", "--note", "401")
	says(t, code, out, exitUsage, "no vendor's client")
	code, out = as(t, "ann", "", "vendor", "drill", "cli_orders", "--note", "401")
	says(t, code, out, exitUsage, "passed")
}

func TestEmergencyAccessIsEnrolledByCommand(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "bob", "", "break-glass", "enrol", "ann")
	says(t, code, out, exitDenied, "system role admin", "clientele break-glass enrol ann")
	code, out = as(t, "sec", "", "break-glass", "list")
	says(t, code, out, exitOK, "nobody may take emergency access")
	code, out = as(t, "ann", "", "break-glass", "use", "cli_orders", "--scope", "write", "--incident", "INC-1", "--reason", "x")
	says(t, code, out, exitUsage, "is no scope")
	code, out = as(t, "ann", "", "break-glass", "use", "cli_orders", "--scope", "write:srv_1:/orders/*", "--incident", "INC-1", "--reason", "x")
	says(t, code, out, exitDenied, "not-enrolled")
}

func TestDecisionsAreLentByCommand(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "ann", "", "delegate", "create", "--to", "bob", "--until", "48h", "--format", "json")
	says(t, code, out, exitOK, `"borrower_name": "bob"`)
	var d api.Delegation
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	code, out = as(t, "bob", "", "delegate", "list")
	says(t, code, out, exitOK, d.ID, "ann", "hours left")
	code, out = as(t, "ann", "", "delegate", "end", d.ID)
	says(t, code, out, exitOK, "has ended")
	code, out = as(t, "ann", "", "delegate", "end", d.ID)
	says(t, code, out, exitUsage, "ended already")
}

func TestALeaverIsReportedByCommand(t *testing.T) {
	reviewServer(t)
	code, out := as(t, "sec", "", "leaver", "report", "ann")
	says(t, code, out, exitOK, "2 clients need somebody else", "orders", "clientele leaver end per_")
	code, out = as(t, "sec", "", "leaver", "end", "ann")
	says(t, code, out, exitUsage, "2 clients need somebody else", "nothing was done", "--yes")
	code, out = as(t, "sec", "", "leaver", "end", "ann", "--yes")
	says(t, code, out, exitDenied)
}
