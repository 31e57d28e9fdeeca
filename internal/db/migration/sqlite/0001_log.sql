-- +goose Up

-- The log: its entries, the nodes of its Merkle tree, and the checkpoints signed over it.
CREATE TABLE entry (
  seq        INTEGER PRIMARY KEY,
  at         BIGINT NOT NULL,
  act        TEXT   NOT NULL,
  actor      TEXT   NOT NULL,
  object     TEXT   NOT NULL,
  client_id  TEXT   NOT NULL,
  owner_id   TEXT   NOT NULL,
  change_id  TEXT   NOT NULL,
  verb       TEXT   NOT NULL,
  outcome    TEXT   NOT NULL CHECK (outcome IN ('done', 'failed', 'denied')),
  leaf       BLOB  NOT NULL,
  body       TEXT            -- the leaf's canonical JSON; NULL once pruned
);
CREATE INDEX entry_at     ON entry (at);
CREATE INDEX entry_client ON entry (client_id, seq);
CREATE INDEX entry_actor  ON entry (actor, seq);
CREATE INDEX entry_object ON entry (object, seq);
CREATE INDEX entry_act    ON entry (act, seq);
CREATE INDEX entry_change ON entry (change_id, seq);
-- Partial, as most entries have no verb, are about no owned client, and are done.
CREATE INDEX entry_owner   ON entry (owner_id, at, seq) WHERE owner_id <> '';
CREATE INDEX entry_verb    ON entry (verb, at, seq)     WHERE verb <> '';
CREATE INDEX entry_outcome ON entry (outcome, at, seq)  WHERE outcome <> 'done';

-- Facts about people, sealed with the key of the person they are about.
CREATE TABLE entry_box (
  seq        BIGINT NOT NULL REFERENCES entry (seq),
  subject    TEXT   NOT NULL,
  ciphertext BLOB  NOT NULL,
  PRIMARY KEY (seq, subject)
);
CREATE TABLE subject_key (
  subject     TEXT PRIMARY KEY,
  wrapped     BLOB,           -- NULL once shredded
  shredded_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE tree_node (
  pos  INTEGER PRIMARY KEY,
  hash BLOB NOT NULL
);
-- One row. Its lock puts all writers in a line, also those of several processes.
CREATE TABLE log_head (
  id     BIGINT PRIMARY KEY CHECK (id = 1),
  size   BIGINT NOT NULL,
  root   BLOB  NOT NULL,
  policy BIGINT NOT NULL,      -- the policy version in force
  pruned BIGINT NOT NULL       -- bodies of entries below were pruned
);
INSERT INTO log_head (id, size, root, policy, pruned) VALUES (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, 0);
CREATE TABLE checkpoint (
  size BIGINT PRIMARY KEY,
  at   BIGINT NOT NULL,
  root BLOB  NOT NULL,
  note TEXT   NOT NULL         -- the signed note
);
-- Who else holds a checkpoint: a witness that signed it, or a person who showed theirs.
CREATE TABLE cosignature (
  size   BIGINT NOT NULL REFERENCES checkpoint (size),
  holder TEXT   NOT NULL,
  at     BIGINT NOT NULL,
  line   TEXT   NOT NULL,
  PRIMARY KEY (size, holder)
);
CREATE INDEX cosignature_holder ON cosignature (holder, size);
CREATE TABLE legal_hold (
  id          TEXT PRIMARY KEY,
  from_at     BIGINT NOT NULL,
  to_at       BIGINT NOT NULL,
  reason      TEXT   NOT NULL,
  created_by  TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  released_at BIGINT NOT NULL DEFAULT 0
);
-- How far those who follow the log have come.
CREATE TABLE follower (
  name       TEXT PRIMARY KEY,
  position   BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Policies are versions: proposed by one person, put in force by another.
CREATE TABLE policy_version (
  version      BIGINT PRIMARY KEY,
  text         TEXT   NOT NULL,
  note         TEXT   NOT NULL,
  author       TEXT   NOT NULL,
  proposed_at  BIGINT NOT NULL,
  approver     TEXT   NOT NULL DEFAULT '' CHECK (approver <> author),
  valid_from   BIGINT NOT NULL DEFAULT 0,
  valid_to     BIGINT NOT NULL DEFAULT 0
);

-- The answer to a request with an idempotency key, written with what the request did.
CREATE TABLE idempotency (
  actor   TEXT   NOT NULL,
  key     TEXT   NOT NULL,
  request BLOB  NOT NULL,     -- hash of the request
  status  BIGINT NOT NULL,
  answer  BLOB  NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
