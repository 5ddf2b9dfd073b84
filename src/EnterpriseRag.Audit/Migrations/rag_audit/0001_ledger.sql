-- The ledger (docs/design/ledger.md). Every object belongs to audit_owner, which cannot log in. What the writer may not do with plain
-- rights it does through functions that check the invariant. Triggers are guard rails (ENABLE ALWAYS: session_replication_role does not
-- skip them); the owner and a superuser can still disable them, and detection is the tree's business.
CREATE SCHEMA audit AUTHORIZATION ${audit_owner};
SET LOCAL ROLE ${audit_owner};

CREATE TABLE audit.log(
  log_id smallint PRIMARY KEY CHECK (log_id > 0),
  name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9./_-]{0,199}$'),
  created_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE audit.leaf(
  log_id smallint NOT NULL,
  seq bigint NOT NULL CHECK (seq >= 0),
  rid uuid NOT NULL,
  of_rid uuid,
  type smallint NOT NULL,
  t timestamptz NOT NULL,
  leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  core bytea NOT NULL CHECK (octet_length(core) BETWEEN 2 AND 65535),
  PRIMARY KEY (log_id, seq)) PARTITION BY LIST (log_id); -- one partition per shard
CREATE UNIQUE INDEX leaf_rid ON audit.leaf(log_id, rid);
CREATE UNIQUE INDEX leaf_terminal ON audit.leaf(log_id, of_rid) WHERE type IN (20, 21, 22); -- one response, abort or refusal per request
CREATE INDEX leaf_of ON audit.leaf(log_id, of_rid) WHERE of_rid IS NOT NULL;
ALTER TABLE audit.leaf ALTER COLUMN core SET STORAGE EXTENDED;

CREATE TABLE audit.sealed(
  log_id smallint NOT NULL,
  rid uuid NOT NULL,
  seg text NOT NULL,
  subject_ref bytea NOT NULL CHECK (octet_length(subject_ref) = 16),
  sdk_id uuid NOT NULL,
  wrapped_cek bytea NOT NULL,
  nonce bytea NOT NULL,
  ct bytea, -- null: recorded as commitment only (level hash), or erased
  erased_by uuid,
  PRIMARY KEY (log_id, rid, seg));
ALTER TABLE audit.sealed ALTER COLUMN ct SET STORAGE EXTERNAL; -- ciphertext does not compress

CREATE TABLE audit.head(
  log_id smallint PRIMARY KEY REFERENCES audit.log,
  size bigint NOT NULL CHECK (size >= 0),
  frontier bytea NOT NULL,
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  last_t timestamptz NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0)
  WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0); -- one row, updated by every batch: keep it HOT

CREATE TABLE audit.tile(
  log_id smallint NOT NULL,
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
  idx bigint NOT NULL CHECK (idx >= 0),
  hashes bytea NOT NULL CHECK (octet_length(hashes) <= 8192 AND octet_length(hashes) % 32 = 0),
  PRIMARY KEY (log_id, level, idx));
ALTER TABLE audit.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Filled by a later issue: signed checkpoints, witness signatures, receipts of anchors.
CREATE TABLE audit.checkpoint(log_id smallint NOT NULL, size bigint NOT NULL, note bytea NOT NULL, PRIMARY KEY (log_id, size));
CREATE TABLE audit.cosig(log_id smallint NOT NULL, size bigint NOT NULL, witness text NOT NULL, line bytea NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (log_id, size, witness));
CREATE TABLE audit.anchor_receipt(log_id smallint NOT NULL, size bigint NOT NULL, kind text NOT NULL, ref text NOT NULL, at timestamptz NOT NULL, ok boolean NOT NULL);

CREATE TABLE audit.open_request(
  rid uuid PRIMARY KEY,
  log_id smallint NOT NULL REFERENCES audit.log,
  seq bigint NOT NULL,
  end_rid uuid NOT NULL UNIQUE, -- name of the terminal leaf, fixed when the request opens: the response key is bound to it
  node text NOT NULL,
  lease timestamptz NOT NULL,
  subject_ref bytea NOT NULL CHECK (octet_length(subject_ref) = 16),
  sdk_id uuid NOT NULL,
  wrapped_cek bytea NOT NULL); -- of the response segment
CREATE INDEX open_request_lease ON audit.open_request(lease);

CREATE TABLE audit.spool(
  rid uuid NOT NULL,
  k int NOT NULL CHECK (k >= 0),
  nonce bytea NOT NULL,
  ct bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (rid, k));
ALTER TABLE audit.spool ALTER COLUMN ct SET STORAGE EXTERNAL;

-- Guard rails ------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit.% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit.refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'head' AND NEW.log_id = OLD.log_id AND NEW.size >= OLD.size AND NEW.last_t >= OLD.last_t AND NEW.version > OLD.version THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit.% only grows', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.log_id = OLD.log_id AND NEW.level = OLD.level AND NEW.idx = OLD.idx
     AND substring(NEW.hashes FROM 1 FOR octet_length(OLD.hashes)) = OLD.hashes THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit.tile only grows' USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['log', 'leaf', 'sealed', 'checkpoint', 'cosig', 'anchor_receipt'] LOOP
    EXECUTE format('CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON audit.%I FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()', t);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_change', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['head', 'tile'] LOOP
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON audit.%I FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()', t);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_delete', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['log', 'leaf', 'sealed', 'head', 'tile', 'checkpoint', 'cosig', 'anchor_receipt', 'open_request', 'spool'] LOOP
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', t);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_truncate', t);
  END LOOP;
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE ON audit.head FOR EACH ROW EXECUTE FUNCTION audit.refuse_shrinking();
ALTER TABLE audit.head ENABLE ALWAYS TRIGGER only_grows;
CREATE TRIGGER only_grows BEFORE UPDATE ON audit.tile FOR EACH ROW EXECUTE FUNCTION audit.refuse_rewriting();
ALTER TABLE audit.tile ENABLE ALWAYS TRIGGER only_grows;

-- The writer's functions -------------------------------------------------------------------------------------------------------------

-- Finds or makes a shard with its partition and empty head. Any number of nodes may call it at once.
CREATE FUNCTION audit.open_log(p_name text) RETURNS smallint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  id smallint;
  part text;
BEGIN
  SELECT log_id INTO id FROM audit.log WHERE name = p_name;
  IF FOUND THEN
    RETURN id;
  END IF;
  PERFORM pg_advisory_xact_lock(x'5241474c4f47'::bigint); -- "RAGLOG"
  SELECT log_id INTO id FROM audit.log WHERE name = p_name;
  IF FOUND THEN
    RETURN id;
  END IF;
  SELECT coalesce(max(log_id), 0) + 1 INTO id FROM audit.log;
  INSERT INTO audit.log(log_id, name) VALUES (id, p_name);
  part := 'leaf_' || id;
  EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.leaf FOR VALUES IN (%s)', part, id);
  EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_change', part);
  EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', part);
  EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_truncate', part);
  EXECUTE format('REVOKE ALL ON audit.%I FROM PUBLIC', part);
  INSERT INTO audit.head(log_id, size, frontier, root, last_t) VALUES (id, 0, ''::bytea, sha256(''::bytea), '-infinity');
  RETURN id;
END $$;

-- The row lock is held to commit: the order of the log is the order of commits, and sequence numbers have no gaps.
CREATE FUNCTION audit.lock_head(p_log smallint, OUT size bigint, OUT frontier bytea, OUT root bytea, OUT last_t timestamptz, OUT fence bigint, OUT version bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT size, frontier, root, last_t, fence, version FROM audit.head WHERE log_id = p_log FOR UPDATE;
$$;

CREATE FUNCTION audit.advance_head(p_log smallint, p_version bigint, p_size bigint, p_frontier bytea, p_root bytea, p_last_t timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE audit.head SET size = p_size, frontier = p_frontier, root = p_root, last_t = p_last_t, version = version + 1
   WHERE log_id = p_log AND version = p_version AND size < p_size AND last_t <= p_last_t;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the head of log % is not at version %', p_log, p_version;
  END IF;
END $$;

-- Appends hashes to a tile; p_at is the number of hashes that it must hold before.
CREATE FUNCTION audit.append_tile(p_log smallint, p_level smallint, p_idx bigint, p_at int, p_hashes bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF p_at = 0 THEN
    INSERT INTO audit.tile(log_id, level, idx, hashes) VALUES (p_log, p_level, p_idx, p_hashes);
    RETURN;
  END IF;
  UPDATE audit.tile SET hashes = hashes || p_hashes
   WHERE log_id = p_log AND level = p_level AND idx = p_idx AND octet_length(hashes) = p_at * 32;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'tile %/%/% does not hold % hashes', p_log, p_level, p_idx, p_at;
  END IF;
END $$;

-- Spool and open_request rows may go only when their request has its terminal leaf.
CREATE FUNCTION audit.close_requests(p_log smallint, p_rids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF (SELECT count(*) FROM audit.leaf WHERE log_id = p_log AND of_rid = ANY (p_rids) AND type IN (20, 21, 22)) <> cardinality(p_rids) THEN
    RAISE EXCEPTION 'a request without terminal leaf cannot be closed';
  END IF;
  DELETE FROM audit.spool WHERE rid = ANY (p_rids);
  DELETE FROM audit.open_request WHERE rid = ANY (p_rids);
END $$;

-- The verifier sees that a ciphertext is there and is the one that was recorded, not the ciphertext.
CREATE VIEW audit.sealed_digest AS
  SELECT log_id, rid, seg, sha256(nonce || ct) AS h, ct IS NULL AS hollow, erased_by FROM audit.sealed;

-- Rights -----------------------------------------------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA audit REVOKE ALL ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO ${audit_writer}, ${audit_verifier};

GRANT SELECT, INSERT ON audit.leaf TO ${audit_writer};
GRANT INSERT ON audit.sealed TO ${audit_writer};
GRANT SELECT ON audit.log, audit.head, audit.tile TO ${audit_writer};
GRANT SELECT, INSERT ON audit.open_request TO ${audit_writer};
GRANT UPDATE (node, lease) ON audit.open_request TO ${audit_writer};
GRANT SELECT, INSERT ON audit.spool TO ${audit_writer};
GRANT EXECUTE ON FUNCTION audit.open_log(text), audit.lock_head(smallint), audit.advance_head(smallint, bigint, bigint, bytea, bytea, timestamptz),
  audit.append_tile(smallint, smallint, bigint, int, bytea), audit.close_requests(smallint, uuid[]) TO ${audit_writer};

GRANT SELECT ON audit.log, audit.leaf, audit.head, audit.tile, audit.checkpoint, audit.cosig, audit.anchor_receipt, audit.sealed_digest TO ${audit_verifier};
GRANT SELECT (rid, log_id, seq, lease) ON audit.open_request TO ${audit_verifier};

RESET ROLE;
