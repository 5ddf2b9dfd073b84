CREATE SCHEMA probe AUTHORIZATION ${audit_owner};
SET LOCAL ROLE ${audit_owner};
CREATE TABLE probe.note(text text);
GRANT USAGE ON SCHEMA probe TO ${audit_writer};
