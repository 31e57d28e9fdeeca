-- +goose Up

-- Clients: one row each, for ever. n is the order of their arrival, by which lists go.
CREATE TABLE client (
  n                   INTEGER PRIMARY KEY AUTOINCREMENT,
  id                  TEXT   NOT NULL UNIQUE,
  name                TEXT   NOT NULL,
  tool                TEXT   NOT NULL,
  kind                TEXT   NOT NULL,
  environment         TEXT   NOT NULL CHECK (environment IN ('', 'production', 'staging', 'test', 'development', 'local')),
  state               TEXT   NOT NULL CHECK (state IN ('discovered', 'claimed', 'requested', 'active', 'suspended', 'quarantined', 'retiring', 'retired', 'rejected')),
  tier                BIGINT NOT NULL CHECK (tier BETWEEN 0 AND 4),
  owner_id            TEXT   NOT NULL,
  backup_id           TEXT   NOT NULL,
  team_id             TEXT   NOT NULL,
  steward_id          TEXT   NOT NULL,
  attested_at         BIGINT NOT NULL,
  personal            BIGINT NOT NULL CHECK (personal IN (0, 1)),
  purpose             TEXT   NOT NULL,
  vendor_name         TEXT   NOT NULL,
  vendor_contact      TEXT   NOT NULL,
  vendor_sponsor_id   TEXT   NOT NULL,
  vendor_runbook      TEXT   NOT NULL,
  vendor_contract_end BIGINT NOT NULL,
  vendor_drilled_at   BIGINT NOT NULL,
  replaces            TEXT   NOT NULL,
  risk                BIGINT NOT NULL CHECK (risk BETWEEN 0 AND 4),
  has_secrets         BIGINT NOT NULL CHECK (has_secrets IN (0, 1)),
  created_at          BIGINT NOT NULL,
  updated_at          BIGINT NOT NULL,
  first_seen_at       BIGINT NOT NULL,
  last_seen_at        BIGINT NOT NULL,
  last_used_at        BIGINT NOT NULL,
  next_review_at      BIGINT NOT NULL,
  suspended_at        BIGINT NOT NULL,
  version             BIGINT NOT NULL,
  hosts               TEXT   NOT NULL, -- of its endpoints, for the search
  search              TEXT   NOT NULL, -- what the search looks in, in lower case; the name comes first
  CONSTRAINT backup_is_not_owner CHECK (backup_id = '' OR backup_id <> owner_id),
  CONSTRAINT attested_by_an_owner CHECK (attested_at = 0 OR owner_id <> ''),
  CONSTRAINT vendor_runbook_drilled CHECK (vendor_name = '' OR state <> 'active'
    OR (vendor_runbook <> '' AND vendor_drilled_at > 0 AND vendor_sponsor_id <> ''))
);
CREATE INDEX client_state       ON client (state, n);
CREATE INDEX client_environment ON client (environment, n);
CREATE INDEX client_tool        ON client (tool, n);
CREATE INDEX client_kind        ON client (kind, n);
CREATE INDEX client_tier        ON client (tier, n);
CREATE INDEX client_owner       ON client (owner_id, n);
CREATE INDEX client_owner_state ON client (owner_id, state, n);
CREATE INDEX client_attested    ON client (attested_at, state, n);
CREATE INDEX client_idle        ON client ((CASE state WHEN 'active' THEN CASE last_used_at WHEN 0 THEN created_at ELSE last_used_at END END), n);
CREATE INDEX client_backup      ON client (backup_id, n)         WHERE backup_id <> '';
CREATE INDEX client_team        ON client (team_id, n)           WHERE team_id <> '';
CREATE INDEX client_steward     ON client (steward_id, n)        WHERE steward_id <> '';
CREATE INDEX client_sponsor     ON client (vendor_sponsor_id, n) WHERE vendor_sponsor_id <> '';
CREATE INDEX client_contract    ON client (vendor_contract_end)  WHERE vendor_contract_end <> 0;
CREATE INDEX client_review      ON client (next_review_at, n)    WHERE next_review_at <> 0;
CREATE INDEX client_risk        ON client (risk, n)              WHERE risk <> 0;
CREATE INDEX client_first       ON client (substr(search, 1, 1), n);
CREATE INDEX client_first_two   ON client (substr(search, 1, 2), n);
CREATE VIRTUAL TABLE client_text USING fts5 (search, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');

-- By what a client is known again. strength: 4 a vendor's id, 3 a place in a repository,
-- 2 its content, 1 a place on a host.
CREATE TABLE client_key (
  merge_key TEXT   PRIMARY KEY,
  client_id TEXT   NOT NULL REFERENCES client (id),
  strength  BIGINT NOT NULL CHECK (strength BETWEEN 1 AND 4)
);
CREATE INDEX client_key_client ON client_key (client_id);

-- Two clients that one sighting's keys both know. People decide whether they are one.
CREATE TABLE client_duplicate (
  client_id TEXT   NOT NULL REFERENCES client (id),
  other_id  TEXT   NOT NULL REFERENCES client (id),
  noted_at  BIGINT NOT NULL,
  PRIMARY KEY (client_id, other_id),
  CHECK (client_id < other_id)
);
CREATE INDEX client_duplicate_other ON client_duplicate (other_id);

-- Bitemporal: what held from valid_from to valid_to (0: still), as known from recorded_at
-- until superseded_at (0: still).
CREATE TABLE client_period (
  n             INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id     TEXT   NOT NULL REFERENCES client (id),
  state         TEXT   NOT NULL,
  valid_from    BIGINT NOT NULL,
  valid_to      BIGINT NOT NULL CHECK (valid_to = 0 OR valid_to > valid_from),
  recorded_at   BIGINT NOT NULL,
  superseded_at BIGINT NOT NULL CHECK (superseded_at = 0 OR superseded_at >= recorded_at)
);
CREATE INDEX client_period_client ON client_period (client_id, valid_from);
CREATE UNIQUE INDEX client_period_now ON client_period (client_id) WHERE valid_to = 0 AND superseded_at = 0;
CREATE TABLE ownership (
  n             INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id     TEXT   NOT NULL REFERENCES client (id),
  owner_id      TEXT   NOT NULL,
  backup_id     TEXT   NOT NULL CHECK (backup_id = '' OR backup_id <> owner_id),
  team_id       TEXT   NOT NULL,
  attested      BIGINT NOT NULL CHECK (attested IN (0, 1)),
  valid_from    BIGINT NOT NULL,
  valid_to      BIGINT NOT NULL CHECK (valid_to = 0 OR valid_to > valid_from),
  recorded_at   BIGINT NOT NULL,
  superseded_at BIGINT NOT NULL CHECK (superseded_at = 0 OR superseded_at >= recorded_at)
);
CREATE INDEX ownership_client ON ownership (client_id, valid_from);
CREATE INDEX ownership_owner  ON ownership (owner_id);
CREATE INDEX ownership_backup ON ownership (backup_id);
CREATE UNIQUE INDEX ownership_now ON ownership (client_id) WHERE valid_to = 0 AND superseded_at = 0;

-- Machines that sent scans. person_id is whose machine it is: the first person who sent one.
CREATE TABLE host (
  host       TEXT   PRIMARY KEY,
  person_id  TEXT   NOT NULL,
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL
);
CREATE INDEX host_person ON host (person_id) WHERE person_id <> '';

CREATE TABLE scan (
  id          TEXT   PRIMARY KEY,
  host        TEXT   NOT NULL REFERENCES host (host),
  tool        TEXT   NOT NULL, -- the program that scanned
  once_key    TEXT   NOT NULL,
  meta        TEXT   NOT NULL, -- digest of what it was begun with
  roots       TEXT   NOT NULL, -- JSON
  scope       TEXT   NOT NULL, -- hash of roots
  complete    BIGINT NOT NULL CHECK (complete IN (0, 1)),
  parts       BIGINT NOT NULL CHECK (parts BETWEEN 1 AND 20000),
  received    BIGINT NOT NULL DEFAULT 0,
  applied     BIGINT NOT NULL DEFAULT 0 CHECK (applied <= received AND received <= parts),
  state       TEXT   NOT NULL CHECK (state IN ('open', 'finished', 'abandoned')),
  clients     BIGINT NOT NULL DEFAULT 0,
  discovered  BIGINT NOT NULL DEFAULT 0,
  opened      BIGINT NOT NULL DEFAULT 0,
  closed      BIGINT NOT NULL DEFAULT 0,
  posted_by   TEXT   NOT NULL,
  started_at  BIGINT NOT NULL,
  begun_at    BIGINT NOT NULL,
  finished_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX scan_once ON scan (posted_by, once_key) WHERE once_key <> '';
CREATE INDEX scan_host  ON scan (host, begun_at);
CREATE INDEX scan_scope ON scan (host, scope);
CREATE INDEX scan_open ON scan (posted_by) WHERE state = 'open';
CREATE TABLE scan_part (
  scan_id TEXT   NOT NULL REFERENCES scan (id),
  number  BIGINT NOT NULL,
  digest  TEXT   NOT NULL,
  body    BLOB  NOT NULL, -- empty once applied
  PRIMARY KEY (scan_id, number)
);

-- Where a client was seen. place is its id in the scans of that host, scope the roots of
-- the scan that saw it last: a complete scan of them that does not see it ends it.
CREATE TABLE sighting (
  client_id  TEXT   NOT NULL REFERENCES client (id),
  host       TEXT   NOT NULL REFERENCES host (host),
  place      TEXT   NOT NULL,
  path       TEXT   NOT NULL, -- of its first file
  files      BIGINT NOT NULL,
  repository TEXT   NOT NULL,
  scope      TEXT   NOT NULL,
  scan_id    TEXT   NOT NULL REFERENCES scan (id),
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL,
  gone_at    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (client_id, host, place)
);
CREATE INDEX sighting_host ON sighting (host, gone_at, last_seen);

CREATE TABLE service (
  id            TEXT   PRIMARY KEY,
  name          TEXT   NOT NULL,
  scheme        TEXT   NOT NULL,
  host          TEXT   NOT NULL,
  environment   TEXT   NOT NULL CHECK (environment IN ('', 'production', 'staging', 'test', 'development', 'local')),
  owner_id      TEXT   NOT NULL,
  data_owner_id TEXT   NOT NULL,
  data_classes  TEXT   NOT NULL, -- JSON
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  version       BIGINT NOT NULL,
  UNIQUE (scheme, host)
);
CREATE INDEX service_host  ON service (host);
CREATE INDEX service_owner ON service (owner_id) WHERE owner_id <> '';
CREATE INDEX service_data_owner ON service (data_owner_id) WHERE data_owner_id <> '';
-- service_id is NULL where the host is this machine or a reference nobody could follow.
CREATE TABLE endpoint (
  client_id  TEXT   NOT NULL REFERENCES client (id),
  scheme     TEXT   NOT NULL,
  host       TEXT   NOT NULL,
  method     TEXT   NOT NULL,
  path       TEXT   NOT NULL,
  service_id TEXT   REFERENCES service (id),
  verb       TEXT   NOT NULL CHECK (verb IN ('read', 'write', 'export')),
  auth       TEXT   NOT NULL,
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL,
  PRIMARY KEY (client_id, scheme, host, method, path)
);
CREATE INDEX endpoint_service ON endpoint (service_id, client_id);

CREATE TABLE client_identity (
  client_id  TEXT   NOT NULL REFERENCES client (id),
  scheme     TEXT   NOT NULL,
  principal  TEXT   NOT NULL,
  issuer     TEXT   NOT NULL,
  kind       TEXT   NOT NULL CHECK (kind IN ('', 'person', 'machine')),
  audience   TEXT   NOT NULL,
  scopes     TEXT   NOT NULL, -- JSON
  expires_at BIGINT NOT NULL,
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL,
  PRIMARY KEY (client_id, scheme, principal, issuer)
);
CREATE INDEX client_identity_principal ON client_identity (principal);

-- hash is a keyed hash of the fingerprint that scans send, which is a keyed hash itself.
CREATE TABLE credential (
  id         TEXT   PRIMARY KEY,
  hash       TEXT   NOT NULL UNIQUE,
  role       TEXT   NOT NULL,
  class      TEXT   NOT NULL CHECK (class IN ('literal', 'obfuscated')),
  provider   TEXT   NOT NULL,
  weak       BIGINT NOT NULL CHECK (weak IN (0, 1)),
  expires_at BIGINT NOT NULL,
  leaked_at  BIGINT NOT NULL DEFAULT 0,
  cleared_at BIGINT NOT NULL DEFAULT 0,
  holders    BIGINT NOT NULL DEFAULT 0, -- clients that hold it now, counted to 100
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL
);
CREATE INDEX credential_held ON credential (holders, id) WHERE holders > 1;
CREATE INDEX credential_leaked ON credential (leaked_at) WHERE leaked_at <> 0 AND cleared_at = 0;
CREATE TABLE credential_place (
  client_id     TEXT   NOT NULL REFERENCES client (id),
  credential_id TEXT   NOT NULL REFERENCES credential (id),
  host          TEXT   NOT NULL REFERENCES host (host),
  place         TEXT   NOT NULL, -- of the client, as in sighting
  slot          TEXT   NOT NULL, -- hash of file, path and name
  file          TEXT   NOT NULL,
  path          TEXT   NOT NULL, -- JSON
  line          BIGINT NOT NULL,
  name          TEXT   NOT NULL,
  excerpt       TEXT   NOT NULL,
  principal     TEXT   NOT NULL,
  scan_id       TEXT   NOT NULL REFERENCES scan (id),
  first_seen    BIGINT NOT NULL,
  last_seen     BIGINT NOT NULL,
  gone_at       BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (client_id, credential_id, host, place, slot)
);
CREATE INDEX credential_place_credential ON credential_place (credential_id, client_id);
CREATE INDEX credential_place_host ON credential_place (host, gone_at, last_seen);

-- Who may own a client, as its files suggest. party_id is the person, team or service
-- account meant, if there is one.
CREATE TABLE candidate (
  client_id  TEXT   NOT NULL REFERENCES client (id),
  kind       TEXT   NOT NULL CHECK (kind IN ('person', 'team', 'service_account', 'workspace')),
  who        TEXT   NOT NULL,
  evidence   TEXT   NOT NULL,
  confidence REAL   NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  party_id   TEXT   NOT NULL,
  first_seen BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL,
  PRIMARY KEY (client_id, kind, who)
);
CREATE INDEX candidate_party ON candidate (party_id) WHERE party_id <> '';

CREATE TABLE finding (
  id               TEXT   PRIMARY KEY,
  client_id        TEXT   NOT NULL REFERENCES client (id),
  fingerprint      TEXT   NOT NULL,
  rule             TEXT   NOT NULL,
  severity         BIGINT NOT NULL CHECK (severity BETWEEN 0 AND 4),
  credential_id    TEXT   REFERENCES credential (id),
  message          TEXT   NOT NULL,
  remedy           TEXT   NOT NULL,
  excuse           TEXT   NOT NULL, -- why the scanned tree's own list lets it pass; it counts all the same
  state            TEXT   NOT NULL CHECK (state IN ('open', 'closed', 'suppressed')),
  opened_at        BIGINT NOT NULL,
  closed_at        BIGINT NOT NULL DEFAULT 0,
  reopened         BIGINT NOT NULL DEFAULT 0,
  suppressed_until BIGINT NOT NULL DEFAULT 0,
  suppressed_by    TEXT   NOT NULL DEFAULT '',
  suppressed_for   TEXT   NOT NULL DEFAULT '',
  UNIQUE (client_id, fingerprint),
  CHECK (state <> 'suppressed' OR suppressed_until <> 0)
);
CREATE INDEX finding_rule  ON finding (rule, state, client_id);
CREATE INDEX finding_state ON finding (state, id);
CREATE INDEX finding_until ON finding (suppressed_until) WHERE suppressed_until <> 0;
-- Where a finding holds. It closes when the last of these is gone.
CREATE TABLE finding_place (
  finding_id TEXT   NOT NULL REFERENCES finding (id),
  host       TEXT   NOT NULL REFERENCES host (host),
  place      TEXT   NOT NULL,
  file       TEXT   NOT NULL,
  path       TEXT   NOT NULL, -- JSON
  line       BIGINT NOT NULL,
  scan_id    TEXT   NOT NULL REFERENCES scan (id),
  last_seen  BIGINT NOT NULL,
  gone_at    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (finding_id, host, place)
);
CREATE INDEX finding_place_host ON finding_place (host, gone_at, last_seen);

CREATE TABLE client_use (
  client_id  TEXT   NOT NULL REFERENCES client (id),
  service_id TEXT   NOT NULL REFERENCES service (id),
  method     TEXT   NOT NULL,
  path       TEXT   NOT NULL,
  verb       TEXT   NOT NULL CHECK (verb IN ('read', 'write', 'admin', 'export')),
  count      BIGINT NOT NULL CHECK (count >= 0),
  first_at   BIGINT NOT NULL,
  last_at    BIGINT NOT NULL,
  PRIMARY KEY (client_id, service_id, method, path, verb)
);
