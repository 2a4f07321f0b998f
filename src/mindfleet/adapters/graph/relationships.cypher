// (:Bot)-[:KNOWS {…}]->(:User): the numbers are set, never counted up; `revision` is as in facts.cypher.

// name: put
MERGE (bot:Bot {name: $bot_name})
MERGE (user:User {key: $owner})
SET user.bot_name = $bot_name, user.user_id = $user_id, user.name = $user_name,
    user.revision = coalesce(user.revision, 0) + 1
MERGE (bot)-[knows:KNOWS]->(user)
SET knows = $knows

// name: get
MATCH (:User {key: $owner})<-[knows:KNOWS]-(:Bot)
RETURN properties(knows) AS knows
