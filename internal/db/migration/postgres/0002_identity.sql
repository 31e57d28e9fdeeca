-- +goose Up

-- People. A row outlives its person: the id stays, what it says of them can be shredded.
-- What ends in _lower is compared, as Go's strings.ToLower leaves it, so that both engines
-- take the same names for the same.
CREATE TABLE person (
  id           TEXT   PRIMARY KEY,
  external_id  TEXT   NOT NULL,           -- the identity provider's, or the file's
  subject      TEXT   NOT NULL DEFAULT '', -- issuer#subject of their sign-in by OpenID Connect
  user_name    TEXT   NOT NULL,
  user_lower   TEXT   NOT NULL,
  email        TEXT   NOT NULL,
  email_lower  TEXT   NOT NULL,
  display_name  TEXT   NOT NULL,
  display_lower TEXT   NOT NULL,
  title        TEXT   NOT NULL,
  department   TEXT   NOT NULL,
  manager      TEXT   NOT NULL,           -- an id or a user name
  profile      TEXT   NOT NULL,           -- JSON: what else SCIM keeps of them
  active       BIGINT NOT NULL CHECK (active IN (0, 1)),
  source       TEXT   NOT NULL CHECK (source IN ('local', 'scim', 'csv')),
  left_at      BIGINT NOT NULL DEFAULT 0,
  removed_at   BIGINT NOT NULL DEFAULT 0, -- taken out of the directory: the name is free again
  shredded_at  BIGINT NOT NULL DEFAULT 0,
  version      BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  CHECK (active = 0 OR left_at = 0),
  CHECK (active = 0 OR removed_at = 0),
  CHECK (shredded_at = 0 OR (removed_at <> 0 AND email = '' AND user_name = ''))
);
CREATE UNIQUE INDEX person_user    ON person (user_lower) WHERE removed_at = 0;
CREATE UNIQUE INDEX person_subject ON person (subject) WHERE subject <> '';
CREATE INDEX person_email    ON person (email_lower);
CREATE INDEX person_external ON person (external_id);

CREATE TABLE team (
  id          TEXT   PRIMARY KEY,
  external_id TEXT   NOT NULL,
  name        TEXT   NOT NULL,
  name_lower  TEXT   NOT NULL,
  source      TEXT   NOT NULL CHECK (source IN ('local', 'scim', 'csv')),
  removed_at  BIGINT NOT NULL DEFAULT 0,
  version     BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_name ON team (name_lower) WHERE removed_at = 0;
CREATE INDEX team_external ON team (external_id);

CREATE TABLE team_member (
  team_id   TEXT   NOT NULL REFERENCES team (id),
  person_id TEXT   NOT NULL REFERENCES person (id),
  place     BIGINT NOT NULL,              -- their order in the team
  added_at  BIGINT NOT NULL,
  PRIMARY KEY (team_id, person_id)
);
CREATE INDEX team_member_person ON team_member (person_id);

-- Service accounts: what is not a person and acts here, with a team that answers for it.
CREATE TABLE service_account (
  id         TEXT   PRIMARY KEY,
  name       TEXT   NOT NULL,
  name_lower TEXT   NOT NULL UNIQUE,
  team_id    TEXT   NOT NULL REFERENCES team (id),
  purpose    TEXT   NOT NULL,
  active     BIGINT NOT NULL CHECK (active IN (0, 1)),
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- System roles of people and service accounts, those that ended too. Nobody gives a role to
-- themselves, whoever they are.
CREATE TABLE role_grant (
  party_id TEXT   NOT NULL,
  role     TEXT   NOT NULL CHECK (role IN ('viewer', 'owner', 'approver', 'security', 'auditor', 'admin')),
  given_by TEXT   NOT NULL CHECK (given_by <> party_id),
  given_at BIGINT NOT NULL,
  ended_by TEXT   NOT NULL DEFAULT '',
  ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX role_grant_now ON role_grant (party_id, role) WHERE ended_at = 0;
CREATE INDEX role_grant_role ON role_grant (role) WHERE ended_at = 0;

-- Secrets that let somebody in are kept as their SHA-256 alone: they are 256 random bits.
CREATE TABLE session (
  hash       BYTEA  PRIMARY KEY,
  id         TEXT   NOT NULL UNIQUE,
  person_id  TEXT   NOT NULL REFERENCES person (id),
  kind       TEXT   NOT NULL CHECK (kind IN ('browser', 'cli')),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL CHECK (expires_at > created_at),
  ended_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX session_person ON session (person_id, ended_at);

CREATE TABLE token (
  hash               BYTEA  PRIMARY KEY,
  id                 TEXT   NOT NULL UNIQUE,
  service_account_id TEXT   NOT NULL REFERENCES service_account (id),
  roles              TEXT   NOT NULL,     -- with commas; those the account has at the time count
  label              TEXT   NOT NULL,
  created_by         TEXT   NOT NULL,
  created_at         BIGINT NOT NULL,
  expires_at         BIGINT NOT NULL CHECK (expires_at > created_at AND expires_at <= created_at + 7776000000000), -- 90 days
  revoked_at         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX token_account ON token (service_account_id);

CREATE TABLE login_link (
  hash       BYTEA  PRIMARY KEY,
  person_id  TEXT   NOT NULL REFERENCES person (id),
  created_by TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX login_link_person ON login_link (person_id);

-- The device flow (RFC 8628): a command line waits until a person types its code.
CREATE TABLE device_grant (
  hash       BYTEA  PRIMARY KEY,
  user_code  TEXT   NOT NULL,
  status     TEXT   NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'used')),
  person_id  TEXT   REFERENCES person (id), -- NULL while nobody answered
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  CHECK (status = 'pending' OR person_id IS NOT NULL)
);
CREATE UNIQUE INDEX device_grant_code ON device_grant (user_code) WHERE status = 'pending';
CREATE INDEX device_grant_expires ON device_grant (expires_at);

-- Codes that somebody typed and that were none, so that guessing ends soon.
CREATE TABLE device_miss (
  person_id TEXT   NOT NULL REFERENCES person (id),
  at        BIGINT NOT NULL
);
CREATE INDEX device_miss_person ON device_miss (person_id, at);
