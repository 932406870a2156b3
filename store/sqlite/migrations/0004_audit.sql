-- +goose Up
-- Of an answer on a payment of the audit sample: the lead that the machine had given it by itself. NULL: no audit.

ALTER TABLE decision ADD COLUMN audited TEXT;

DROP TRIGGER decision_keeps;
-- +goose StatementBegin
CREATE TRIGGER decision_keeps
BEFORE UPDATE OF row_no, lead_id, call_id, product_id, none, undo, reason, made_by, made_at, confirmed, overruled, audited ON decision
BEGIN
	SELECT RAISE(ABORT, 'a decision cannot be changed');
END;
-- +goose StatementEnd
