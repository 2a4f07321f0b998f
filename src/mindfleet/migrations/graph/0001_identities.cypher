// Every node has one identity; MERGE relies on it.
CREATE CONSTRAINT user_identity IF NOT EXISTS FOR (u:User) REQUIRE u.key IS UNIQUE;
CREATE CONSTRAINT entity_identity IF NOT EXISTS FOR (e:Entity) REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT bot_identity IF NOT EXISTS FOR (b:Bot) REQUIRE b.name IS UNIQUE;

// The facts of a user are found by whose entities they point at.
CREATE INDEX entity_owner IF NOT EXISTS FOR (e:Entity) ON (e.owner);
