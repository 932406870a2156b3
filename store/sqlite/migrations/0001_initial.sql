-- +goose Up
-- Rules of this schema. Unknown is NULL, never 0 or ''. Times are UTC microseconds; a provider's own times
-- are kept from 1970 on, ours must lie in 2000..2100. Money is minor units beside a currency. A payment's
-- children refer to it by the integer row_no of its identity, so that no random text repeats in them.

PRAGMA application_id = 1346719321; -- "PENY"

-- An identity is the one money that any number of keys name. It is a payment once payment has its row.
CREATE TABLE identity (
	row_no INTEGER PRIMARY KEY AUTOINCREMENT -- never given twice, so that a page of rows skips nothing
) STRICT;

-- The id leads, so that a payment is found by pi_… alone.
CREATE TABLE identity_key (
	id       TEXT NOT NULL CHECK (id <> ''),
	provider TEXT NOT NULL,
	account  TEXT NOT NULL, -- '' where the provider's ids are unique by themselves
	owner    INTEGER NOT NULL REFERENCES identity (row_no),
	PRIMARY KEY (id, provider, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_key_owner ON identity_key (owner);

CREATE TABLE source_record (
	row_no   INTEGER PRIMARY KEY,
	source   TEXT NOT NULL,
	provider TEXT NOT NULL,
	id       TEXT NOT NULL,
	owner    INTEGER NOT NULL REFERENCES identity (row_no),
	kind     TEXT NOT NULL CHECK (kind IN ('payment', 'detail')),
	open     INTEGER NOT NULL CHECK (open IN (0, 1)),
	content  TEXT NOT NULL, -- JSON, compared byte by byte
	UNIQUE (id, provider, source)
) STRICT;
CREATE INDEX source_record_owner ON source_record (owner);
CREATE INDEX source_record_open ON source_record (source, kind, id) WHERE open = 1;

CREATE TABLE refund (
	row_no          INTEGER PRIMARY KEY,
	provider        TEXT NOT NULL,
	id              TEXT NOT NULL,
	owner           INTEGER REFERENCES identity (row_no), -- NULL: an orphan without keys
	source          TEXT NOT NULL,
	export          INTEGER NOT NULL CHECK (export IN (0, 1)),
	keys            TEXT,
	amount          INTEGER NOT NULL CHECK (amount >= 0),
	currency        TEXT NOT NULL CHECK (length(currency) = 3),
	status          TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'canceled')),
	provider_status TEXT,
	reason          TEXT,
	created_at      INTEGER CHECK (created_at >= 0),
	open            INTEGER NOT NULL CHECK (open IN (0, 1)),
	UNIQUE (id, provider)
) STRICT;
CREATE INDEX refund_owner ON refund (owner);
CREATE INDEX refund_open ON refund (source, id) WHERE open = 1;

CREATE TABLE dispute (
	row_no          INTEGER PRIMARY KEY,
	provider        TEXT NOT NULL,
	id              TEXT NOT NULL,
	owner           INTEGER REFERENCES identity (row_no),
	source          TEXT NOT NULL,
	export          INTEGER NOT NULL CHECK (export IN (0, 1)),
	keys            TEXT,
	amount          INTEGER NOT NULL CHECK (amount >= 0),
	currency        TEXT NOT NULL CHECK (length(currency) = 3),
	status          TEXT NOT NULL CHECK (status IN ('none', 'open', 'won', 'lost')),
	inquiry         INTEGER NOT NULL CHECK (inquiry IN (0, 1)),
	provider_status TEXT,
	reason          TEXT,
	created_at      INTEGER CHECK (created_at >= 0),
	open            INTEGER NOT NULL CHECK (open IN (0, 1)),
	UNIQUE (id, provider)
) STRICT;
CREATE INDEX dispute_owner ON dispute (owner);
CREATE INDEX dispute_open ON dispute (source, id) WHERE open = 1;

-- The fold of an identity's records. Attribution is in outcome, which is written later and more often.
CREATE TABLE payment (
	row_no                 INTEGER PRIMARY KEY REFERENCES identity (row_no),
	id                     TEXT NOT NULL UNIQUE CHECK (id <> ''),
	source                 TEXT NOT NULL CHECK (source <> ''),
	status                 TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'refunded')),
	role                   TEXT NOT NULL CHECK (role IN ('manual', 'processor', 'book')),
	payment_date           INTEGER CHECK (payment_date >= 0),
	amount                 INTEGER NOT NULL CHECK (amount >= 0),
	currency               TEXT NOT NULL CHECK (length(currency) = 3),
	captured_amount        INTEGER CHECK (captured_amount >= 0),
	refunded_amount        INTEGER CHECK (refunded_amount >= 0),
	disputed_amount        INTEGER CHECK (disputed_amount >= 0),
	fee                    INTEGER, -- below zero where a fee was given back
	net                    INTEGER,
	settlement_currency    TEXT CHECK (length(settlement_currency) = 3),
	organization_id        TEXT,
	provider               TEXT NOT NULL,
	provider_payment_id    TEXT,
	customer_email         TEXT,
	customer_name          TEXT,
	created_at             INTEGER CHECK (created_at >= 0),
	stripe_charge_id       TEXT,
	stripe_customer_id     TEXT,
	stripe_subscription_id TEXT,
	stripe_product_id      TEXT,
	refund_status          TEXT CHECK (refund_status IN ('none', 'pending', 'partial', 'full', 'failed')),
	refunded_at            INTEGER CHECK (refunded_at >= 0),
	refund_id              TEXT,
	refund_reason          TEXT,
	dispute_status         TEXT CHECK (dispute_status IN ('none', 'open', 'won', 'lost')),
	provider_status        TEXT,
	payout_id              TEXT,
	payer                  TEXT, -- JSON
	block_keys             BLOB, -- its keys in block_key: sorted, 8 bytes each
	twin_keys              BLOB,
	CHECK ((fee IS NULL AND net IS NULL) = (settlement_currency IS NULL))
) STRICT;
CREATE INDEX payment_date ON payment (payment_date, id);

-- Public ids that payments had before: merged away, or changed by a better record.
CREATE TABLE payment_merge (
	id    TEXT PRIMARY KEY,
	owner INTEGER NOT NULL REFERENCES identity (row_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_merge_owner ON payment_merge (owner);

CREATE TABLE outcome (
	owner        INTEGER PRIMARY KEY REFERENCES payment (row_no),
	match_state  TEXT CHECK (match_state IN ('auto', 'suggested', 'ambiguous', 'unmatched', 'manual')),
	lead_id      TEXT,
	call_id      TEXT,
	product_id   TEXT,
	matched_by   TEXT,
	confidence   INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 10000),
	margin       INTEGER NOT NULL CHECK (margin BETWEEN 0 AND 10000),
	cut          INTEGER NOT NULL CHECK (cut >= 0),
	verification TEXT CHECK (verification IN ('unverified', 'needs_review', 'confirmed', 'rejected')),
	verified_at  INTEGER CHECK (verified_at BETWEEN 946684800000000 AND 4102444800000000),
	candidates   TEXT -- JSON, with their evidence
) STRICT;
CREATE INDEX outcome_lead ON outcome (lead_id) WHERE lead_id IS NOT NULL;

-- Payments that must be matched and verified again.
CREATE TABLE due (
	row_no INTEGER PRIMARY KEY REFERENCES payment (row_no)
) STRICT;

-- Who is worth comparing with whom. Kinds: 1 payment, 2 twin (target payment.row_no), 3 lead, 4 call.
CREATE TABLE block_key (
	key    INTEGER NOT NULL,
	kind   INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
	target INTEGER NOT NULL,
	PRIMARY KEY (key, kind, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE exception (
	row_no      INTEGER PRIMARY KEY,
	owner       INTEGER REFERENCES identity (row_no), -- NULL: about no payment
	code        TEXT NOT NULL CHECK (code <> ''),
	subject     TEXT NOT NULL, -- '' for the payment itself
	severity    TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
	expected    TEXT,
	actual      TEXT,
	detail      TEXT,
	opened_at   INTEGER NOT NULL CHECK (opened_at BETWEEN 946684800000000 AND 4102444800000000),
	resolved_at INTEGER CHECK (resolved_at BETWEEN 946684800000000 AND 4102444800000000)
) STRICT;
CREATE INDEX exception_owner ON exception (owner, code, subject);
CREATE UNIQUE INDEX exception_open ON exception (coalesce(owner, 0), code, subject) WHERE resolved_at IS NULL;

CREATE TABLE decision (
	row_no     INTEGER PRIMARY KEY,
	owner      INTEGER NOT NULL REFERENCES identity (row_no),
	lead_id    TEXT,
	call_id    TEXT,
	product_id TEXT,
	none       INTEGER NOT NULL CHECK (none IN (0, 1)),
	undo       INTEGER NOT NULL CHECK (undo IN (0, 1)),
	reason     TEXT,
	made_by    TEXT,
	made_at    INTEGER NOT NULL CHECK (made_at BETWEEN 946684800000000 AND 4102444800000000)
) STRICT;
CREATE INDEX decision_owner ON decision (owner);

-- A person's word is only ever added to. Only its owner may change, when two payments turn out to be one.
-- +goose StatementBegin
CREATE TRIGGER decision_keeps
BEFORE UPDATE OF row_no, lead_id, call_id, product_id, none, undo, reason, made_by, made_at ON decision
BEGIN
	SELECT RAISE(ABORT, 'a decision cannot be changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER decision_stays BEFORE DELETE ON decision
BEGIN
	SELECT RAISE(ABORT, 'a decision cannot be removed');
END;
-- +goose StatementEnd

CREATE TABLE quarantine (
	row_no INTEGER PRIMARY KEY,
	digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256 of the rest
	source TEXT NOT NULL,
	file   TEXT,
	line   INTEGER NOT NULL CHECK (line >= 0),
	field  TEXT,
	reason TEXT,
	raw    BLOB CHECK (length(raw) <= 65536)
) STRICT;

CREATE TABLE lead (
	row_no     INTEGER PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE CHECK (id <> ''),
	source     TEXT NOT NULL,
	content    TEXT NOT NULL, -- JSON
	block_keys BLOB
) STRICT;

-- lead_id names a lead that may not have come yet, hence no foreign key.
CREATE TABLE call (
	row_no     INTEGER PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE CHECK (id <> ''),
	source     TEXT NOT NULL,
	lead_id    TEXT,
	content    TEXT NOT NULL, -- JSON
	block_keys BLOB
) STRICT;
CREATE INDEX call_lead ON call (lead_id);

CREATE TABLE product (
	id      TEXT PRIMARY KEY CHECK (id <> ''),
	source  TEXT NOT NULL,
	content TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

-- From here on: bookkeeping, not data.

CREATE TABLE progress (
	source         TEXT PRIMARY KEY,
	cursor         TEXT,
	complete       INTEGER NOT NULL CHECK (complete IN (0, 1)),
	covers_from    INTEGER,
	covers_through INTEGER,
	completed_at   INTEGER CHECK (completed_at BETWEEN 946684800000000 AND 4102444800000000),
	error          TEXT,
	providers      TEXT -- JSON: whose payments the source has ever spoken of
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
	id         TEXT PRIMARY KEY CHECK (id <> ''),
	started_at INTEGER NOT NULL CHECK (started_at BETWEEN 946684800000000 AND 4102444800000000),
	content    TEXT NOT NULL -- JSON
) STRICT;
CREATE INDEX run_started ON run (started_at, id);

CREATE TABLE policy (
	one         INTEGER PRIMARY KEY CHECK (one = 1),
	fingerprint TEXT NOT NULL
) STRICT;

CREATE TABLE lease (
	one        INTEGER PRIMARY KEY CHECK (one = 1),
	owner      TEXT, -- NULL: free
	fencing    INTEGER NOT NULL, -- grows with every new holder
	expires_at INTEGER CHECK (expires_at BETWEEN 946684800000000 AND 4102444800000000)
) STRICT;
INSERT INTO lease (one, fencing) VALUES (1, 0);

CREATE TABLE job_slot (
	job     TEXT NOT NULL,
	key     TEXT NOT NULL,
	state   TEXT NOT NULL CHECK (state IN ('running', 'success', 'failed', 'missed')),
	due_at  INTEGER NOT NULL CHECK (due_at BETWEEN 946684800000000 AND 4102444800000000),
	done_at INTEGER CHECK (done_at BETWEEN 946684800000000 AND 4102444800000000),
	note    TEXT,
	PRIMARY KEY (job, key),
	CHECK ((state = 'running') = (done_at IS NULL))
) STRICT, WITHOUT ROWID;
