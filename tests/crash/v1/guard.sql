-- A guard of version 1 as the last version-1 program left it, in the middle of an upgrade: records of codec version 1, three switches outstanding,
-- one SWITCH signed. Made by tests/crash's world at the commit before codec version 2, killed after its 45th append; then sqlite3 .dump.
PRAGMA application_id=1280526129;
PRAGMA user_version=1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO meta VALUES('journal_id',X'dd112a1443c5bee4f24fd9a50fd7a97d40e9b7a9887bfdca582c227ec0dba7c6');
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
INSERT INTO signed VALUES('perps',1,1,X'9ae9202a7821963ee627e88cf03697d2637a04e4baba40a4222f782552270d46','switch of epoch 1, plan 0x23ed4d6a785e89846f63d29858367b8fe694fb73179a0c2bc540e0687079c161, evidence 0x0000000000000000000000000000000000000000000000000000000000000000, operators 0x44de34324aa1d709b29de56e4149b428056584fb9ec077fec97db88b6fa6591c',77,X'ee32334a80533db6ca65c97836c4e94607f4bcdf1d16987be0278ffdacc15f8e025477eb3dbd8184ae9eb6f3fb54472ebb976b35c17c16cc2c09f15afa03fd161c');
CREATE TRIGGER signed_is_never_deleted BEFORE DELETE ON signed BEGIN SELECT RAISE(ABORT, 'a signed statement is never forgotten'); END;
CREATE TRIGGER signed_is_never_changed BEFORE UPDATE ON signed
WHEN OLD.signature IS NOT NULL OR NEW.digest <> OLD.digest OR NEW.protocol <> OLD.protocol OR NEW.epoch <> OLD.epoch OR NEW.kind <> OLD.kind
BEGIN SELECT RAISE(ABORT, 'a signed statement is never changed'); END;
COMMIT;
