-- Credentials with their sealed tokens, the wrapped keys that seal them, and the API keys that were issued.
-- Instants are Unix seconds, UTC. Every secret column holds a sealed value, never text.

PRAGMA application_id = 1198680883; -- 'Grk3'
PRAGMA user_version = 1;

CREATE TABLE data_key (
    id         INTEGER PRIMARY KEY,
    wrapped    BLOB    NOT NULL CHECK (length(wrapped) BETWEEN 60 AND 256),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE credential (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    uid            BLOB    NOT NULL CHECK (length(uid) = 16),
    revision       INTEGER NOT NULL CHECK (revision > 0),
    owner          TEXT    NOT NULL CHECK (length(owner) BETWEEN 1 AND 255),
    provider       TEXT    NOT NULL,
    account        TEXT    NOT NULL CHECK (length(account) BETWEEN 1 AND 128),
    -- Grows within (owner, provider) whenever a token is stored: the greatest is the most recently stored one.
    stored_order   INTEGER NOT NULL CHECK (stored_order > 0),
    subject_kind   TEXT    CHECK (subject_kind IN ('user', 'community', 'application')),
    subject_id     INTEGER,
    token_kind     TEXT    NOT NULL,
    access_token   BLOB    NOT NULL CHECK (length(access_token) BETWEEN 33 AND 131072),
    generation     INTEGER NOT NULL CHECK (generation > 0),
    expires_at     INTEGER,
    -- Who said so: the provider or the pasted text, or what is usual for the kind. NULL with expires_at: never ends.
    expiry_source  TEXT    CHECK (expiry_source IN ('stated', 'assumed')),
    captured_at    INTEGER NOT NULL,
    clear_outcome  TEXT,
    clear_cause    TEXT,
    clear_asked    TEXT,
    clear_since    INTEGER,
    clear_at       INTEGER,
    unclear_cause  TEXT,
    unclear_asked  TEXT,
    unclear_since  INTEGER,
    unclear_at     INTEGER,
    created_at     INTEGER NOT NULL,
    check_at       INTEGER,
    CHECK ((expires_at IS NULL) = (expiry_source IS NULL)),
    CHECK ((clear_outcome IS NULL) = (clear_at IS NULL)),
    CHECK ((unclear_cause IS NULL) = (unclear_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX credential_by_account ON credential (owner, provider, account);
CREATE INDEX credential_by_order ON credential (owner, provider, stored_order);
CREATE INDEX credential_by_owner ON credential (owner, id);
CREATE INDEX credential_due ON credential (check_at) WHERE check_at IS NOT NULL;

CREATE TABLE api_key (
    id          TEXT    PRIMARY KEY,
    owner       TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    providers   TEXT,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;
