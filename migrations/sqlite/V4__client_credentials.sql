-- Logins of the application itself are one more flow. A CHECK cannot be changed, so the table is made anew.

PRAGMA user_version = 4;

CREATE TABLE authorization_anew (
    id            TEXT    PRIMARY KEY,
    uid           BLOB    NOT NULL CHECK (length(uid) = 16),
    owner         TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    server        TEXT,
    account       TEXT,
    flow          TEXT    NOT NULL CHECK (flow IN ('client_credentials', 'code', 'device', 'implicit', 'vk_id')),
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

INSERT INTO authorization_anew (id, uid, owner, provider, server, account, flow, state, ticket, binding, redirect_uri, frozen, secrets,
        progress, cause, credential_id, created_at, expires_at)
    SELECT id, uid, owner, provider, server, account, flow, state, ticket, binding, redirect_uri, frozen, secrets,
        progress, cause, credential_id, created_at, expires_at FROM authorization;

DROP TABLE authorization;
ALTER TABLE authorization_anew RENAME TO authorization;

CREATE UNIQUE INDEX authorization_by_state ON authorization (state) WHERE state IS NOT NULL;
CREATE UNIQUE INDEX authorization_by_ticket ON authorization (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX authorization_by_end ON authorization (expires_at);
CREATE INDEX authorization_pending ON authorization (owner) WHERE progress IN ('claimed', 'pending');
