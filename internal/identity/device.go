package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// The limits of the device flow. A user code has 20^8 forms: with at most maxDevices waiting
// and maxMisses wrong tries, a person who guesses hits one in ten minutes with a
// probability below 2 in 10 million (RFC 8628, sections 5.1 and 6.1).
const (
	DeviceTTL      = 10 * time.Minute
	DeviceInterval = 5 * time.Second // between two polls
	maxDevices     = 1000            // waiting at the same time
	maxMisses      = 5               // wrong codes of one person within DeviceTTL
)

// DeviceError is why a device gets no session yet, or none at all: the error codes of RFC
// 8628, section 3.5.
type DeviceError string

// The codes.
const (
	AuthorizationPending DeviceError = "authorization_pending"
	SlowDown             DeviceError = "slow_down" // wait 5 seconds longer from now on
	AccessDenied         DeviceError = "access_denied"
	ExpiredToken         DeviceError = "expired_token"
)

func (e DeviceError) Error() string { return string(e) }

// Device is a sign-in that a command line has begun and a person ends in a browser.
type Device struct {
	Code      clientele.Plaintext // the device's, to poll with
	UserCode  string              // the person's, to type: "WDJB-MJHT"
	ExpiresAt time.Time
	Interval  time.Duration
}

// StartDevice begins a sign-in by the device flow. Its act is the system's: nobody is
// signed in yet.
func StartDevice(act *guard.Act) (Device, error) {
	if err := act.Allow(Person{ID: guard.All, Active: true}.Resource()); err != nil {
		return Device{}, err
	}
	now := db.Micro(act.At)
	var waiting int
	if err := act.Tx.Row(act.Context(), "SELECT COUNT(*) FROM device_grant WHERE status = 'pending' AND expires_at > ?", []any{now}, &waiting); err != nil {
		return Device{}, fmt.Errorf("count waiting devices: %w", err)
	}
	if waiting >= maxDevices {
		return Device{}, clientele.Errorf(clientele.Limit, "too many command lines wait to be signed in").WithHint("try again in ten minutes")
	}
	d := Device{UserCode: newUserCode(), ExpiresAt: act.At.Add(DeviceTTL), Interval: DeviceInterval}
	var hash []byte
	d.Code, hash = newSecret(devicePrefix)
	if err := each(act, []statement{
		{"DELETE FROM device_grant WHERE expires_at <= ?", []any{now}},
		{"INSERT INTO device_grant (hash, user_code, status, created_at, expires_at) VALUES (?, ?, 'pending', ?, ?)",
			[]any{hash, plainCode(d.UserCode), now, db.Micro(d.ExpiresAt)}},
	}); err != nil {
		return Device{}, fmt.Errorf("begin a device's sign-in: %w", err)
	}
	act.Detail("by", "device")
	return d, nil
}

// codeLetters are those of RFC 8628, section 6.1: no vowels, so no words.
const codeLetters = "BCDFGHJKLMNPQRSTVWXZ"

func newUserCode() string {
	b := make([]byte, 8)
	for i := range b {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(codeLetters))))
		if err != nil {
			panic(err) // the kernel's random numbers do not end
		}
		b[i] = codeLetters[n.Int64()]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// plainCode is a user code without what people add to it, or empty if it can be none.
func plainCode(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	code := strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeLetters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(code) != 8 {
		return ""
	}
	return code
}

// AnswerDevice lets the device with that user code in as the person who acts, or turns it
// away, and reports whether there is such a device. A code that is none is an act, too: it
// is counted, and after a few the person has to wait.
func AnswerDevice(act *guard.Act, userCode string, let bool) (bool, error) {
	if act.Actor.Kind != clientele.PersonActor {
		return false, guard.Deny("people-sign-in", "only people sign in by a device's code")
	}
	if err := act.Allow(Person{ID: act.Actor.ID, Active: true}.Resource()); err != nil {
		return false, err
	}
	since := db.Micro(act.At.Add(-DeviceTTL))
	var misses int
	if err := act.Tx.Row(act.Context(), "SELECT COUNT(*) FROM device_miss WHERE person_id = ? AND at > ?", []any{act.Actor.ID, since}, &misses); err != nil {
		return false, fmt.Errorf("count wrong codes: %w", err)
	}
	if misses >= maxMisses {
		return false, clientele.Errorf(clientele.Limit, "you typed too many codes that are none").WithHint("wait ten minutes, then begin again on the device")
	}
	status := map[bool]string{true: "approved", false: "denied"}[let]
	n, err := act.Tx.Exec(act.Context(), "UPDATE device_grant SET status = ?, person_id = ? WHERE user_code = ? AND status = 'pending' AND expires_at > ?",
		status, act.Actor.ID, plainCode(userCode), db.Micro(act.At))
	if err == nil && n == 0 {
		status = "no such code"
		err = each(act, []statement{
			{"DELETE FROM device_miss WHERE at <= ?", []any{since}},
			{"INSERT INTO device_miss (person_id, at) VALUES (?, ?)", []any{act.Actor.ID, db.Micro(act.At)}},
		})
	}
	if err != nil {
		return false, fmt.Errorf("answer a device: %w", err)
	}
	act.Detail("device", status)
	return n == 1, nil
}

// Devices answers polling devices. When each polled last is kept in memory, since it is a
// courtesy between a program and its server and no secret depends on it: a device code has
// 256 random bits.
type Devices struct {
	g *guard.Guard

	mu    sync.Mutex // guards polls
	polls map[string]poll
}

// poll is what is known of a device that waits.
type poll struct {
	last     time.Time
	interval time.Duration
	until    time.Time
}

// NewDevices makes the answerer of a guard's house.
func NewDevices(g *guard.Guard) *Devices { return &Devices{g: g, polls: map[string]poll{}} }

// Poll is a device's question whether it was let in. The error is a DeviceError while it was
// not; a code that is none has expired.
func (d *Devices) Poll(ctx context.Context, code clientele.Plaintext, how How) (Signed, error) {
	if !is(code, devicePrefix) {
		return Signed{}, ExpiredToken
	}
	actor := clientele.System("device-sign-in", "a person let the device in")
	var status string
	err := d.g.View(ctx, actor, "session:begin", func(v *guard.View) error {
		if err := v.Allow(Person{ID: guard.All, Active: true}.Resource()); err != nil {
			return err
		}
		var until int64
		err := v.Tx.Row(ctx, "SELECT status, expires_at FROM device_grant WHERE hash = ? AND expires_at > ?", []any{hashOf(code), db.Micro(v.At)}, &status, &until)
		if guard.NoRows(err) {
			return ExpiredToken
		}
		if err == nil && status == "pending" {
			return d.paced(string(hashOf(code)), v.At, db.Time(until))
		}
		return err
	})
	switch {
	case err != nil:
		return Signed{}, plainDeviceError(err)
	case status == "denied":
		return Signed{}, AccessDenied
	}
	var s Signed
	err = d.g.Do(ctx, actor, "session:begin", func(act *guard.Act) error {
		var err error
		s, err = collect(act, code, how)
		return err
	})
	return s, plainDeviceError(err)
}

// plainDeviceError frees a DeviceError of what was wrapped around it.
func plainDeviceError(err error) error {
	var d DeviceError
	if errors.As(err, &d) {
		return d
	}
	return err
}

// paced is AuthorizationPending, or SlowDown for a device that does not wait between polls.
func (d *Devices) paced(key string, now, until time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, p := range d.polls {
		if p.until.Before(now) {
			delete(d.polls, k)
		}
	}
	p, polled := d.polls[key]
	if !polled {
		p = poll{interval: DeviceInterval, until: until}
	}
	soon := polled && now.Sub(p.last) < p.interval
	p.last = now
	if soon {
		p.interval += 5 * time.Second
	}
	d.polls[key] = p
	if soon {
		return SlowDown
	}
	return AuthorizationPending
}

// collect begins the session of a device that was let in, once.
func collect(act *guard.Act, code clientele.Plaintext, how How) (Signed, error) {
	var personID string
	hash := hashOf(code)
	err := act.Tx.Row(act.Context(), "SELECT person_id FROM device_grant WHERE hash = ? AND status = 'approved' AND expires_at > ?",
		[]any{hash, db.Micro(act.At)}, &personID)
	if guard.NoRows(err) {
		return Signed{}, ExpiredToken
	}
	if err != nil {
		return Signed{}, fmt.Errorf("look a device up: %w", err)
	}
	s, err := Begin(act, personID, how)
	if err != nil {
		return Signed{}, err
	}
	act.Detail("by", "device")
	_, err = act.Tx.Exec(act.Context(), "UPDATE device_grant SET status = 'used' WHERE hash = ?", hash)
	return s, err
}
