package app

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/oidc"
	"github.com/clientele/clientele/internal/telemetry"
)

// Config is everything that can be set. Each default works on one machine.
type Config struct {
	Data    string `yaml:"data" doc:"folder for the database and the keys, made if it is not there"`
	Listen  string `yaml:"listen" doc:"address and port for people and programs"`
	Operate string `yaml:"operate" doc:"address and port for /metrics, /healthz and /readyz without sign-in; off: none"`
	BaseURL string `yaml:"base_url" doc:"where people reach this server; default: http(s):// and listen"`

	TLS struct {
		Certificate string `yaml:"certificate" doc:"file with the certificate chain in PEM"`
		Key         string `yaml:"key" doc:"file with its private key in PEM"`
	} `yaml:"tls"`

	Database struct {
		PostgresURL clientele.Plaintext `yaml:"postgres_url" doc:"postgres://user@host/name; empty: SQLite in the data folder"`
	} `yaml:"database"`

	SignIn struct {
		OIDC         oidc.Config         `yaml:"oidc"`
		Create       bool                `yaml:"create" doc:"make a person at first sign-in whom neither SCIM nor CSV brought"`
		DefaultRoles []string            `yaml:"default_roles" doc:"system roles of such a person"`
		Groups       map[string][]string `yaml:"groups" doc:"system roles by the identity provider's groups, given and taken at each sign-in"`
		Session      time.Duration       `yaml:"session" doc:"how long a browser's or command line's session lasts"`
	} `yaml:"sign_in"`

	Log struct {
		Format string `yaml:"format" doc:"json or text"`
		Level  string `yaml:"level" doc:"debug, info, warn or error"`
	} `yaml:"log"`
	Traces telemetry.TraceConfig `yaml:"traces"`

	Audit struct {
		Origin    string        `yaml:"origin" doc:"the log's name on its checkpoints; default: made at first start"`
		Keep      time.Duration `yaml:"keep" doc:"how long the bodies of entries are kept before they may be pruned"`
		Witnesses []Witness     `yaml:"witnesses" doc:"who else holds the log's checkpoints"`
	} `yaml:"audit"`

	Limits struct {
		PerMinute          int `yaml:"per_minute" doc:"requests of one session in a minute"`
		AnonymousPerMinute int `yaml:"anonymous_per_minute" doc:"requests without a session from one address in a minute"`
	} `yaml:"limits"`

	Notices Notices `yaml:"notices"`
	Sinks   Sinks   `yaml:"sinks"`
	Changes Changes `yaml:"changes"`
}

// Witness is one host that cosigns checkpoints (C2SP tlog-witness).
type Witness struct {
	URL string `yaml:"url" doc:"of the witness, without /add-checkpoint"`
	Key string `yaml:"key" doc:"its verifier key, as clientele witness prints it"`
}

// Default is the configuration of one machine that was told nothing.
func Default() Config {
	var c Config
	c.Data = defaultData()
	c.Listen, c.Operate = "127.0.0.1:7480", "127.0.0.1:7481"
	c.SignIn.Session = 12 * time.Hour
	c.SignIn.DefaultRoles = []string{string(clientele.OwnerRole)}
	c.Log.Format, c.Log.Level = "text", "info"
	c.Audit.Keep = 13 * 31 * 24 * time.Hour
	c.Limits.PerMinute, c.Limits.AnonymousPerMinute = 1200, 60
	return c
}

func defaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "clientele")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "clientele")
	}
	return "clientele-data"
}

// check completes the configuration and says what is wrong with it.
func (c *Config) check() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return clientele.Errorf(clientele.Invalid, "listen: %q is no address with a port", c.Listen).WithHint("for example 127.0.0.1:7480")
	}
	secure := c.TLS.Certificate != ""
	if secure != (c.TLS.Key != "") {
		return clientele.Errorf(clientele.Invalid, "tls: certificate and key go together")
	}
	if c.BaseURL == "" {
		scheme := "http"
		if secure {
			scheme = "https"
		}
		c.BaseURL = scheme + "://" + c.Listen
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return clientele.Errorf(clientele.Invalid, "base_url: %q is no web address", c.BaseURL)
	}
	if ip := net.ParseIP(host); !secure && base.Scheme == "http" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return clientele.Errorf(clientele.Invalid, "listen: %s can be reached from other machines, and there is no TLS", c.Listen).
			WithHint("set tls.certificate and tls.key, or base_url to the https:// address of the proxy before it")
	}
	if c.SignIn.Session < time.Minute || c.SignIn.Session > 7*24*time.Hour {
		return clientele.Errorf(clientele.Invalid, "sign_in.session: between a minute and seven days")
	}
	return nil
}
