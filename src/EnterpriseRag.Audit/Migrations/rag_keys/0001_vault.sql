-- Identity vault (ledger.md 2.9, 2.11): which random pseudonym stands for which person in which month. Only identity_vault may look;
-- deleting a pseudonym row makes the ledger's cores of that month anonymous.
CREATE TABLE vault.person(
  person_id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE vault.pseudonym(
  p bytea PRIMARY KEY CHECK (octet_length(p) = 16),
  person_id uuid NOT NULL REFERENCES vault.person,
  epoch text NOT NULL CHECK (epoch ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  UNIQUE (person_id, epoch));

GRANT SELECT, INSERT ON vault.person, vault.pseudonym TO ${identity_vault};
GRANT DELETE ON vault.pseudonym TO ${identity_vault};
