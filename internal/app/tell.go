package app

import (
	"errors"
	"fmt"
	"os"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify"
	"github.com/clientele/clientele/internal/notify/mail"
	"github.com/clientele/clientele/internal/notify/slack"
	"github.com/clientele/clientele/internal/notify/webhook"
	"github.com/clientele/clientele/internal/ocsf"
	"github.com/clientele/clientele/internal/settings"
	"github.com/clientele/clientele/internal/sink"
	"github.com/clientele/clientele/internal/syslog"
)

// Notices says how people are told.
type Notices struct {
	Mail struct {
		Host     string              `yaml:"host" doc:"the mail server; empty: no mail"`
		Port     int                 `yaml:"port" doc:"0: 587, or 465 for implicit TLS"`
		TLS      string              `yaml:"tls" doc:"starttls, implicit, or none to a server on this machine"`
		Username string              `yaml:"username" doc:"empty: nobody signs in at the mail server"`
		Password clientele.Plaintext `yaml:"password" doc:"of username"`
		From     string              `yaml:"from" doc:"the sender's address"`
	} `yaml:"mail"`
	Slack struct {
		URL clientele.Plaintext `yaml:"url" doc:"an incoming webhook; empty: none"`
	} `yaml:"slack"`
	Webhook struct {
		URL           clientele.Plaintext `yaml:"url" doc:"receives notices signed by the Standard Webhooks scheme; empty: none"`
		Secret        clientele.Plaintext `yaml:"secret" doc:"whsec_ and the base64 of 24 to 64 random bytes"`
		OldSecret     clientele.Plaintext `yaml:"old_secret" doc:"signs too, while the secret is being replaced"`
		AllowLoopback bool                `yaml:"allow_loopback" doc:"permit a receiver on this machine"`
	} `yaml:"webhook"`
	Routes map[string]string `yaml:"routes" doc:"mail, slack or webhook for a whole system role (role:security) or team (its id), instead of by person"`
}

// senders are the channels that are set.
func (n Notices) senders() (map[string]notice.Sender, error) {
	all := map[string]notice.Sender{}
	var problems []error
	add := func(name string, set bool, open func() (notice.Sender, error)) {
		if !set {
			return
		}
		s, err := open()
		if err != nil {
			problems = append(problems, fmt.Errorf("notices.%s: %w", name, err))
			return
		}
		all[name] = s
	}
	add("mail", n.Mail.Host != "", func() (notice.Sender, error) {
		return mail.New(mail.Config{Host: n.Mail.Host, Port: n.Mail.Port, TLS: mail.TLS(n.Mail.TLS), Username: n.Mail.Username, Password: n.Mail.Password, From: n.Mail.From})
	})
	add("slack", !n.Slack.URL.Empty(), func() (notice.Sender, error) { return slack.New(slack.Config{URL: n.Slack.URL}) })
	add("webhook", !n.Webhook.URL.Empty(), func() (notice.Sender, error) {
		c := webhook.Config{URL: n.Webhook.URL, Secrets: []clientele.Plaintext{n.Webhook.Secret}, AllowLoopback: n.Webhook.AllowLoopback}
		if !n.Webhook.OldSecret.Empty() {
			c.Secrets = append(c.Secrets, n.Webhook.OldSecret)
		}
		return webhook.New(c)
	})
	return all, errors.Join(problems...)
}

// notifier tells people what the log says.
func (a *App) notifier() (*notify.Notifier, error) {
	senders, err := a.Config.Notices.senders()
	if err != nil {
		return nil, err
	}
	return notify.New(notify.Config{
		DB: a.db, BaseURL: a.Config.BaseURL, Senders: senders, Routes: a.Config.Notices.Routes, Grown: a.guard.Grown,
		Log: a.log, Metrics: notify.NewMetrics(a.registry), Now: a.Now,
	})
}

// Sinks says where the audit is carried besides, as OCSF 1.8.0.
type Sinks struct {
	File struct {
		Path    string        `yaml:"path" doc:"absolute path of a file that gets an event a line; empty: none"`
		MaxSize settings.Size `yaml:"max_size" doc:"a fuller file is renamed and a new one begun"`
	} `yaml:"file"`
	Syslog struct {
		Address   string `yaml:"address" doc:"host:port of a receiver of RFC 5424; empty: none"`
		Transport string `yaml:"transport" doc:"tls, tcp or udp"`
	} `yaml:"syslog"`
	HTTP struct {
		URL           clientele.Plaintext `yaml:"url" doc:"https address that gets events as NDJSON; empty: none"`
		Authorization clientele.Plaintext `yaml:"authorization" doc:"value of the Authorization header"`
	} `yaml:"http"`
}

// sinks are the targets that are set, each a part that follows the log.
func (a *App) sinks() ([]part, error) {
	c := a.Config.Sinks
	targets := map[string]func() (sink.Target, error){}
	if c.File.Path != "" {
		targets["file"] = func() (sink.Target, error) {
			return sink.NewFile(sink.FileConfig{Path: c.File.Path, MaxSize: int64(c.File.MaxSize)})
		}
	}
	if c.Syslog.Address != "" {
		targets["syslog"] = func() (sink.Target, error) {
			host, _ := os.Hostname()
			s, err := syslog.New(syslog.Config{Address: c.Syslog.Address, Transport: syslog.Transport(c.Syslog.Transport)})
			return &sink.Syslog{Sender: s, Host: host}, err
		}
	}
	if !c.HTTP.URL.Empty() {
		targets["http"] = func() (sink.Target, error) {
			return sink.NewHTTP(sink.HTTPConfig{URL: c.HTTP.URL, Authorization: c.HTTP.Authorization})
		}
	}
	if len(targets) == 0 {
		return nil, nil
	}
	metrics := sink.NewMetrics(a.registry)
	var parts []part
	for name, open := range targets {
		target, err := open()
		if err != nil {
			return nil, fmt.Errorf("sinks.%s: %w", name, err)
		}
		s, err := sink.New(sink.Config{Name: name, Target: target, DB: a.db, Mapper: ocsf.Mapper{Program: a.Version, Instance: a.Config.BaseURL}, Grown: a.guard.Grown, Log: a.log, Metrics: metrics})
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{"sink " + name, s.Run})
	}
	return parts, nil
}
