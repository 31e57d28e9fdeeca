-- +goose Up

-- Notices: what people are told, once for each cause and recipient. They name who and what
-- by id; names and addresses are looked up when one is sent, so there is nothing to shred.
CREATE TABLE notice (
  id         TEXT   PRIMARY KEY,                -- also the message's, for receivers to tell it again
  cause      TEXT   NOT NULL CHECK (cause <> ''), -- "entry:41", or what a date brought about
  seq        BIGINT NOT NULL,                   -- the place of the entry in the log; -1: none
  kind       TEXT   NOT NULL,
  recipient  TEXT   NOT NULL CHECK (recipient <> ''), -- a person or team, or "role:security"
  channel    TEXT   NOT NULL CHECK (channel <> ''),
  about      TEXT   NOT NULL,                   -- what it is about: "request:req_…"
  state      TEXT   NOT NULL CHECK (state IN ('pending', 'sent', 'failed', 'folded', 'expired')),
  digest_id  TEXT   REFERENCES notice (id),     -- the digest it was folded into
  payload    TEXT   NOT NULL,                   -- JSON
  created_at BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  attempts   BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  sent_at    BIGINT NOT NULL DEFAULT 0,
  error      TEXT   NOT NULL DEFAULT '',
  UNIQUE (cause, recipient, kind),
  CHECK ((state = 'folded') = (digest_id IS NOT NULL)),
  CHECK ((state = 'sent') = (sent_at <> 0))
);
CREATE INDEX notice_due       ON notice (channel, next_at) WHERE state = 'pending';
CREATE INDEX notice_recipient ON notice (recipient, id);
CREATE INDEX notice_about     ON notice (recipient, kind, about, created_at);
CREATE INDEX notice_sent      ON notice (channel, sent_at) WHERE state = 'sent';
CREATE INDEX notice_digest    ON notice (digest_id) WHERE digest_id IS NOT NULL;
