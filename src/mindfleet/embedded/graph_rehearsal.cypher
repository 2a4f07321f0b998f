CREATE CONSTRAINT probe_key IF NOT EXISTS FOR (probe:Probe) REQUIRE (probe.key) IS UNIQUE;
CREATE INDEX probe_name IF NOT EXISTS FOR (probe:Probe) ON (probe.name);
UNWIND range(1, 20) AS number
MERGE (probe:Probe {key: 'key ' + toString(number)})
  ON CREATE SET probe.name = 'first', probe.made_at = datetime()
  ON MATCH SET probe.seen = coalesce(probe.seen, 0) + 1;
MATCH (one:Probe {key: 'key 1'}), (other:Probe {key: 'key 2'})
MERGE (one)-[knows:KNOWS_PROBE]->(other)
  SET knows.confidence = 0.5, knows.sources = ['a', 'b']
RETURN knows;
MATCH (one:Probe)-[knows:KNOWS_PROBE]->(other:Probe)
WHERE knows.confidence > 0.1 AND knows.ended_at IS NULL
RETURN one.key, type(knows), properties(knows), collect(other.key) ORDER BY one.key LIMIT 10;
MATCH (probe:Probe {key: 'key 3'}) DETACH DELETE probe
