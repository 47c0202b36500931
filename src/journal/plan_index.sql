-- Since version 2: the records of each plan. Derived from their bodies, so it is no part of the hash chain.
CREATE TABLE plan_record (
  plan BLOB NOT NULL CHECK (length(plan) = 32),
  seq  INTEGER NOT NULL REFERENCES record (seq),
  PRIMARY KEY (plan, seq)
) WITHOUT ROWID, STRICT;

CREATE TRIGGER plan_record_is_never_changed BEFORE UPDATE ON plan_record BEGIN SELECT RAISE(ABORT, 'a journal record is never changed'); END;
CREATE TRIGGER plan_record_is_never_deleted BEFORE DELETE ON plan_record BEGIN SELECT RAISE(ABORT, 'a journal record is never deleted'); END;
