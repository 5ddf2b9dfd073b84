-- Matters, documents, chunks, jobs, personal tokens. The ids are UUIDv7 made by the application.
CREATE SCHEMA rag;

CREATE TABLE rag.matter(
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
  purpose text NOT NULL CHECK (purpose <> ''),
  legal_basis text NOT NULL CHECK (legal_basis <> ''),
  retention_class text NOT NULL CHECK (retention_class <> ''),
  recording_level smallint NOT NULL CHECK (recording_level BETWEEN 0 AND 2),
  privileged boolean NOT NULL,
  created_at timestamptz NOT NULL);

-- person_id has no foreign key: accounts may come from another provider.
CREATE TABLE rag.matter_member(
  matter_id uuid NOT NULL REFERENCES rag.matter ON DELETE CASCADE,
  person_id uuid NOT NULL,
  role smallint NOT NULL CHECK (role BETWEEN 0 AND 2),
  PRIMARY KEY (matter_id, person_id));
CREATE INDEX matter_member_person ON rag.matter_member(person_id);

CREATE TABLE rag.matter_wall(
  matter_id uuid NOT NULL REFERENCES rag.matter ON DELETE CASCADE,
  person_id uuid NOT NULL,
  PRIMARY KEY (matter_id, person_id));
CREATE INDEX matter_wall_person ON rag.matter_wall(person_id);

-- A matter with documents cannot be deleted: their blobs and vectors have to go first.
CREATE TABLE rag.document(
  id uuid PRIMARY KEY,
  matter_id uuid NOT NULL REFERENCES rag.matter ON DELETE RESTRICT,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
  created_at timestamptz NOT NULL,
  deleting_at timestamptz,
  UNIQUE (id, matter_id));
CREATE UNIQUE INDEX document_name ON rag.document(matter_id, name) WHERE deleting_at IS NULL;
CREATE INDEX document_deleting ON rag.document(deleting_at) WHERE deleting_at IS NOT NULL;

-- matter_id is repeated for the access filter; the composite key keeps it equal to the document's.
CREATE TABLE rag.document_version(
  id uuid PRIMARY KEY,
  document_id uuid NOT NULL,
  matter_id uuid NOT NULL,
  number int NOT NULL CHECK (number > 0),
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
  media_type text NOT NULL,
  state smallint NOT NULL CHECK (state BETWEEN 0 AND 5),
  failure_reason text,
  language text,
  page_count int NOT NULL CHECK (page_count >= 0),
  chunk_count int NOT NULL CHECK (chunk_count >= 0),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  ready_at timestamptz,
  UNIQUE (document_id, number),
  FOREIGN KEY (document_id, matter_id) REFERENCES rag.document(id, matter_id) ON UPDATE CASCADE ON DELETE CASCADE);
CREATE INDEX document_version_matter ON rag.document_version(matter_id, state);

CREATE TABLE rag.chunk(
  version_id uuid NOT NULL REFERENCES rag.document_version ON DELETE CASCADE,
  ordinal int NOT NULL CHECK (ordinal >= 0),
  start int NOT NULL CHECK (start >= 0),
  length int NOT NULL CHECK (length > 0),
  page int NOT NULL CHECK (page > 0),
  heading_path text[] NOT NULL,
  language text NOT NULL,
  text text NOT NULL,
  sentence_starts int[] NOT NULL,
  sentence_lengths int[] NOT NULL,
  sentence_languages text[] NOT NULL,
  PRIMARY KEY (version_id, ordinal),
  CHECK (cardinality(sentence_starts) = cardinality(sentence_lengths) AND cardinality(sentence_starts) = cardinality(sentence_languages)));

-- A finished job is deleted; a row is waiting (lease_until null or past), leased, or dead (dead_at).
CREATE TABLE rag.job(
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind <> ''),
  document_version_id uuid REFERENCES rag.document_version ON DELETE CASCADE,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  available_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  lease_owner text,
  lease_until timestamptz,
  last_error text,
  dead_at timestamptz,
  CHECK ((lease_owner IS NULL) = (lease_until IS NULL)));
CREATE INDEX job_next ON rag.job(available_at, id) WHERE dead_at IS NULL;
CREATE INDEX job_version ON rag.job(document_version_id);

CREATE TABLE rag.personal_token(
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz);
CREATE INDEX personal_token_person ON rag.personal_token(person_id);

GRANT USAGE ON SCHEMA rag TO ${rag_app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rag TO ${rag_app};
