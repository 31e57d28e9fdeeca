-- +goose Up

-- Requests for access. eligible is who could decide when it was asked; who may is computed
-- again when they do. round is the last narrowing of its scopes.
CREATE TABLE request (
  id             TEXT   PRIMARY KEY,
  client_id      TEXT   NOT NULL REFERENCES client (id),
  requester      TEXT   NOT NULL,
  beneficiary    TEXT   NOT NULL, -- the only person it serves besides the requester, or empty
  purpose        TEXT   NOT NULL,
  environment    TEXT   NOT NULL,
  change_id      TEXT   REFERENCES change (id),
  lifetime_s     BIGINT NOT NULL CHECK (lifetime_s > 0),
  granted_s      BIGINT NOT NULL CHECK (granted_s > 0 AND granted_s <= lifetime_s),
  round          BIGINT NOT NULL,
  tier           BIGINT NOT NULL CHECK (tier BETWEEN 0 AND 4),
  state          TEXT   NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'withdrawn')),
  auto           BIGINT NOT NULL CHECK (auto IN (0, 1)),
  policy_version BIGINT NOT NULL,
  classification TEXT   NOT NULL, -- JSON
  eligible       TEXT   NOT NULL, -- JSON
  created_at     BIGINT NOT NULL,
  decided_at     BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL,
  UNIQUE (id, requester, beneficiary),
  UNIQUE (id, tier),
  CHECK (auto = 0 OR state = 'approved'),
  CHECK ((state = 'pending') = (decided_at = 0))
);
CREATE UNIQUE INDEX request_pending ON request (client_id) WHERE state = 'pending';
CREATE INDEX request_client    ON request (client_id, id);
CREATE INDEX request_requester ON request (requester, id);
CREATE INDEX request_state     ON request (state, id);

-- What a request asks for (round 0), and what is left of it after each narrowing.
CREATE TABLE request_scope (
  request_id  TEXT   NOT NULL REFERENCES request (id),
  round       BIGINT NOT NULL,
  n           BIGINT NOT NULL,
  service_id  TEXT   NOT NULL REFERENCES service (id),
  method      TEXT   NOT NULL,
  path        TEXT   NOT NULL,
  verb        TEXT   NOT NULL CHECK (verb IN ('read', 'write', 'admin', 'export')),
  row_cap     BIGINT NOT NULL CHECK (row_cap >= 0),
  byte_cap    BIGINT NOT NULL CHECK (byte_cap >= 0),
  destination TEXT   NOT NULL,
  mask        TEXT   NOT NULL,
  PRIMARY KEY (request_id, round, n),
  CHECK (verb <> 'export' OR (row_cap > 0 AND byte_cap > 0 AND destination <> '' AND mask <> ''))
);

-- A decision is a person's yes or no. Nobody decides on what they asked for, or what serves
-- them alone, or with the power of such a person: the table itself refuses it.
CREATE TABLE decision (
  request_id     TEXT   NOT NULL,
  requester      TEXT   NOT NULL,
  beneficiary    TEXT   NOT NULL,
  by             TEXT   NOT NULL REFERENCES person (id),
  on_behalf      TEXT   NOT NULL, -- who lent the power, or empty
  offices        TEXT   NOT NULL, -- JSON: the offices they held over it
  verdict        TEXT   NOT NULL CHECK (verdict IN ('approve', 'deny')),
  round          BIGINT NOT NULL, -- of the scopes they agreed to
  reason         TEXT   NOT NULL,
  policy_version BIGINT NOT NULL,
  at             BIGINT NOT NULL,
  PRIMARY KEY (request_id, by),
  FOREIGN KEY (request_id, requester, beneficiary) REFERENCES request (id, requester, beneficiary),
  CHECK (by <> requester),
  CHECK (by <> beneficiary),
  CHECK (on_behalf = '' OR (on_behalf <> requester AND on_behalf <> beneficiary AND on_behalf <> by))
);
CREATE INDEX decision_by ON decision (by, at);

-- Which need of a request a decision meets. holder is whose power it is. At tier 4 each need
-- is met by someone else, and with someone else's power.
CREATE TABLE decision_office (
  request_id TEXT   NOT NULL,
  office     TEXT   NOT NULL,
  n          BIGINT NOT NULL,
  by         TEXT   NOT NULL,
  holder     TEXT   NOT NULL,
  tier       BIGINT NOT NULL,
  PRIMARY KEY (request_id, office, n),
  FOREIGN KEY (request_id, by) REFERENCES decision (request_id, by),
  FOREIGN KEY (request_id, tier) REFERENCES request (id, tier) ON UPDATE CASCADE
);
CREATE UNIQUE INDEX decision_office_person ON decision_office (request_id, office, by);
CREATE UNIQUE INDEX decision_office_by     ON decision_office (request_id, by) WHERE tier = 4;
CREATE UNIQUE INDEX decision_office_holder ON decision_office (request_id, holder) WHERE tier = 4;

-- Grants, bitemporal: what held from valid_from to valid_to, as known from recorded_at until
-- superseded_at (0: still). Rows are added and superseded, never changed in what they say.
CREATE TABLE access_grant (
  id             TEXT   NOT NULL,
  version        BIGINT NOT NULL,
  client_id      TEXT   NOT NULL REFERENCES client (id),
  service_id     TEXT   NOT NULL REFERENCES service (id),
  method         TEXT   NOT NULL,
  path           TEXT   NOT NULL,
  verb           TEXT   NOT NULL CHECK (verb IN ('read', 'write', 'admin', 'export')),
  row_cap        BIGINT NOT NULL CHECK (row_cap >= 0),
  byte_cap       BIGINT NOT NULL CHECK (byte_cap >= 0),
  destination    TEXT   NOT NULL,
  mask           TEXT   NOT NULL,
  request_id     TEXT   NOT NULL REFERENCES request (id),
  change_id      TEXT   REFERENCES change (id),
  tier           BIGINT NOT NULL CHECK (tier BETWEEN 0 AND 4),
  policy_version BIGINT NOT NULL,
  valid_from     BIGINT NOT NULL,
  valid_to       BIGINT NOT NULL CHECK (valid_to > valid_from),
  recorded_at    BIGINT NOT NULL,
  superseded_at  BIGINT NOT NULL CHECK (superseded_at = 0 OR superseded_at >= recorded_at),
  PRIMARY KEY (id, version),
  CHECK (verb <> 'export' OR (row_cap > 0 AND byte_cap > 0 AND destination <> '' AND mask <> '')),
  CHECK (valid_to - valid_from <= 31622400000000),                      -- 366 days
  CHECK (verb <> 'export' OR valid_to - valid_from <= 2592000000000)    -- 30 days
);
CREATE INDEX access_grant_service ON access_grant (service_id, verb, valid_to, valid_from);
CREATE INDEX access_grant_client  ON access_grant (client_id, valid_to);
CREATE INDEX access_grant_request ON access_grant (request_id);

-- Vendors' runbooks, drilled. A drill counts for the text whose hash it names.
CREATE TABLE drill (
  id        TEXT   PRIMARY KEY,
  client_id TEXT   NOT NULL REFERENCES client (id),
  runbook   TEXT   NOT NULL, -- SHA-256 of the text, in hex
  by        TEXT   NOT NULL,
  passed    BIGINT NOT NULL CHECK (passed IN (0, 1)),
  note      TEXT   NOT NULL,
  at        BIGINT NOT NULL
);
CREATE INDEX drill_client ON drill (client_id, at);

-- Power to decide, lent for a while. It cannot be lent on.
CREATE TABLE delegation (
  id         TEXT   PRIMARY KEY,
  lender     TEXT   NOT NULL REFERENCES person (id),
  borrower   TEXT   NOT NULL REFERENCES person (id),
  client_id  TEXT   REFERENCES client (id), -- NULL: every client
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL CHECK (ends_at > starts_at AND ends_at - starts_at <= 7776000000000), -- 90 days
  created_at BIGINT NOT NULL,
  ended_at   BIGINT NOT NULL DEFAULT 0,
  CHECK (lender <> borrower)
);
CREATE INDEX delegation_lender   ON delegation (lender, ends_at);
CREATE INDEX delegation_borrower ON delegation (borrower, ends_at);

-- Who may take emergency access, and who did. What it gives are grants of its request.
CREATE TABLE break_glass_enrolment (
  person_id TEXT   NOT NULL REFERENCES person (id),
  by        TEXT   NOT NULL CHECK (by <> person_id),
  at        BIGINT NOT NULL,
  ended_at  BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX break_glass_enrolled ON break_glass_enrolment (person_id) WHERE ended_at = 0;
CREATE TABLE break_glass (
  id         TEXT   PRIMARY KEY,
  request_id TEXT   NOT NULL UNIQUE REFERENCES request (id),
  client_id  TEXT   NOT NULL REFERENCES client (id),
  person_id  TEXT   NOT NULL REFERENCES person (id),
  incident   TEXT   NOT NULL CHECK (incident <> ''),
  reason     TEXT   NOT NULL CHECK (reason <> ''),
  told_1     TEXT   NOT NULL CHECK (told_1 <> person_id),
  told_2     TEXT   NOT NULL CHECK (told_2 <> person_id AND told_2 <> told_1),
  starts_at  BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL CHECK (ends_at > starts_at AND ends_at - starts_at <= 3600000000), -- an hour
  ended_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX break_glass_client ON break_glass (client_id, id);

-- Credentials of retiring clients that were tested dead.
CREATE TABLE dead_test (
  client_id     TEXT   NOT NULL REFERENCES client (id),
  credential_id TEXT   NOT NULL REFERENCES credential (id),
  by            TEXT   NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (client_id, credential_id)
);

-- What is to happen on a day: rows, so that no day is lost in a restart. done_at settles it.
CREATE TABLE due (
  kind      TEXT   NOT NULL CHECK (kind IN ('request_remind', 'request_expire', 'grant_end', 'grace_end', 'break_glass_end', 'delegation_end', 'review')),
  ref       TEXT   NOT NULL, -- what it is about: a request, a grant, …
  at        BIGINT NOT NULL,
  client_id TEXT   NOT NULL,
  cause     TEXT   NOT NULL, -- the rule
  done_at   BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, ref, at)
);
CREATE INDEX due_at ON due (kind, at) WHERE done_at = 0;
CREATE INDEX due_ref ON due (ref) WHERE done_at = 0;
CREATE INDEX due_client ON due (client_id) WHERE done_at = 0;
