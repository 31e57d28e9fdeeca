package identity_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

func (h *house) device() (d identity.Device) {
	h.Helper()
	h.must(system(), "session:begin", func(act *guard.Act) (err error) {
		d, err = identity.StartDevice(act)
		return err
	})
	return d
}

func (h *house) answer(id, code string, let bool) (ok bool, err error) {
	h.Helper()
	err = h.try(h.actor(id), "session:begin", func(act *guard.Act) (err error) {
		ok, err = identity.AnswerDevice(act, code, let)
		return err
	})
	return ok, err
}

func TestDevicesComeInByTheirCode(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann", clientele.ViewerRole)
		devices := identity.NewDevices(h.Guard)
		how := identity.How{Kind: identity.CLI, TTL: time.Hour, Source: "192.0.2.9"}
		poll := func(d identity.Device, want error) identity.Signed {
			t.Helper()
			s, err := devices.Poll(t.Context(), d.Code, how)
			if !errors.Is(err, want) {
				t.Fatalf("polled: %v, want %v", err, want)
			}
			return s
		}
		d := h.device()
		poll(d, identity.AuthorizationPending)
		poll(d, identity.SlowDown)
		h.wait(6 * time.Second)
		poll(d, identity.SlowDown) // ten seconds now, and then fifteen
		h.wait(16 * time.Second)
		poll(d, identity.AuthorizationPending)
		if ok, err := h.answer(ann.ID, " "+strings.ToLower(d.UserCode[:4])+" "+d.UserCode[5:], true); !ok || err != nil {
			t.Fatal(ok, err)
		}
		s := poll(d, nil)
		if a, err := h.who(s.Token); err != nil || a.ID != ann.ID {
			t.Errorf("%+v, %v", a, err)
		}
		poll(d, identity.ExpiredToken) // a code lets in once

		d = h.device()
		if ok, err := h.answer(ann.ID, d.UserCode, false); !ok || err != nil {
			t.Fatal(ok, err)
		}
		poll(d, identity.AccessDenied)
		if ok, _ := h.answer(ann.ID, d.UserCode, true); ok {
			t.Error("what was turned away was let in")
		}
		d = h.device()
		h.wait(identity.DeviceTTL)
		poll(d, identity.ExpiredToken)
		if ok, _ := h.answer(ann.ID, d.UserCode, true); ok {
			t.Error("what had expired was let in")
		}
		for _, bad := range []string{"", "clt_d_", s.Token.Reveal(), "clt_d_" + strings.Repeat("A", 43)} {
			poll(identity.Device{Code: clientele.Secret(bad)}, identity.ExpiredToken)
		}
	})
}

func TestOneDeviceCodeMakesOneSession(t *testing.T) {
	each(t, func(h *house) {
		ann := h.person("ann")
		devices, d := identity.NewDevices(h.Guard), h.device()
		if ok, err := h.answer(ann.ID, d.UserCode, true); !ok || err != nil {
			t.Fatal(ok, err)
		}
		var in atomic.Int32
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if _, err := devices.Poll(t.Context(), d.Code, identity.How{Kind: identity.CLI, TTL: time.Hour}); err == nil {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 || h.count("session") != 1 {
			t.Errorf("%d sessions", in.Load())
		}
	})
}

func TestGuessingDeviceCodesEndsSoon(t *testing.T) {
	each(t, func(h *house) {
		ann, ben, d := h.person("ann"), h.person("ben"), h.device()
		guesses := []string{"", "BBBB-BBBB", "' OR 1=1", strings.Repeat("B", 9), "ÄÖÜß"}
		for _, code := range guesses {
			if ok, err := h.answer(ann.ID, code, true); ok || err != nil {
				t.Fatalf("%q: %v %v", code, ok, err)
			}
		}
		_, err := h.answer(ann.ID, d.UserCode, true)
		h.wants(err, clientele.Limit, "")
		if ok, err := h.answer(ben.ID, d.UserCode, true); !ok || err != nil {
			t.Errorf("another person: %v %v", ok, err)
		}
		h.wait(identity.DeviceTTL)
		d = h.device()
		if ok, err := h.answer(ann.ID, d.UserCode, true); !ok || err != nil {
			t.Errorf("after a while: %v %v", ok, err)
		}
	})
}

func TestDevicesThatWaitAreFew(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	var last error
	n := 0
	for ; n <= 1001 && last == nil; n++ {
		last = h.try(system(), "session:begin", func(act *guard.Act) error {
			_, err := identity.StartDevice(act)
			return err
		})
	}
	h.wants(last, clientele.Limit, "")
	h.wait(identity.DeviceTTL)
	h.device()
	if left := h.count("device_grant"); left != 1 {
		t.Errorf("%d are kept", left)
	}
}
