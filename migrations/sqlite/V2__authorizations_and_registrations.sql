-- Grants that renew themselves and come from one of several servers; authorizations under way; applications that were registered
-- at servers by ourselves. Digests are SHA-256; every secret column holds a sealed value, never text.

PRAGMA user_version = 2;

ALTER TABLE credential ADD COLUMN server TEXT;
ALTER TABLE credential ADD COLUMN refresh_token BLOB CHECK (length(refresh_token) BETWEEN 33 AND 131072);
ALTER TABLE credential ADD COLUMN device_id BLOB CHECK (length(device_id) BETWEEN 33 AND 131072);
ALTER TABLE credential ADD COLUMN scope_asked TEXT;
ALTER TABLE credential ADD COLUMN scope_granted TEXT;
-- A person whose identifier is text; subject_kind and subject_id are NULL then.
ALTER TABLE credential ADD COLUMN subject_text TEXT CHECK (subject_text IS NULL OR subject_kind IS NULL);

CREATE TABLE authorization (
    id            TEXT    PRIMARY KEY,
    uid           BLOB    NOT NULL CHECK (length(uid) = 16),
    owner         TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    server        TEXT,
    account       TEXT,
    flow          TEXT    NOT NULL CHECK (flow IN ('code', 'device', 'implicit', 'vk_id')),
    state         BLOB    CHECK (length(state) = 32),
    ticket        BLOB    CHECK (length(ticket) = 32),
    -- The browser that spent the ticket; NULL while it is unspent.
    binding       BLOB    CHECK (length(binding) = 32),
    redirect_uri  TEXT,
    frozen        TEXT    NOT NULL,
    -- NULL once it has ended: nothing can be sent with it any more.
    secrets       BLOB,
    progress      TEXT    NOT NULL CHECK (progress IN ('claimed', 'denied', 'done', 'expired', 'failed', 'pending', 'unknown')),
    cause         TEXT,
    credential_id INTEGER,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX authorization_by_state ON authorization (state) WHERE state IS NOT NULL;
CREATE UNIQUE INDEX authorization_by_ticket ON authorization (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX authorization_by_end ON authorization (expires_at);
CREATE INDEX authorization_pending ON authorization (owner) WHERE progress IN ('claimed', 'pending');

CREATE TABLE registration (
    server        TEXT    NOT NULL,
    redirect_uri  TEXT    NOT NULL,
    scopes        TEXT    NOT NULL,
    uid           BLOB    NOT NULL CHECK (length(uid) = 16),
    client_id     TEXT    NOT NULL,
    client_secret BLOB    NOT NULL CHECK (length(client_secret) BETWEEN 33 AND 131072),
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (server, redirect_uri, scopes)
) STRICT, WITHOUT ROWID;
