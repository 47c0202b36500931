-- Since version 2: nothing of `protocol` at or below `epoch` is signed here, because another guard may have signed it.
CREATE TABLE watermark (
  protocol TEXT PRIMARY KEY,
  epoch    INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TRIGGER watermark_is_never_deleted BEFORE DELETE ON watermark BEGIN SELECT RAISE(ABORT, 'a watermark is never forgotten'); END;
CREATE TRIGGER watermark_is_never_lowered BEFORE UPDATE ON watermark
WHEN NEW.epoch < OLD.epoch OR NEW.protocol <> OLD.protocol
BEGIN SELECT RAISE(ABORT, 'a watermark is never lowered'); END;
