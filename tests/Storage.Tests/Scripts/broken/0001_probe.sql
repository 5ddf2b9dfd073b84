CREATE SCHEMA probe;
CREATE TABLE probe.note(text text);
GRANT USAGE ON SCHEMA probe TO ${audit_writer};
