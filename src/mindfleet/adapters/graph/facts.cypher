// (:User)-[:WORKS_AT {…}]->(:Entity) and (:Entity)-[:HAS_APPEARANCE {…}]->(:Entity): an edge is a fact.
// A user is the user of one bot. Entities belong to a user, by the user's key (`owner`).
// SUBJECT stands for User and Entity, PREDICATE for every member of the vocabulary and for RELATED_TO:
// when this file is loaded, one statement is made for each.
// Writers of a user count up `revision`: so they queue up (Neo4j), or all but one of them fail and run again (ArcadeDB).

// name: meet_user
MERGE (user:User {key: $owner})
SET user.bot_name = $bot_name, user.user_id = $user_id, user.name = $user_name,
    user.revision = coalesce(user.revision, 0) + 1

// name: hold_user
MATCH (user:User {key: $owner})
SET user.revision = coalesce(user.revision, 0) + 1

// name: put_PREDICATE_of_SUBJECT
UNWIND $facts AS fact
MERGE (subject:SUBJECT {key: $subject_key})
ON CREATE SET subject.owner = $owner, subject.bot_name = $bot_name, subject.user_id = $user_id, subject.name = $subject
MERGE (object:Entity {key: fact.object_key})
ON CREATE SET object.owner = $owner, object.bot_name = $bot_name, object.user_id = $user_id
SET object.name = fact.edge.object
MERGE (subject)-[edge:PREDICATE {id: fact.edge.id}]->(object)
SET edge = fact.edge

// name: drop_of_SUBJECT
MATCH (:SUBJECT {key: $subject_key})-[edge]->(object:Entity)
WHERE edge.slot = $slot AND edge.predicate = $predicate AND NOT edge.id IN $kept
WITH edge, properties(edge) AS fact, object.key AS object_key
DELETE edge
RETURN fact, object_key

// name: drop_lonely
UNWIND $keys AS key
MATCH (entity:Entity {key: key})
WHERE NOT EXISTS { (entity)--() }
DELETE entity

// name: about
UNWIND $owners AS owner
MATCH (:Entity {owner: owner})<-[edge]-()
WHERE $as_of IS NULL OR (edge.valid_from <= $as_of AND (edge.valid_to IS NULL OR $as_of < edge.valid_to))
RETURN properties(edge) AS fact

// name: count
MATCH (:Entity {owner: $owner})<-[edge]-()
RETURN count(edge) AS facts

// name: forget_entities
MATCH (entity:Entity {owner: $owner})
DETACH DELETE entity

// name: forget_user
MATCH (user:User {key: $owner})
DETACH DELETE user
