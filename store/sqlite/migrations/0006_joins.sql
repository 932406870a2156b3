-- +goose Up
-- Claims that share no id with a payment of a processor, and which payment they are.

-- What is thought of a claim, by its leading record. Where the state is sure, the record is at that payment.
CREATE TABLE claim_join (
	id         TEXT NOT NULL, -- of the record
	provider   TEXT NOT NULL,
	source     TEXT NOT NULL,
	amount     INTEGER NOT NULL CHECK (amount >= 0), -- claimed
	currency   TEXT NOT NULL CHECK (length(currency) = 3),
	state      TEXT NOT NULL CHECK (state IN ('sure', 'likely', 'tied', 'crowded', 'split', 'part', 'short', 'unclear')),
	payment    TEXT, -- public id
	confidence INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 10000),
	margin     INTEGER NOT NULL CHECK (margin BETWEEN 0 AND 10000),
	evidence   TEXT, -- JSON
	others     TEXT, -- JSON: public ids
	sum        INTEGER, -- of the others
	PRIMARY KEY (id, provider, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_join_amount ON claim_join (amount, currency);

-- Amounts that a payment had and has no more: what is thought of other claims may be another without it.
CREATE TABLE unjoined (
	amount   INTEGER NOT NULL,
	currency TEXT NOT NULL,
	PRIMARY KEY (amount, currency)
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_claimed ON payment (amount, currency, payment_date) WHERE role = 'book';
CREATE INDEX payment_taken ON payment (amount, currency, payment_date) WHERE role = 'processor';
