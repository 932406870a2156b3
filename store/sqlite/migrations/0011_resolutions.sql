-- +goose Up
-- What people say of exceptions, with the facts that they say it on: it holds for these and no others.

CREATE TABLE resolution (
	row_no   INTEGER PRIMARY KEY AUTOINCREMENT, -- in order of being said
	owner    INTEGER REFERENCES identity (row_no), -- NULL: about no payment
	code     TEXT NOT NULL CHECK (code <> ''),
	subject  TEXT NOT NULL,
	expected TEXT,
	actual   TEXT,
	reopen   INTEGER NOT NULL CHECK (reopen IN (0, 1)),
	reason   TEXT CHECK (reopen = 1 OR reason <> ''),
	made_by  TEXT,
	made_at  INTEGER NOT NULL CHECK (made_at BETWEEN 946684800000000 AND 4102444800000000),
	made_on  TEXT -- public id that the payment had
) STRICT;
CREATE INDEX resolution_owner ON resolution (owner, code, subject);

-- Only its owner may change, as that of a decision.
-- +goose StatementBegin
CREATE TRIGGER resolution_keeps
BEFORE UPDATE OF row_no, code, subject, expected, actual, reopen, reason, made_by, made_at, made_on ON resolution
BEGIN
	SELECT RAISE(ABORT, 'a resolution cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER resolution_stays BEFORE DELETE ON resolution
BEGIN
	SELECT RAISE(ABORT, 'a resolution cannot be removed');
END;
-- +goose StatementEnd

ALTER TABLE exception ADD COLUMN resolution INTEGER REFERENCES resolution (row_no); -- by which a person ended it
-- Money at risk of what is about no payment; NULL: the payment's, or unknown.
ALTER TABLE exception ADD COLUMN at_risk INTEGER;
ALTER TABLE exception ADD COLUMN currency TEXT CHECK (length(currency) = 3);

-- When the money of a refund or dispute came back; NULL where it did not or nobody says.
ALTER TABLE refund ADD COLUMN returned_at INTEGER CHECK (returned_at >= 0);
ALTER TABLE dispute ADD COLUMN returned_at INTEGER CHECK (returned_at >= 0);
