package notice

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

// The limits of Slack's blocks, in UTF-16 units to be on the safe side. A letter makes 48
// blocks at most, and Slack takes 50.
const (
	slackText     = 3000
	slackHeader   = 150
	slackShort    = 600 // one text of several in a block
	slackFallback = 4000
)

type slackMessage struct {
	Text        string       `json:"text"`
	Blocks      []slackBlock `json:"blocks"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	ID       string      `json:"block_id,omitempty"`
	Text     *slackPart  `json:"text,omitempty"`
	Elements []slackPart `json:"elements,omitempty"`
}

// slackPart is a text object. Verbatim keeps Slack from making links and mentions out of
// plain words.
type slackPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Verbatim bool   `json:"verbatim,omitempty"`
}

// Slack is the letter as the body of a Slack incoming webhook: blocks, and the text that
// notifications and the imitations of Slack show instead of them. Slack drops nothing that it
// has seen; the first block bears the message's id, so that what came twice can be found.
func (l Letter) Slack() ([]byte, error) {
	m := l.m
	out := slackMessage{Text: m.slackFallback()}
	head := slackPart{Type: "plain_text", Text: escapeSlack(m.Subject, slackHeader)}
	out.Blocks = append(out.Blocks, slackBlock{Type: "header", ID: m.ID, Text: &head})
	for _, line := range m.Lines {
		out.Blocks = append(out.Blocks, section(escapeSlack(line, slackText)))
	}
	if m.Act != nil {
		out.Blocks = append(out.Blocks, section("*"+escapeSlack(m.Act.sentence, slackText/2)+"*"), section(m.Act.slack()))
	}
	for _, d := range m.Digest {
		out.Blocks = append(out.Blocks, section(d.slackItem()))
	}
	if r := l.remainder(); r != "" {
		out.Blocks = append(out.Blocks, section(r))
	}
	for _, k := range m.More {
		out.Blocks = append(out.Blocks, section(k.slack()))
	}
	if who := m.To.slack(); who != "" {
		out.Blocks = append(out.Blocks, slackBlock{Type: "context", Elements: []slackPart{{"mrkdwn", "For " + who, true}}})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write a letter for Slack: %w", err)
	}
	return b, nil
}

func section(text string) slackBlock {
	return slackBlock{Type: "section", Text: &slackPart{"mrkdwn", text, true}}
}

// slackItem is a message of a digest in one section. What is cut are its lines; the link has
// room whatever they hold.
func (m Message) slackItem() string {
	body := escapeSlack(strings.Join(m.Lines, " "), slackShort)
	head := "*" + escapeSlack(m.Subject, slackShort) + "*"
	parts := []string{head}
	if body != "" {
		parts = append(parts, body)
	}
	link := ""
	if m.Act != nil {
		parts = append(parts, escapeSlack(m.Act.sentence, slackShort))
		link = m.Act.slack()
	} else if len(m.More) > 0 {
		link = m.More[0].slack()
	}
	if text := strings.Join(parts, "\n"); link == "" || units(text)+1+units(link) > slackText {
		return text
	}
	return strings.Join(append(parts, link), "\n")
}

// slackFallback puts the decision first, since what comes last may be cut.
func (m Message) slackFallback() string {
	parts := []string{defuse(m.Subject)}
	if m.Act != nil {
		parts = append(parts, defuse(m.Act.sentence), m.Act.slack())
	}
	if len(m.Lines) > 0 {
		parts = append(parts, defuse(strings.Join(m.Lines, "\n")))
	}
	for _, d := range m.Digest {
		item := "- " + defuse(d.Subject)
		if d.Act != nil {
			item += " " + d.Act.slack()
		}
		parts = append(parts, item)
	}
	for _, k := range m.More {
		parts = append(parts, k.slack())
	}
	return strings.Join(parts, "\n")
}

func (a Act) slack() string  { return Link{a.Label, a.URL}.slack() }
func (k Link) slack() string { return "<" + amp.Replace(k.URL) + "|" + linkLabel(k.Label) + ">" }

func (r Recipient) slack() string {
	if r.SlackUser != "" {
		return "<@" + r.SlackUser + ">"
	}
	return escapeSlack(r.Name, slackText)
}

var (
	amp      = strings.NewReplacer("&", "&amp;")
	entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	bars     = strings.NewReplacer("|", "¦", "@", "＠", "](", "] (")
	marks    = strings.NewReplacer("@", "＠", "](", "] (")
)

func linkLabel(s string) string { return escapeSlack(bars.Replace(s), slackShort) }

// defuse is for the fallback text, which the imitations of Slack read as Markdown with
// mentions: a wide commercial at mentions nobody, and a bracket beside a space links nowhere.
func defuse(s string) string { return escapeSlack(marks.Replace(s), slackFallback) }

// escapeSlack writes the three characters that Slack acts on as entities, and cuts what would
// then be longer than limit. It cuts no entity in two.
func escapeSlack(s string, limit int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		piece := entities.Replace(string(r))
		n += units(piece)
		if rest := s[i+len(string(r)):]; n > limit || n == limit && rest != "" {
			b.WriteString("…")
			break
		}
		b.WriteString(piece)
	}
	return b.String()
}

// units is the length of text in UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
