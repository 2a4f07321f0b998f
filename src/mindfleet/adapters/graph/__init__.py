"""Facts and relationships in a graph database that speaks Bolt: Neo4j, or the embedded stack's ArcadeDB."""
