package httpapi

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/oidc"
)

// The few pages that signing in needs. Each is a form that works without script.

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// SignIn is how people come in.
type SignIn struct {
	Provider *oidc.Provider // nil: people sign in by one-time links
	Mapping  identity.Mapping
	Session  time.Duration // how long a session lasts
	Devices  *identity.Devices
	FlowKey  [32]byte // seals the state of a sign-in under way into a cookie
}

// page is what the one template shows.
type page struct {
	Title, Text string
	Ask         string // "link", "device" or nothing
	UserCode    string
}

var pagePlain = []plain{
	{"GET /{$}", true, func(h *House) http.Handler { return http.HandlerFunc(h.homePage) }},
	{"GET /sign-in", true, func(h *House) http.Handler { return http.HandlerFunc(h.signInPage) }},
	{"POST /sign-in", true, func(h *House) http.Handler { return http.HandlerFunc(h.signInByForm) }},
	{"GET /device", true, func(h *House) http.Handler { return http.HandlerFunc(h.devicePage) }},
	{"POST /device", true, func(h *House) http.Handler { return http.HandlerFunc(h.deviceAnswer) }},
	{"GET /requests/{id}", true, told("clientele request show")},
	{"GET /reviews/{id}", true, told("clientele review show")},
	{"GET /clients/{id}", true, told("clientele client show")},
	{"GET /leavers/{id}", true, told("clientele leaver report")},
	{"GET /policies", true, told("clientele policy list")},
	{"GET /audit", true, told("clientele audit status")},
	{"GET /notices", true, told("clientele notice list")},
	{"GET /v1/sign-in/oidc", true, func(h *House) http.Handler { return http.HandlerFunc(h.beginOIDC) }},
	{"GET /v1/sign-in/oidc/callback", true, func(h *House) http.Handler { return http.HandlerFunc(h.finishOIDC) }},
}

// how is a session of a kind for whoever makes the request.
func (h *House) how(ctx context.Context, kind string) identity.How {
	source, _ := ctx.Value(sourceKey{}).(string)
	return identity.How{Kind: kind, TTL: h.SignIn.Session, Source: source}
}

func (h *House) useLink(ctx context.Context, secret, kind string) (s identity.Signed, err error) {
	err = h.Guard.Do(ctx, clientele.System("link-sign-in", "whoever has the link's secret is that person"), "session:begin", func(act *guard.Act) error {
		s, err = identity.UseLink(act, clientele.Secret(secret), h.how(ctx, kind))
		return err
	})
	return s, err
}

// told is where a notice's link leads: it says which command goes on from there, to anybody,
// as it says nothing of what is there.
func told(command string) func(*House) http.Handler {
	return func(*House) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.PathValue("id")
			if !idPattern.MatchString(id) {
				id = ""
			}
			showPage(w, http.StatusOK, page{Title: "Go on at the command line", Text: strings.TrimSpace(command + " " + id)})
		})
	}
}

var idPattern = regexp.MustCompile(`^[a-z]{3}_[0-9a-z]{1,40}$`)

func showPage(w http.ResponseWriter, status int, p page) {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		http.Error(w, "Something went wrong", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

// failPage shows an error to a person in a browser.
func failPage(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(r.Context(), err)
	showPage(w, p.Status, page{Title: p.Title, Text: strings.TrimSpace(p.Detail + ". " + p.Hint)})
}

func (h *House) homePage(w http.ResponseWriter, r *http.Request) {
	if _, err := h.identify(r); err != nil {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	showPage(w, http.StatusOK, page{Title: "You are signed in", Text: "Go on at the command line: clientele client list"})
}

func (h *House) signInPage(w http.ResponseWriter, r *http.Request) {
	if h.SignIn.Provider != nil {
		http.Redirect(w, r, "/v1/sign-in/oidc", http.StatusSeeOther)
		return
	}
	showPage(w, http.StatusOK, page{Title: "Sign in", Ask: "link", Text: "Paste what stands after # in the link that clientele up printed, or that an administrator gave you."})
}

func (h *House) signInByForm(w http.ResponseWriter, r *http.Request) {
	secret := r.PostFormValue("secret")
	if _, after, ok := strings.Cut(secret, "#"); ok {
		secret = after
	}
	s, err := h.useLink(r.Context(), strings.TrimSpace(secret), identity.Browser)
	if err != nil {
		failPage(w, r, err)
		return
	}
	h.enter(w, r, s)
}

// enter gives the browser its session, always a new one, and goes back to where the person
// wanted to go.
func (h *House) enter(w http.ResponseWriter, r *http.Request, s identity.Signed) {
	h.setCookie(w, h.sessionCookie(), s.Token.Reveal(), int(h.SignIn.Session.Seconds()))
	to := "/"
	if c, err := r.Cookie(h.cookie("return")); err == nil && returnPattern.MatchString(c.Value) {
		to = "/device?user_code=" + c.Value
	}
	h.setCookie(w, h.cookie("return"), "", -1)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// returnPattern is the only place one can be sent back to: the page for a device's code.
var returnPattern = regexp.MustCompile(`^[A-Z]{4}-[A-Z]{4}$`)

func (h *House) secure() bool { return strings.HasPrefix(h.BaseURL, "https://") }

func (h *House) sessionCookie() string {
	if h.secure() {
		return cookieName
	}
	return plainCookieName
}

// cookie is the name of a short-lived cookie of the sign-in.
func (h *House) cookie(name string) string { return h.sessionCookie() + "-" + name }

func (h *House) setCookie(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: h.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (h *House) devicePage(w http.ResponseWriter, r *http.Request) {
	code := r.FormValue("user_code")
	actor, err := h.identify(r)
	if err != nil {
		if returnPattern.MatchString(code) {
			h.setCookie(w, h.cookie("return"), code, 600)
		}
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	if actor.Kind != clientele.PersonActor {
		failPage(w, r, errNobody())
		return
	}
	showPage(w, http.StatusOK, page{Title: "Let a command line in", Ask: "device", UserCode: code,
		Text: "Only if you began this yourself just now, and the code is the one that your terminal shows."})
}

func (h *House) deviceAnswer(w http.ResponseWriter, r *http.Request) {
	actor, err := h.identify(r)
	if err != nil { // no redirect: form-action keeps a form's answer from leading to the provider
		showPage(w, http.StatusUnauthorized, page{Title: "You are not signed in any more", Text: "Open the link that your terminal shows once more."})
		return
	}
	let, found := r.PostFormValue("answer") == "allow", false
	err = h.Guard.Do(r.Context(), actor, "session:begin", func(act *guard.Act) (err error) {
		found, err = identity.AnswerDevice(act, r.PostFormValue("user_code"), let)
		return err
	})
	switch {
	case err != nil:
		failPage(w, r, err)
	case !found:
		showPage(w, http.StatusNotFound, page{Title: "No such code", Ask: "device", Text: "It may have expired. Begin again in the terminal: clientele login"})
	case let:
		showPage(w, http.StatusOK, page{Title: "The command line is let in", Text: "You can close this page."})
	default:
		showPage(w, http.StatusOK, page{Title: "The command line was turned away", Text: "You can close this page."})
	}
}

func (h *House) beginOIDC(w http.ResponseWriter, r *http.Request) {
	if h.SignIn.Provider == nil {
		failPage(w, r, clientele.Errorf(clientele.NotFound, "there is no identity provider here"))
		return
	}
	flow, to, err := h.SignIn.Provider.Begin(r.Context())
	if err != nil {
		failPage(w, r, err)
		return
	}
	h.setCookie(w, h.cookie("flow"), oidc.Seal(h.SignIn.FlowKey, flow, h.Guard.Now()), int(oidc.FlowLifetime.Seconds()))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (h *House) finishOIDC(w http.ResponseWriter, r *http.Request) {
	s, err := h.finish(w, r)
	if err != nil {
		failPage(w, r, err)
		return
	}
	h.enter(w, r, s)
}

func (h *House) finish(w http.ResponseWriter, r *http.Request) (s identity.Signed, err error) {
	c, err := r.Cookie(h.cookie("flow"))
	if err != nil || h.SignIn.Provider == nil {
		return s, clientele.Errorf(clientele.Unauthenticated, "this sign-in was not begun here, or took too long").WithHint("Begin again at /sign-in")
	}
	h.setCookie(w, h.cookie("flow"), "", -1) // it serves once, whatever comes of it
	flow, err := oidc.Open(h.SignIn.FlowKey, c.Value, h.Guard.Now())
	if err != nil {
		return s, err
	}
	claims, err := h.SignIn.Provider.Finish(r.Context(), flow, r.URL.Query())
	if err != nil {
		return s, err
	}
	err = h.Guard.Do(r.Context(), clientele.System("oidc-sign-in", "the identity provider vouches"), "session:begin", func(act *guard.Act) (err error) {
		s, err = identity.SignIn(act, claims, h.SignIn.Mapping, h.how(r.Context(), identity.Browser))
		return err
	})
	return s, err
}
