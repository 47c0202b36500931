-- The journal, version 1. Explained in FORMAT.md. A change of this file is a new version and a migration.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID, STRICT;

-- Append only: nothing in this program updates or deletes a row of it.
CREATE TABLE record (
  seq        INTEGER PRIMARY KEY,
  time_ms    INTEGER NOT NULL,
  body       BLOB NOT NULL,
  chain_hash BLOB NOT NULL CHECK (length(chain_hash) = 32)
) STRICT;

CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'a journal record is never changed'); END;
CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'a journal record is never deleted'); END;

-- The effects that are outstanding after the last record.
CREATE TABLE outbox (
  key    TEXT PRIMARY KEY,
  effect BLOB NOT NULL,
  seq    INTEGER NOT NULL REFERENCES record (seq)
) WITHOUT ROWID, STRICT;
