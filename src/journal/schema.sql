-- The journal as version 1 made it; FORMAT.md explains it. This file never changes: what a later version adds is a file of its own, which
-- makes new journals and migrates old ones alike.
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
