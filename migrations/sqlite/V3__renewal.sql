-- Renewal of grants: when it is due, who is doing it, what stands in its way; answers of providers that are not in their row yet;
-- what people are told; and the audit. Every secret column holds a sealed value, never text.

PRAGMA user_version = 3;

ALTER TABLE credential ADD COLUMN renew_at INTEGER;
ALTER TABLE credential ADD COLUMN renew_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credential ADD COLUMN leased_until INTEGER;
-- Counts leases: what an older holder writes is not taken.
ALTER TABLE credential ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credential ADD COLUMN trouble TEXT CHECK (trouble IN ('lost', 'refused'));
ALTER TABLE credential ADD COLUMN trouble_cause TEXT;
ALTER TABLE credential ADD COLUMN trouble_since INTEGER CHECK ((trouble IS NULL) = (trouble_since IS NULL));

-- What could be renewed before is due in the last tenth of its life.
UPDATE credential SET renew_at = expires_at - max(expires_at - captured_at, 0) / 10
    WHERE refresh_token IS NOT NULL AND expires_at IS NOT NULL;

CREATE INDEX credential_by_renewal ON credential (renew_at) WHERE renew_at IS NOT NULL;

-- Which of an owner's credentials is the latest is looked for among that owner's alone, by the index of their names, and memory
-- answers it mostly. An index by the order of storing was one to two pages more in every commit.
DROP INDEX credential_by_order;

-- A provider's answer to a refresh, from when it came until it stands in its row.
CREATE TABLE spool (
    id            INTEGER PRIMARY KEY,
    credential_id INTEGER NOT NULL,
    owner         TEXT    NOT NULL,
    uid           BLOB    NOT NULL CHECK (length(uid) = 16),
    -- Of the token that was renewed.
    generation    INTEGER NOT NULL,
    leased_until  INTEGER NOT NULL,
    answer        BLOB    NOT NULL CHECK (length(answer) BETWEEN 33 AND 262144),
    spooled_at    INTEGER NOT NULL
) STRICT;

-- How far a person has been told, of which token, when that was last thought about, and when there is next something to tell.
ALTER TABLE credential ADD COLUMN told_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credential ADD COLUMN told_stage TEXT NOT NULL DEFAULT 'nothing'
    CHECK (told_stage IN ('day', 'nothing', 'over', 'six_hours', 'two_hours'));
ALTER TABLE credential ADD COLUMN told_at INTEGER;
ALTER TABLE credential ADD COLUMN notice_at INTEGER;

-- Everything is thought about once.
UPDATE credential SET notice_at = 0;

CREATE INDEX credential_by_notice ON credential (notice_at) WHERE notice_at IS NOT NULL;

-- Notices that a channel does not have yet. Those with one message go together. No secret: links are made when it is sent.
CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY,
    message       TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    credential_id INTEGER NOT NULL,
    tidings       TEXT    NOT NULL CHECK (tidings IN ('dead', 'expired', 'expiring', 'recovered')),
    at            INTEGER NOT NULL,
    -- Of the token that it is about; NULL: nobody said.
    expires_at    INTEGER,
    tries         INTEGER NOT NULL DEFAULT 0,
    next_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_by_next ON outbox (next_at);
CREATE INDEX outbox_by_channel ON outbox (channel, next_at);
CREATE INDEX outbox_in_order ON outbox (channel, credential_id, id);

-- One-tap links. Digests are SHA-256.
CREATE TABLE renewal_ticket (
    ticket        BLOB    PRIMARY KEY CHECK (length(ticket) = 32),
    owner         TEXT    NOT NULL,
    credential_id INTEGER NOT NULL,
    uid           BLOB    NOT NULL CHECK (length(uid) = 16),
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX renewal_ticket_by_end ON renewal_ticket (expires_at);

-- What was done. Only ever added to; each hash covers the one before it.
CREATE TABLE event (
    number        INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    action        TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    provider      TEXT,
    account       TEXT,
    credential_id INTEGER,
    actor         TEXT    NOT NULL,
    outcome       TEXT    NOT NULL,
    hash          BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX event_by_owner ON event (owner, number);

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'the audit is only added to'); END;
