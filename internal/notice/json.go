package notice

import (
	"encoding/json"
	"fmt"
	"time"
)

// event is the payload of a webhook, in the shape that Standard Webhooks recommends.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      item      `json:"data"`
}

type item struct {
	ID      string      `json:"id,omitempty"`
	To      *person     `json:"to,omitempty"`
	Subject string      `json:"subject"`
	Lines   []string    `json:"lines,omitempty"`
	Act     *decision   `json:"act,omitempty"`
	More    []reference `json:"more,omitempty"`
	Digest  []item      `json:"digest,omitempty"`
	Rest    int         `json:"digest_not_shown,omitempty"`
	At      time.Time   `json:"at"`
}

type person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

type decision struct {
	Ask       string    `json:"ask"`
	Until     time.Time `json:"until"`
	Otherwise string    `json:"otherwise"`
	Sentence  string    `json:"sentence"`
	Label     string    `json:"label"`
	URL       string    `json:"url"`
}

type reference struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// JSON is the letter for a machine: type, timestamp, and data with the texts of the letter.
func (l Letter) JSON() ([]byte, error) {
	data := newItem(l.m)
	data.ID, data.Rest = l.m.ID, l.rest
	if to := l.m.To; to.Name != "" || to.Email != "" {
		data.To = &person{to.Name, to.Email}
	}
	b, err := json.Marshal(event{Type: l.m.Kind, Timestamp: l.m.At, Data: data})
	if err != nil {
		return nil, fmt.Errorf("write a letter as JSON: %w", err)
	}
	return b, nil
}

func newItem(m Message) item {
	out := item{Subject: m.Subject, Lines: m.Lines, At: m.At}
	if a := m.Act; a != nil {
		out.Act = &decision{a.Ask, a.Until, a.Otherwise, a.sentence, a.Label, a.URL}
	}
	for _, k := range m.More {
		out.More = append(out.More, reference(k))
	}
	for _, d := range m.Digest {
		out.Digest = append(out.Digest, newItem(d))
	}
	return out
}
