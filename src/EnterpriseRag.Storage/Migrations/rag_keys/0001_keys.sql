-- Wrapped data keys (ledger.md 2.9, 2.14). The hold and restriction tables come with the erasure issue.
CREATE SCHEMA keys;

-- KEK versions; the key itself is never here, only a check value that tells a wrong key from a damaged row.
CREATE TABLE keys.kek(
  v int PRIMARY KEY CHECK (v > 0),
  state text NOT NULL CHECK (state IN ('active', 'retired', 'destroyed')),
  check_value bytea NOT NULL CHECK (octet_length(check_value) = 32),
  created_at timestamptz NOT NULL,
  destroyed_at timestamptz,
  evidence text,
  CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL)));
CREATE UNIQUE INDEX kek_active ON keys.kek((true)) WHERE state = 'active';

CREATE TABLE keys.sdk(
  sdk_id uuid PRIMARY KEY,
  tenant text NOT NULL CHECK (tenant <> ''),
  subject_ref bytea NOT NULL CHECK (octet_length(subject_ref) BETWEEN 1 AND 64),
  month text NOT NULL CHECK (month ~ '^([0-9]{4}-(0[1-9]|1[0-2])|-)$'),
  class text NOT NULL CHECK (class <> ''),
  wrapped bytea NOT NULL,
  kek_v int NOT NULL REFERENCES keys.kek,
  row_v int NOT NULL CHECK (row_v > 0),
  created_at timestamptz NOT NULL,
  UNIQUE (tenant, subject_ref, month, class));
CREATE INDEX sdk_expiry ON keys.sdk(class, month);

GRANT USAGE ON SCHEMA keys TO ${keys_broker};
GRANT SELECT, INSERT, UPDATE ON keys.kek TO ${keys_broker};
GRANT SELECT, INSERT, UPDATE, DELETE ON keys.sdk TO ${keys_broker};

-- The identity vault: a schema that the key broker cannot see and whose role sees no key. Its tables are the ledger's.
CREATE SCHEMA vault;
GRANT USAGE ON SCHEMA vault TO ${identity_vault};
