-- +goose Up
-- What settlement is made of: the lines of the processors' own ledgers, and what they paid out.

-- An entry has no owner: it keeps its keys, and its payment is whichever has the first of them now.
CREATE TABLE entry (
	row_no          INTEGER PRIMARY KEY,
	provider        TEXT NOT NULL,
	id              TEXT NOT NULL CHECK (id <> ''),
	key_id          TEXT, -- the id of the first key; NULL: it belongs to no payment
	source          TEXT NOT NULL,
	export          INTEGER NOT NULL CHECK (export IN (0, 1)),
	keys            TEXT, -- JSON
	kind            TEXT NOT NULL CHECK (kind IN ('charge', 'charge_failure', 'refund', 'refund_failure', 'dispute',
		'dispute_reversal', 'fee', 'payout', 'payout_reversal', 'other')),
	category        TEXT, -- the provider's own word
	about           TEXT,
	currency        TEXT NOT NULL CHECK (length(currency) = 3),
	gross           INTEGER NOT NULL,
	fee             INTEGER NOT NULL,
	net             INTEGER NOT NULL,
	facing_amount   INTEGER,
	facing_currency TEXT CHECK (length(facing_currency) = 3),
	payout_id       TEXT CHECK (payout_id <> ''),
	description     TEXT,
	created_at      INTEGER CHECK (created_at >= 0),
	available_on    INTEGER CHECK (available_on >= 0),
	UNIQUE (id, provider),
	CHECK (net = gross - fee),
	CHECK ((key_id IS NULL) = (keys IS NULL)),
	CHECK ((facing_amount IS NULL) = (facing_currency IS NULL))
) STRICT;
CREATE INDEX entry_key ON entry (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX entry_order ON entry (created_at, source, id, provider);

CREATE TABLE payout (
	row_no          INTEGER PRIMARY KEY,
	provider        TEXT NOT NULL,
	id              TEXT NOT NULL CHECK (id <> ''),
	status          TEXT NOT NULL CHECK (status IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
	source          TEXT NOT NULL,
	export          INTEGER NOT NULL CHECK (export IN (0, 1)),
	amount          INTEGER NOT NULL, -- below zero where the bank was debited
	currency        TEXT NOT NULL CHECK (length(currency) = 3),
	provider_status TEXT,
	automatic       INTEGER NOT NULL CHECK (automatic IN (0, 1)),
	itemised        INTEGER NOT NULL CHECK (itemised IN (0, 1)),
	description     TEXT,
	created_at      INTEGER CHECK (created_at >= 0),
	arrives_on      INTEGER CHECK (arrives_on >= 0),
	open            INTEGER NOT NULL CHECK (open IN (0, 1)),
	UNIQUE (id, provider)
) STRICT;
CREATE INDEX payout_open ON payout (source, id) WHERE open = 1;
