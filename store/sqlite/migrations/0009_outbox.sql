-- +goose Up
-- What is to be written back to the services. A line is added in the transaction that stores the decision, and says afterwards
-- what became of it.

CREATE TABLE outbox (
	row_no     INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were wanted
	source     TEXT NOT NULL,
	provider   TEXT NOT NULL,
	id         TEXT NOT NULL CHECK (id <> ''), -- of the record
	kind       TEXT NOT NULL CHECK (kind IN ('attribution', 'status', 'allocation')),
	payment    TEXT NOT NULL, -- public id, as it was then
	run        TEXT, -- that decided
	wanted     TEXT NOT NULL, -- JSON
	base       TEXT NOT NULL, -- digest of what the record said then
	state      TEXT NOT NULL CHECK (state IN ('pending', 'sent-unknown', 'done', 'conflict', 'refused', 'superseded')),
	attempts   INTEGER NOT NULL CHECK (attempts >= 0),
	body       TEXT, -- SHA-256 of what was sent last
	seen       TEXT, -- digest of what the service said before that
	echo       TEXT, -- JSON
	trouble    TEXT, -- JSON
	created_at INTEGER NOT NULL CHECK (created_at BETWEEN 946684800000000 AND 4102444800000000),
	sent_at    INTEGER CHECK (sent_at BETWEEN 946684800000000 AND 4102444800000000),
	done_at    INTEGER CHECK (done_at BETWEEN 946684800000000 AND 4102444800000000),
	CHECK (state <> 'sent-unknown' OR sent_at IS NOT NULL AND attempts > 0 AND body IS NOT NULL),
	CHECK (state = 'done' OR done_at IS NULL)
) STRICT;
CREATE INDEX outbox_record ON outbox (source, id, provider);
CREATE INDEX outbox_open ON outbox (source, row_no) WHERE state IN ('pending', 'sent-unknown');
-- Of one fact of a record at most one intent waits, and at most one is on its way.
CREATE UNIQUE INDEX outbox_one ON outbox (source, provider, id, kind, state) WHERE state IN ('pending', 'sent-unknown');

-- What was wanted stays what it was.
-- +goose StatementBegin
CREATE TRIGGER outbox_keeps BEFORE UPDATE OF row_no, source, provider, id, kind, wanted, created_at ON outbox
BEGIN
	SELECT RAISE(ABORT, 'an intent cannot be changed');
END;
-- +goose StatementEnd
