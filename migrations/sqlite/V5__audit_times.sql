-- The same deed within a second is written down once, with how often.

PRAGMA user_version = 5;

ALTER TABLE event ADD COLUMN times INTEGER NOT NULL DEFAULT 1 CHECK (times > 0);
