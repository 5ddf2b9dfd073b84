CREATE TABLE probe.more(i int);
