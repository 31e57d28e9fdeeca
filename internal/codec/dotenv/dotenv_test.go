package dotenv_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/dotenv"
)

func TestSuite(t *testing.T) { codectest.Run(t, dotenv.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, dotenv.Decoders) }

func TestCommentedPairsAreDormant(t *testing.T) {
	f := clientele.File{Path: ".env.production", Data: []byte("A_KEY=now\n# A_KEY=before\n# see FOO = bar\n#note=x\n## export B=\"c d\"\n")}
	parts, err := dotenv.Decoders[0].Decode(f)
	if err != nil || len(parts) != 1 {
		t.Fatal(err, len(parts))
	}
	if parts[0].Environment != "production" {
		t.Errorf("the environment is %q", parts[0].Environment)
	}
	var got []string
	for _, v := range parts[0].Variables {
		got = append(got, fmt.Sprintf("%d:%s=%s:%v", v.Line, v.Name, v.Value.Reveal(), v.Dormant))
	}
	want := []string{"1:A_KEY=now:false", "2:A_KEY=before:true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEnvironmentIsInTheName(t *testing.T) {
	for name, want := range map[string]string{
		".env": "", ".env.production.local": "production", ".env.example": "", "staging.env": "staging", ".env.local": "", ".dev.vars": "dev",
	} {
		parts, _ := dotenv.Decoders[0].Decode(clientele.File{Path: "a/" + name, Data: []byte("A=b")})
		if len(parts) != 1 || parts[0].Environment != want {
			t.Errorf("%s: got %v, want %q", name, parts[0].Environment, want)
		}
	}
}

func TestTheStringInAStringIsTheConnection(t *testing.T) {
	src := `{"ConnectionStrings": {"E": "metadata=res://*;provider=System.Data.SqlClient;provider connection string=\"data source=h;password=p;\""}}`
	parts := codectest.Decode(t, dotenv.Decoders, "appsettings.json", src)
	if len(parts) != 1 || len(parts[0].Slots) != 1 || parts[0].Slots[0].Value.Reveal() != "data source=h;password=p;" {
		t.Errorf("got\n%s", codectest.Dump(parts))
	}
}

func TestAnEditorsSettingsAreNoClientWithoutACredential(t *testing.T) {
	src := `{"http.proxy": "http://proxy:3128", "editor.fontSize": 13, "chat.agent.token": "x", "git.autofetch": true}`
	if parts := codectest.Decode(t, dotenv.Decoders, "Code/User/settings.json", src); len(parts) != 0 {
		t.Errorf("got\n%s", codectest.Dump(parts))
	}
}
