package main

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"clientele": main})
}

// The command line is told as scripts, one story each.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("USERPROFILE", env.WorkDir+"/home")
			env.Setenv("UNTIL", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
			env.Setenv("CLIENTELE_FINGERPRINT_KEY", "000102030405060708090a0b0c0d0e0f")
			return nil
		},
		RequireExplicitExec: true,
	})
}
