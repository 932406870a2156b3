-- +goose Up
-- What people's decisions make of the shipped weights, once somebody adopts it. The last row holds.

CREATE TABLE refit (
	id         INTEGER PRIMARY KEY,
	adopted_at INTEGER NOT NULL CHECK (adopted_at BETWEEN 946684800000000 AND 4102444800000000),
	adopted_by TEXT,
	shipped    INTEGER NOT NULL CHECK (shipped IN (0, 1)), -- back to the weights as shipped
	model      TEXT, -- fingerprint of the table that it was fitted to
	factors    TEXT, -- JSON: thousandths by signal
	shift      INTEGER NOT NULL,
	decisions  INTEGER NOT NULL CHECK (decisions >= 0), -- that it was fitted to
	audited    INTEGER NOT NULL CHECK (audited BETWEEN 0 AND decisions)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER refit_keeps BEFORE UPDATE ON refit
BEGIN
	SELECT RAISE(ABORT, 'a refit cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER refit_stays BEFORE DELETE ON refit
BEGIN
	SELECT RAISE(ABORT, 'a refit cannot be removed');
END;
-- +goose StatementEnd
