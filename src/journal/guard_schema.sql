-- The signing guard as version 1 made it; like schema.sql this file never changes. A row is durable before the key is used and is never changed, except that its signature is filled in once.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE signed (
  protocol    TEXT NOT NULL,
  epoch       INTEGER NOT NULL,
  kind        INTEGER NOT NULL,
  digest      BLOB NOT NULL CHECK (length(digest) = 32),
  description TEXT NOT NULL,
  journal_seq INTEGER NOT NULL,
  signature   BLOB,
  PRIMARY KEY (protocol, epoch, kind)
) WITHOUT ROWID, STRICT;

CREATE TRIGGER signed_is_never_deleted BEFORE DELETE ON signed BEGIN SELECT RAISE(ABORT, 'a signed statement is never forgotten'); END;
CREATE TRIGGER signed_is_never_changed BEFORE UPDATE ON signed
WHEN OLD.signature IS NOT NULL OR NEW.digest <> OLD.digest OR NEW.protocol <> OLD.protocol OR NEW.epoch <> OLD.epoch OR NEW.kind <> OLD.kind
BEGIN SELECT RAISE(ABORT, 'a signed statement is never changed'); END;
