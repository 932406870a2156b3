-- +goose Up
-- A person's word is kept with what it was said on: the version of what was shown, where they took the best candidate of it,
-- and the leads that they turned down, where they say another or nobody. Of earlier words both are unknown.

ALTER TABLE decision ADD COLUMN confirmed TEXT;
ALTER TABLE decision ADD COLUMN overruled TEXT; -- JSON
CREATE INDEX decision_lead ON decision (lead_id) WHERE lead_id IS NOT NULL;

DROP TRIGGER decision_keeps;
-- +goose StatementBegin
CREATE TRIGGER decision_keeps
BEFORE UPDATE OF row_no, lead_id, call_id, product_id, none, undo, reason, made_by, made_at, confirmed, overruled ON decision
BEGIN
	SELECT RAISE(ABORT, 'a decision cannot be changed');
END;
-- +goose StatementEnd
