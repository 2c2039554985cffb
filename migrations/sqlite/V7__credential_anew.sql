-- Credentials as they have become: the whole table in one place. What is written with every token is checked without a table of
-- its own: SQLite makes one for IN with three values or more. What is due next stands in one index: each index of its own was
-- one to two pages more in every commit.

PRAGMA user_version = 7;

CREATE TABLE credential_anew (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    uid                 BLOB    NOT NULL CHECK (length(uid) = 16),
    revision            INTEGER NOT NULL CHECK (revision > 0),
    owner               TEXT    NOT NULL CHECK (length(owner) BETWEEN 1 AND 255),
    provider            TEXT    NOT NULL,
    server              TEXT,
    account             TEXT    NOT NULL CHECK (length(account) BETWEEN 1 AND 128),
    -- Grows within (owner, provider) whenever a token is stored: the greatest is the most recently stored one.
    stored_order        INTEGER NOT NULL CHECK (stored_order > 0),
    created_at          INTEGER NOT NULL,

    -- For whom it speaks: 'user', 'community', 'application', or a person whose identifier is text.
    subject_kind        TEXT,
    subject_id          INTEGER,
    subject_text        TEXT    CHECK (subject_text IS NULL OR subject_kind IS NULL),

    -- The grant, and how many tokens there have been.
    token_kind          TEXT    NOT NULL,
    generation          INTEGER NOT NULL CHECK (generation > 0),
    access_token        BLOB    NOT NULL CHECK (length(access_token) BETWEEN 33 AND 131072),
    refresh_token       BLOB    CHECK (length(refresh_token) BETWEEN 33 AND 131072),
    device_id           BLOB    CHECK (length(device_id) BETWEEN 33 AND 131072),
    scope_asked         TEXT,
    scope_granted       TEXT,
    captured_at         INTEGER NOT NULL,
    expires_at          INTEGER,
    -- Who said so: the provider or the pasted text, or what is usual for the kind. NULL with expires_at: never ends, or nobody
    -- said.
    expiry_source       TEXT    CHECK (expiry_source IN ('stated', 'assumed')),

    -- The latest clear answer of the provider, and the latest that was not clear.
    clear_outcome       TEXT,
    clear_cause         TEXT,
    clear_asked         TEXT,
    clear_since         INTEGER,
    clear_at            INTEGER,
    unclear_cause       TEXT,
    unclear_asked       TEXT,
    unclear_since       INTEGER,
    unclear_at          INTEGER,
    check_at            INTEGER,

    renew_at            INTEGER,
    renew_failures      INTEGER NOT NULL DEFAULT 0,
    -- Whether the provider refused the application itself when it was last to be renewed: a person must mend that.
    renew_misconfigured INTEGER NOT NULL DEFAULT 0 CHECK (renew_misconfigured IN (0, 1)),
    leased_until        INTEGER,
    -- Counts leases: what an older holder writes is not taken.
    fence               INTEGER NOT NULL DEFAULT 0,
    trouble             TEXT    CHECK (trouble IN ('lost', 'refused')),
    trouble_cause       TEXT,
    trouble_since       INTEGER,

    -- How far a person has been told, of which token, when that was last thought about, and when there is next something to tell.
    told_generation     INTEGER NOT NULL DEFAULT 0,
    told_stage          TEXT    NOT NULL DEFAULT 'nothing',
    told_at             INTEGER,
    notice_at           INTEGER,

    -- While somebody renews it, when the lease ends.
    renewable_at        INTEGER GENERATED ALWAYS AS (max(renew_at, ifnull(leased_until, renew_at))) VIRTUAL,
    -- The first of them all. NULL has no place among them: min() of it and anything is NULL.
    due_at              INTEGER GENERATED ALWAYS AS (nullif(min(
        ifnull(check_at, 0x7fffffffffffffff),
        ifnull(renewable_at, 0x7fffffffffffffff),
        ifnull(notice_at, 0x7fffffffffffffff)), 0x7fffffffffffffff)) VIRTUAL,

    CHECK ((expires_at IS NULL) = (expiry_source IS NULL)),
    CHECK ((clear_outcome IS NULL) = (clear_at IS NULL)),
    CHECK ((unclear_cause IS NULL) = (unclear_at IS NULL)),
    CHECK ((trouble IS NULL) = (trouble_since IS NULL))
) STRICT;

INSERT INTO credential_anew (id, uid, revision, owner, provider, server, account, stored_order, created_at, subject_kind, subject_id,
        subject_text, token_kind, generation, access_token, refresh_token, device_id, scope_asked, scope_granted, captured_at,
        expires_at, expiry_source, clear_outcome, clear_cause, clear_asked, clear_since, clear_at, unclear_cause, unclear_asked,
        unclear_since, unclear_at, check_at, renew_at, renew_failures, renew_misconfigured, leased_until, fence, trouble,
        trouble_cause, trouble_since, told_generation, told_stage, told_at, notice_at)
    SELECT id, uid, revision, owner, provider, server, account, stored_order, created_at, subject_kind, subject_id,
        subject_text, token_kind, generation, access_token, refresh_token, device_id, scope_asked, scope_granted, captured_at,
        expires_at, expiry_source, clear_outcome, clear_cause, clear_asked, clear_since, clear_at, unclear_cause, unclear_asked,
        unclear_since, unclear_at, check_at, renew_at, renew_failures, renew_misconfigured, leased_until, fence, trouble,
        trouble_cause, trouble_since, told_generation, told_stage, told_at, notice_at FROM credential;

-- An id is never given twice, not even that of a credential that is gone.
DELETE FROM sqlite_sequence WHERE name = 'credential_anew';
INSERT INTO sqlite_sequence (name, seq) SELECT 'credential_anew', seq FROM sqlite_sequence WHERE name = 'credential';

DROP TABLE credential;
ALTER TABLE credential_anew RENAME TO credential;

CREATE UNIQUE INDEX credential_by_account ON credential (owner, provider, account);
CREATE INDEX credential_by_owner ON credential (owner, id);
-- With each moment, so that of many that are due for one thing only those are read that are due for another.
CREATE INDEX credential_due ON credential (due_at, check_at, renewable_at, notice_at) WHERE due_at IS NOT NULL;
