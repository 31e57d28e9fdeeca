-- +goose Up

-- Reviews: whether a client is still needed as it is. A client has one open review at most.
-- sole_requester asked for every grant, sole_user is the only person who has the client:
-- from tier 3 on neither keeps it alone. taker took the emergency access that it is about,
-- and never does. The table itself refuses that.
CREATE TABLE review (
  id             TEXT   PRIMARY KEY,
  client_id      TEXT   NOT NULL REFERENCES client (id),
  state          TEXT   NOT NULL CHECK (state IN ('open', 'kept', 'narrowed', 'handed_over', 'retired', 'disowned', 'missed', 'cancelled')),
  tier           BIGINT NOT NULL CHECK (tier BETWEEN 0 AND 4),
  opened_at      BIGINT NOT NULL,
  due_at         BIGINT NOT NULL CHECK (due_at > opened_at),
  reviewer_id    TEXT   NOT NULL,            -- whose turn it is: a person or team; empty: security's
  stage          BIGINT NOT NULL DEFAULT 0 CHECK (stage BETWEEN 0 AND 4),
  next_at        BIGINT NOT NULL,            -- when the next stage begins; 0: none
  sole_requester TEXT   NOT NULL DEFAULT '',
  sole_user      TEXT   NOT NULL DEFAULT '',
  taker          TEXT   NOT NULL DEFAULT '',
  decided_by     TEXT   NOT NULL DEFAULT '', -- empty: nobody, or a rule
  on_behalf      TEXT   NOT NULL DEFAULT '', -- who lent them the power
  decided_at     BIGINT NOT NULL DEFAULT 0,
  reason         TEXT   NOT NULL DEFAULT '',
  milliseconds   BIGINT NOT NULL DEFAULT 0 CHECK (milliseconds BETWEEN 0 AND 86400000), -- spent on it; 0: not told
  batch          BIGINT NOT NULL DEFAULT 0,  -- how many were decided at once
  automatic      BIGINT NOT NULL DEFAULT 0 CHECK (automatic IN (0, 1)),
  evidence       TEXT   NOT NULL,            -- JSON: what was known when it was opened, then when it was decided
  delta          TEXT   NOT NULL,            -- JSON: how many grants are new, changed, unused, unchanged
  ended_grants   TEXT   NOT NULL DEFAULT '[]', -- JSON: what the decision, or the missed day, was to end
  verified_at    BIGINT NOT NULL DEFAULT 0,  -- when those were looked at and found ended
  version        BIGINT NOT NULL,
  CHECK ((state = 'open') = (decided_at = 0)),
  CHECK ((state = 'open') = (next_at <> 0)),
  CHECK (state IN ('open', 'missed', 'cancelled') OR (decided_by <> '') = (automatic = 0)),
  CHECK (automatic = 0 OR (state = 'kept' AND tier <= 1)),
  CHECK (state NOT IN ('narrowed', 'handed_over', 'retired', 'disowned') OR reason <> ''),
  CHECK (tier < 3 OR state NOT IN ('kept', 'narrowed') OR (
    (sole_requester = '' OR (decided_by <> sole_requester AND on_behalf <> sole_requester)) AND
    (sole_user = '' OR (decided_by <> sole_user AND on_behalf <> sole_user)))),
  CHECK (taker = '' OR state NOT IN ('kept', 'narrowed') OR (decided_by <> taker AND on_behalf <> taker))
);
CREATE UNIQUE INDEX review_open ON review (client_id) WHERE state = 'open';
CREATE INDEX review_next     ON review (next_at) WHERE next_at <> 0;
CREATE INDEX review_client   ON review (client_id, decided_at);
CREATE INDEX review_reviewer ON review (reviewer_id, id) WHERE state = 'open';
CREATE INDEX review_state    ON review (state, id);
CREATE INDEX review_ended    ON review (id) WHERE verified_at = 0 AND ended_grants <> '[]';

-- Why a review was opened. subject tells one occurrence from the next, so that what was
-- looked at once is not asked about again.
CREATE TABLE review_cause (
  review_id TEXT   NOT NULL REFERENCES review (id),
  client_id TEXT   NOT NULL REFERENCES client (id),
  cause     TEXT   NOT NULL,
  subject   TEXT   NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (review_id, cause, subject)
);
CREATE INDEX review_cause_client ON review_cause (client_id, cause, subject);

CREATE TABLE campaign (
  id         TEXT   PRIMARY KEY,
  name       TEXT   NOT NULL CHECK (name <> ''),
  filter     TEXT   NOT NULL,                -- JSON
  state      TEXT   NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
  items      BIGINT NOT NULL CHECK (items > 0),
  snapshot   TEXT   NOT NULL,                -- SHA-256 over the lines of its items, in hex
  due_at     BIGINT NOT NULL CHECK (due_at > created_at),
  created_by TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  ended_by   TEXT   NOT NULL DEFAULT '',
  ended_at   BIGINT NOT NULL DEFAULT 0,
  results    TEXT   NOT NULL DEFAULT '',     -- JSON: its self-test when it ended
  CHECK ((state = 'open') = (ended_at = 0))
);
CREATE INDEX campaign_state ON campaign (state, id);

CREATE TABLE campaign_item (
  campaign_id TEXT NOT NULL REFERENCES campaign (id),
  client_id   TEXT NOT NULL REFERENCES client (id),
  review_id   TEXT REFERENCES review (id),   -- NULL until it is opened
  line        TEXT NOT NULL,                 -- the client as it stood: its owner, tier and grants
  PRIMARY KEY (campaign_id, client_id)
);
CREATE INDEX campaign_item_review ON campaign_item (review_id);
CREATE INDEX campaign_item_waiting ON campaign_item (campaign_id) WHERE review_id IS NULL;

-- For reviews of what was granted lately.
CREATE INDEX request_decided ON request (decided_at) WHERE state = 'approved';
