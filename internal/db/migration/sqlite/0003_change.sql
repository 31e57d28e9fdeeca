-- +goose Up

-- Change records: kept here, or a reference to a ticket of another system with what that
-- system last said of it.
CREATE TABLE change (
  id            TEXT PRIMARY KEY,
  system        TEXT   NOT NULL CHECK (system IN ('clientele', 'jira', 'servicenow', 'github', 'gitlab')),
  key           TEXT   NOT NULL,            -- the ticket's, or this record's own id
  host          TEXT   NOT NULL DEFAULT '', -- of the address it was pasted as
  url           TEXT   NOT NULL DEFAULT '',
  title         TEXT   NOT NULL DEFAULT '',
  state         TEXT   NOT NULL CHECK (state IN ('open', 'approved', 'closed', 'cancelled', 'unknown')),
  raw_state     TEXT   NOT NULL DEFAULT '', -- in the other system's own words
  verified      BIGINT NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
  checked_at    BIGINT NOT NULL DEFAULT 0,  -- when the other system last answered
  good_until    BIGINT NOT NULL DEFAULT 0,  -- until when its answer may be relied on
  next_check_at BIGINT NOT NULL DEFAULT 0,  -- 0: not asked again by itself
  failures      BIGINT NOT NULL DEFAULT 0,  -- checks in a row that brought no answer
  window_from   BIGINT NOT NULL DEFAULT 0,
  window_to     BIGINT NOT NULL DEFAULT 0,
  created_by    TEXT   NOT NULL,
  edited_by     TEXT   NOT NULL,            -- who last wrote its title or window
  approved_by   TEXT   NOT NULL DEFAULT '',
  approved_at   BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  version       BIGINT NOT NULL,
  UNIQUE (system, key),
  CHECK (window_to = 0 OR window_to > window_from),
  CHECK (approved_by = '' OR (approved_by <> created_by AND approved_by <> edited_by)),
  CHECK (system <> 'clientele' OR (key = id AND state <> 'unknown' AND (state <> 'approved' OR approved_by <> ''))),
  CHECK (system = 'clientele' OR approved_by = ''),
  CHECK (system <> 'clientele' OR (verified = 0 AND next_check_at = 0))
);
CREATE INDEX change_due ON change (next_check_at);

-- What another system said, each time it was asked.
CREATE TABLE change_check (
  change_id   TEXT   NOT NULL REFERENCES change (id),
  version     BIGINT NOT NULL,             -- of the record, with this check
  at          BIGINT NOT NULL,
  answer      TEXT   NOT NULL CHECK (answer IN ('said', 'unavailable', 'missing')),
  state       TEXT   NOT NULL DEFAULT '',
  raw_state   TEXT   NOT NULL DEFAULT '',
  title       TEXT   NOT NULL DEFAULT '',
  window_from BIGINT NOT NULL DEFAULT 0,
  window_to   BIGINT NOT NULL DEFAULT 0,
  reason      TEXT   NOT NULL DEFAULT '',  -- why there was no answer
  PRIMARY KEY (change_id, version)
);
