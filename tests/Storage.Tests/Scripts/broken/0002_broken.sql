CREATE TABLE probe.half(i int);
INSERT INTO probe.nowhere VALUES (1);
