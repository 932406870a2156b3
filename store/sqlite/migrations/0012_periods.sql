-- +goose Up
-- Closed periods, and what was handed over with them. Neither is ever changed: a later revision only adds.

CREATE TABLE closed_period (
	name         TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
	first_day    TEXT NOT NULL CHECK (length(first_day) = 10),
	until_day    TEXT NOT NULL CHECK (length(until_day) = 10 AND first_day < until_day), -- exclusive
	organization TEXT NOT NULL,
	zone         TEXT NOT NULL CHECK (zone <> ''),
	pii          TEXT NOT NULL
) STRICT;

CREATE TABLE closed_revision (
	period   TEXT NOT NULL REFERENCES closed_period (name),
	revision INTEGER NOT NULL CHECK (revision > 0),
	as_of    INTEGER NOT NULL CHECK (as_of BETWEEN 946684800000000 AND 4102444800000000),
	run      TEXT, -- the last one before
	reason   TEXT,
	PRIMARY KEY (period, revision)
) STRICT;

CREATE TABLE booked_line (
	row_no   INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were booked
	period   TEXT NOT NULL,
	revision INTEGER NOT NULL,
	part     TEXT NOT NULL CHECK (part IN ('movement', 'reversal', 'replacement', 'payout', 'exception', 'clearing')),
	id       TEXT UNIQUE, -- row_id of a movement
	fact     TEXT, -- row_id of the movement that it is or corrects
	content  TEXT NOT NULL, -- JSON
	FOREIGN KEY (period, revision) REFERENCES closed_revision (period, revision),
	CHECK ((part IN ('movement', 'reversal', 'replacement')) = (id IS NOT NULL AND fact IS NOT NULL)),
	CHECK (part <> 'movement' OR id = fact)
) STRICT;
CREATE INDEX booked_line_period ON booked_line (period); -- and so by row_no
CREATE INDEX booked_line_fact ON booked_line (fact) WHERE fact IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER closed_period_apart BEFORE INSERT ON closed_period
WHEN EXISTS (SELECT 1 FROM closed_period WHERE first_day < NEW.until_day AND NEW.first_day < until_day)
BEGIN
	SELECT RAISE(ABORT, 'a closed period has these days');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER closed_period_keeps BEFORE UPDATE ON closed_period
BEGIN
	SELECT RAISE(ABORT, 'a closed period cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER closed_period_stays BEFORE DELETE ON closed_period
BEGIN
	SELECT RAISE(ABORT, 'a closed period cannot be removed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER closed_revision_keeps BEFORE UPDATE ON closed_revision
BEGIN
	SELECT RAISE(ABORT, 'a hand-off cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER closed_revision_stays BEFORE DELETE ON closed_revision
BEGIN
	SELECT RAISE(ABORT, 'a hand-off cannot be removed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booked_line_keeps BEFORE UPDATE ON booked_line
BEGIN
	SELECT RAISE(ABORT, 'what was handed over cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booked_line_stays BEFORE DELETE ON booked_line
BEGIN
	SELECT RAISE(ABORT, 'what was handed over cannot be removed');
END;
-- +goose StatementEnd
