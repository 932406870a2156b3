-- +goose Up
-- Several services speak of one payment: whose refund and dispute rows count, what changed and when, and how far the
-- re-scan of a source has come.

ALTER TABLE payment ADD COLUMN day_only INTEGER NOT NULL DEFAULT 0 CHECK (day_only IN (0, 1));
ALTER TABLE payment ADD COLUMN refund_provider TEXT;  -- whose refund rows count; NULL: none
ALTER TABLE payment ADD COLUMN dispute_provider TEXT; -- likewise
-- The as-of time of the run that knew it first; NULL: before this column was.
ALTER TABLE payment ADD COLUMN opened_at INTEGER CHECK (opened_at BETWEEN 946684800000000 AND 4102444800000000);

ALTER TABLE payment ADD COLUMN refund_role TEXT;      -- of what role's sources
ALTER TABLE payment ADD COLUMN dispute_role TEXT;
ALTER TABLE refund ADD COLUMN role TEXT;
ALTER TABLE dispute ADD COLUMN role TEXT;

-- Until now every row counted, whosever it was.
UPDATE payment SET
	refund_provider = (SELECT min(provider) FROM refund WHERE owner = payment.row_no),
	dispute_provider = (SELECT min(provider) FROM dispute WHERE owner = payment.row_no);

-- A decision knows the id that its payment had, and when it came from another payment by a merge: after which decision.
ALTER TABLE decision ADD COLUMN made_on TEXT;
ALTER TABLE decision ADD COLUMN joined INTEGER;
UPDATE decision SET made_on = (SELECT id FROM payment WHERE row_no = decision.owner);

-- Records of which a claim must be read again by id, because the money that it claims has changed.
CREATE TABLE recheck (
	source TEXT NOT NULL,
	id     TEXT NOT NULL,
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

-- What changed in a payment, or in what a source says of it, after it was first known. Changes are only added, and within one
-- run told as one step.
CREATE TABLE change (
	row_no INTEGER PRIMARY KEY,
	owner  INTEGER NOT NULL REFERENCES identity (row_no),
	at     INTEGER NOT NULL CHECK (at BETWEEN 946684800000000 AND 4102444800000000),
	source TEXT NOT NULL, -- '' where no source said it
	record TEXT NOT NULL, -- '' for the payment as a whole
	field  TEXT NOT NULL CHECK (field <> ''),
	before TEXT,
	after  TEXT
) STRICT;
CREATE INDEX change_owner ON change (owner, at, source, record, field);
CREATE INDEX change_at ON change (at);

-- Counts the records of a source without reading them.
CREATE INDEX source_record_source ON source_record (source) WHERE kind = 'payment';

ALTER TABLE progress ADD COLUMN rescanned_to INTEGER;
ALTER TABLE progress ADD COLUMN looked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE progress ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE progress ADD COLUMN rescanned_at INTEGER CHECK (rescanned_at BETWEEN 946684800000000 AND 4102444800000000);

ALTER TABLE quarantine ADD COLUMN id TEXT; -- the source's id of the row, if it has one
CREATE INDEX quarantine_id ON quarantine (source, id) WHERE id IS NOT NULL;

-- What providers looked up: bookkeeping, which may be lost.
CREATE TABLE cache (
	source TEXT NOT NULL,
	key    TEXT NOT NULL,
	value  BLOB NOT NULL,
	PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
