-- +goose Up
-- A person may say that a payment is verified, with whose it is; and corrects its money in records of their own, which are kept as
-- decisions are.

ALTER TABLE decision ADD COLUMN verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1));

DROP TRIGGER decision_keeps;
-- +goose StatementBegin
CREATE TRIGGER decision_keeps
BEFORE UPDATE OF row_no, lead_id, call_id, product_id, none, undo, reason, made_by, made_at, confirmed, overruled, audited, verified
ON decision
BEGIN
	SELECT RAISE(ABORT, 'a decision cannot be changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER correction_keeps BEFORE UPDATE OF row_no, id, provider, source, kind, content ON source_record WHEN old.source = 'manual'
BEGIN
	SELECT RAISE(ABORT, 'a correction cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER correction_stays BEFORE DELETE ON source_record WHEN old.source = 'manual'
BEGIN
	SELECT RAISE(ABORT, 'a correction cannot be removed');
END;
-- +goose StatementEnd
