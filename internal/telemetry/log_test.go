package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/telemetry"
)

const canary = "Hx7-canary-99"

func logger(t *testing.T, format string) (*slog.Logger, *bytes.Buffer) {
	t.Helper()
	var buf bytes.Buffer
	log, err := telemetry.Logger(&buf, format, slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	return log, &buf
}

func TestSecretsDoNotReachALine(t *testing.T) {
	type login struct {
		User     string `json:"user"`
		Password string `json:"password"`
	}
	link := &url.URL{Scheme: "https", User: url.UserPassword("u", canary), Host: "h", Path: "/p"}
	cases := map[string]slog.Attr{
		"plaintext":               slog.Any("value", clientele.Secret(canary)),
		"plaintext pointer":       slog.Any("value", new(clientele.Secret(canary))),
		"plaintext in a struct":   slog.Any("value", struct{ P clientele.Plaintext }{clientele.Secret(canary)}),
		"plaintext in a map":      slog.Any("value", map[string]any{"p": clientele.Secret(canary)}),
		"authorization":           slog.String("Authorization", canary),
		"cookie":                  slog.String("set-cookie", canary),
		"camel case":              slog.String("accessToken", canary),
		"run together":            slog.String("xapikey", canary),
		"key at the end":          slog.String("signing_key", canary),
		"session id":              slog.String("session_id", canary),
		"in a group":              slog.Group("request", slog.String("client_secret", canary)),
		"group with that name":    slog.Group("credentials", slog.String("value", canary)),
		"headers":                 slog.Any("headers", http.Header{"Authorization": {canary}, "X-Api-Key": {canary}}),
		"struct with JSON names":  slog.Any("body", login{"u", canary}),
		"struct in a slice":       slog.Any("body", []login{{"u", canary}}),
		"bytes under a name":      slog.Any("password", []byte(canary)),
		"number under a name":     slog.Any("token", []string{canary}),
		"bearer in a text":        slog.String("note", "sent Authorization: Bearer "+canary),
		"URL with user":           slog.Any("url", link),
		"URL in an error":         slog.Any("error", &url.Error{Op: "Get", URL: "https://h/?access_token=" + canary, Err: errors.New("refused")}),
		"code in a URL":           slog.String("note", "GET /callback?code="+canary+"&iss=x"),
		"DSN in an error":         slog.Any("error", errors.New("dial postgres://app:"+canary+"@db/x")),
		"keyword DSN in an error": slog.Any("error", errors.New("host=db password="+canary+" dbname=x")),
	}
	for name, attr := range cases {
		for _, format := range []string{"json", "text"} {
			log, buf := logger(t, format)
			log.Info("x", attr)
			log.With(attr).WithGroup("g").Info("x", attr)
			if strings.Contains(buf.String(), canary) || strings.Contains(buf.String(), "SHg3LWNhbmFyeS05OQ") {
				t.Errorf("%s, %s: %s", name, format, buf)
			}
			if !strings.Contains(buf.String(), "[secret]") {
				t.Errorf("%s, %s: nothing says that a secret stood there: %s", name, format, buf)
			}
		}
	}
}

func TestMessagesAreRedactedToo(t *testing.T) {
	log, buf := logger(t, "text")
	log.Info("tried Bearer " + canary)
	if strings.Contains(buf.String(), canary) {
		t.Error(buf)
	}
}

func TestOrdinaryAttributesAreKept(t *testing.T) {
	cases := map[string]any{
		"token_id": "tk-1", "public_key": "age1abc", "password_length": 12, "cookie_count": 3,
		"monkey": "george", "client": "c-7", "route": "/v1/clients/{id}", "keyboard": "qwerty",
		"note": "basic understanding needed, bearer unknown", "url": "https://h/p?page=2&size=9",
	}
	for key, value := range cases {
		log, buf := logger(t, "json")
		log.Info("x", key, value)
		var line map[string]any
		if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(value)
		if got, _ := json.Marshal(line[key]); !bytes.Equal(got, want) {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestAnEntryIsOneLineWithoutControls(t *testing.T) {
	var hostile strings.Builder
	for r := range rune(0x100) {
		hostile.WriteRune(r)
	}
	hostile.WriteString("\u2028\u2029\u202e\u2066\xff\xfe level=ERROR msg=forged")
	s := hostile.String()
	for _, format := range []string{"json", "text"} {
		log, buf := logger(t, format)
		log.WithGroup(s).Info(s, s, s, "error", errors.New(s), "map", map[string]any{s: []string{s}}, slog.Group(s, s, 1))
		line, rest, _ := strings.Cut(buf.String(), "\n")
		if rest != "" || strings.ContainsFunc(line, func(r rune) bool {
			return unicode.IsControl(r) && r < 0x7f || r == '\u2028' || r == '\u2029'
		}) {
			t.Errorf("%s: %q", format, buf)
		}
		log, buf = logger(t, format)
		log.Info("x", "v", s, "m", []string{s})
		if strings.ContainsFunc(strings.TrimSuffix(buf.String(), "\n"), unicode.IsControl) || strings.ContainsRune(buf.String(), '\u202e') {
			t.Errorf("%s: a value steers the terminal: %q", format, buf)
		}
	}
}

func TestValuesThatCannotBePrintedDoNotStopALine(t *testing.T) {
	log, buf := logger(t, "json")
	log.Info("x", "nil_url", (*url.URL)(nil), "chan", make(chan int), "func", func() {}, "nil", nil, "long", strings.Repeat("é", 1<<20))
	if !json.Valid(buf.Bytes()) || buf.Len() > 20<<10 {
		t.Errorf("%d bytes: %.200s", buf.Len(), buf)
	}
}

func TestUnknownFormatIsRefused(t *testing.T) {
	if _, err := telemetry.Logger(&bytes.Buffer{}, "xml", slog.LevelInfo); clientele.KindOf(err) != clientele.Invalid {
		t.Error(err)
	}
}

func TestContextCarriesTheLogger(t *testing.T) {
	log, buf := logger(t, "text")
	telemetry.From(t.Context()).Info("goes nowhere")
	telemetry.From(telemetry.WithLogger(t.Context(), log)).Info("arrives")
	if s := buf.String(); !strings.Contains(s, "arrives") || strings.Contains(s, "nowhere") {
		t.Error(s)
	}
}
