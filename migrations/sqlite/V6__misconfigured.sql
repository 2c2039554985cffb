-- Whether the provider refused the application itself when a grant was last to be renewed: a person must mend that.

PRAGMA user_version = 6;

ALTER TABLE credential ADD COLUMN renew_misconfigured INTEGER NOT NULL DEFAULT 0 CHECK (renew_misconfigured IN (0, 1));
