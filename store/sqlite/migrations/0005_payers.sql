-- +goose Up
-- Payments of one payer are matched together: they find each other by keys of their own.

ALTER TABLE payment ADD COLUMN payer_keys BLOB; -- its keys of kind 5 in block_key: sorted, 8 bytes each

-- Kinds: 1 payment, 2 twin, 5 payer (target payment.row_no), 3 lead, 4 call.
CREATE TABLE block_key_5 (
	key    INTEGER NOT NULL,
	kind   INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5),
	target INTEGER NOT NULL,
	PRIMARY KEY (key, kind, target)
) STRICT, WITHOUT ROWID;
INSERT INTO block_key_5 SELECT key, kind, target FROM block_key;
DROP TABLE block_key;
ALTER TABLE block_key_5 RENAME TO block_key;
