"""Bad answers of models to "read this transcript", as they come, and what of each must be kept.

Each was made up after a failure that models really show. `BAD_ANSWERS` can be judged with the transcript and the schema
alone; `SUBTLE_ANSWERS` use the words of the message and still say what it does not: worth measuring, hard to refuse.
"""

import json

from tests.data.answer_parts import (
    AALBORG,
    BAKERY,
    BUDGIE,
    CORRECTION,
    COUNT,
    HUNGARIAN,
    INJECTION,
    KARLA,
    LUKA,
    MARIBOR,
    OPERA,
    PAVO,
    RADIO,
    SMALL_TALK,
    TWENTY_NINE,
    TWO_USERS,
    BadAnswer,
    Transcript,
    Triple,
    Why,
    aalborg,
    answer,
    bakery,
    budgie,
    count,
    fact,
    half_marathon,
    hungarian,
    karla,
    luka,
    maribor,
    one_sentence,
    opera,
    pavo,
    radio,
    spoons,
    twenty_nine,
)

WHOLE = answer(maribor, radio)
FOUR = answer(luka, maribor, radio, hungarian)
A_REVIEW = "a balanced life of technical work, gardening and languages, which shows patience and humour"
ZAGREB = fact(("user", "COMES_FROM", "Zagreb"), "m3", "you come from Zagreb")


def two(name: str, why: Why, raw: str, *keeps: Triple) -> BadAnswer:
    return BadAnswer(name=name, transcript=TWO_USERS, raw=raw, why=why, keeps=keeps)


def told(name: str, raw: str, *keeps: Triple) -> BadAnswer:
    return BadAnswer(name=name, transcript=INJECTION, raw=raw, why="instruction_obeyed", keeps=keeps)


def idle(name: str, why: Why, raw: str, *keeps: Triple) -> BadAnswer:
    return BadAnswer(name=name, transcript=SMALL_TALK, raw=raw, why=why, keeps=keeps)


def corrected(name: str, why: Why, raw: str, *keeps: Triple) -> BadAnswer:
    return BadAnswer(name=name, transcript=CORRECTION, raw=raw, why=why, keeps=keeps)


def unreadable(name: str, why: Why, raw: str, *, of: Transcript = TWO_USERS, cut: bool = False) -> BadAnswer:
    return BadAnswer(name=name, transcript=of, raw=raw, why=why, readable=False, cut=cut)


# One answer reads best as one entry of a table.
# fmt: off
AROUND = (
    two("fenced", "prose_around_json", f"```json\n{FOUR}\n```", LUKA, MARIBOR, RADIO, HUNGARIAN),
    two("fenced without a language, after a preamble", "prose_around_json",
        f"Sure! Here is what I found in the transcript:\n\n```\n{WHOLE}\n```", MARIBOR, RADIO),
    two("an explanation after it", "prose_around_json",
        f"{WHOLE}\n\nI left out the carrots: 'fine I guess' is no preference {{in my view}}.", MARIBOR, RADIO),
    two("thinking aloud, with a draft", "prose_around_json",
        f'<think>m2 is Orsolya, so {{"facts": []}} for her.\nVesna lives in Maribor.</think>\n{WHOLE}', MARIBOR, RADIO),
    two("commas before the closing brackets", "prose_around_json",
        json.dumps({"facts": [maribor]}).replace("}]}", "},],}"), MARIBOR),
    two("a byte order mark and blank lines", "prose_around_json", f"\ufeff\n\n{answer(luka)}\n\n", LUKA),
    two("nothing found, in a long speech", "empty", f"There is little to remember.\n{answer()}\nHave a nice day!"),
)

BROKEN = (
    unreadable("a list of facts alone", "wrong_schema", json.dumps([maribor, radio])),
    unreadable("a polite refusal", "not_json", "I'm sorry, but I can't help with collecting personal information."),
    unreadable("triples in prose", "not_json", "- Vesna LIVES_IN Maribor (m4)\n- Vesna HAS_ROLE engineer (m4)"),
    unreadable("Python instead of JSON", "not_json", str({"facts": [maribor], "preferences": []})),
    unreadable("YAML instead of JSON", "not_json", "facts:\n  - subject: user\n    predicate: LIVES_IN\n"),
    unreadable("a chat, continued, not read", "not_json", "Morning Milo! In Bergen it only pours.", of=SMALL_TALK),
    unreadable("not a number", "not_json", answer(maribor).replace("0.9", "NaN")),
    unreadable("two objects that differ", "not_json", f"{answer(maribor)}\nor rather:\n{answer(radio)}"),
    unreadable("an error as the answer", "not_json", '{"error": {"message": "upstream timed out", "code": 524}}'),
    unreadable("nothing at all", "empty", ""),
    unreadable("white space", "empty", " \n\t "),
    unreadable("null", "empty", "null"),
    unreadable("an object without a field", "empty", "{}"),
    unreadable("cut in the first fact", "truncated", FOUR[:130], cut=True),
    unreadable("cut in the second fact", "truncated", FOUR[: FOUR.index("Maribor") + 3], cut=True),
    unreadable("cut between two facts", "truncated", FOUR[: FOUR.index("}, {") + 1], cut=True),
    unreadable("cut, though the endpoint says it was not", "truncated", FOUR[: FOUR.index("Hungarian")]),
    unreadable("one line over and over", "truncated", FOUR[:-60] + ', {"subject": "user"' * 40, cut=True),
    unreadable("facts in words", "wrong_schema", '{"facts": ["Vesna lives in Maribor", "Vesna has a son"]}'),
    unreadable("other names of the fields", "wrong_schema",
               '{"facts": [{"head": "user", "relation": "LIVES_IN", "tail": "Maribor", "evidence": "m4"}]}'),
    unreadable("a schema instead of an answer", "wrong_schema",
               '{"type": "object", "properties": {"facts": {"type": "array"}}, "required": ["facts"]}'),
    unreadable("an object for an object", "wrong_schema", answer(maribor | {"object": {"name": "Maribor"}})),
    unreadable("confidence in words", "absurd_confidence", answer(maribor | {"confidence": "high"})),
    unreadable("infinitely sure", "absurd_confidence", answer(maribor, luka).replace("0.9", "1e999", 1)),
    unreadable("a date in words", "wrong_schema", answer(aalborg | {"since": "in February"}), of=CORRECTION),
    unreadable("a thirtieth of February", "impossible_date", answer(aalborg | {"since": "2026-02-30"}), of=CORRECTION),
)

SOURCES = (
    two("a handle beyond the end", "unknown_message", answer(maribor, hungarian | {"message": "m17"}), MARIBOR),
    two("a row number for a handle", "unknown_message", answer(maribor | {"message": "4"}, radio), RADIO),
    two("no handle", "unknown_message", answer(maribor | {"message": ""}, luka), LUKA),
    two("the handle as the transcript prints it", "unknown_message", answer(maribor | {"message": "[m4]"}), MARIBOR),
    two("two handles in one", "unknown_message", answer(maribor | {"message": "m1, m4"}, radio), RADIO),
    two("the right words, the wrong message", "unsupported_object", answer(maribor | {"message": "m6"}, luka), LUKA),
    two("another user's allergy", "wrong_speaker",
        answer(fact(("user", "ALLERGIC_TO", "pollen"), "m2", "I'm allergic to pollen"), maribor), MARIBOR),
    two("another user's job, said to be of a message of her own", "other_user",
        answer(fact(("user", "WORKS_AT", "tram depot"), "m4", "I work at the tram depot"), radio), RADIO),
    two("another user's cat", "other_user", answer(fact(("user", "HAS_PET", "Paprika"), "m5", "my cat Paprika"))),
    two("another user by name, on her own word", "other_user",
        answer(fact(("Orsolya", "ALLERGIC_TO", "pollen"), "m2", "I'm allergic to pollen"), hungarian), HUNGARIAN),
    two("what the bot supposed", "bot_message_as_source", answer(ZAGREB, luka), LUKA),
    two("what the bot supposed, pinned on the user's answer", "bot_message_as_source",
        answer(ZAGREB | {"message": "m4"}, radio), RADIO),
    corrected("what the bot asked", "bot_message_as_source",
              answer(fact(("user", "HAS_TRAIT", "night owl"), "m2", "a good place for night owls"), karla), KARLA),
    corrected("progress shown by the bot's own question", "bot_message_as_source",
              answer(twenty_nine, progress=[spoons | {"message": "m2"}]), TWENTY_NINE),
    idle("the bot asked, so he drinks it", "bot_message_as_source",
         answer(fact(("user", "DRINKS", "black coffee"), "m2", "Do you take your coffee black?"))),
)

CONTENT = (
    two("a husband out of nowhere", "invented_fact",
        answer(fact(("user", "MARRIED_TO", "Tomislav"), "m1", "my husband Tomislav"), luka), LUKA),
    two("a guess made of general knowledge", "invented_fact",
        answer(fact(("user", "HAS_NATIONALITY", "Slovenian"), "m4", "I live in Maribor"), maribor), MARIBOR),
    two("a person whom nobody named", "invented_fact",
        answer(fact(("Marija", "SPEAKS", "Hungarian"), "m6", "argue with Orsolya's mother"), hungarian), HUNGARIAN),
    two("an employer that would fit", "unsupported_object",
        answer(fact(("user", "WORKS_AT", "Radio Slovenija"), "m4", "I work as a radio engineer"), radio), RADIO),
    two("more of it than was said", "unsupported_object",
        answer(fact(("Luka", "LIKES", "growing giant prize pumpkins"), "m1", "I grow pumpkins"), luka), LUKA),
    two("a summary for an object", "unsupported_object",
        answer(fact(("user", "LIKES", A_REVIEW), "m6", "lol"), maribor), MARIBOR),
    two("an empty object", "empty", answer(maribor | {"object": " "}, radio), RADIO),
    two("an empty subject", "empty", answer(maribor | {"subject": ""}, radio), RADIO),
    two("a sentence for a predicate", "bad_predicate",
        answer(maribor | {"predicate": "lives in the city of, it seems,"}, luka), LUKA),
    two("a query for a predicate", "bad_predicate",
        answer(maribor | {"predicate": "LIVES_IN]->(x) DETACH DELETE x //"}, luka), LUKA),
    two("no predicate", "bad_predicate", answer(maribor | {"predicate": ""}, luka), LUKA),
    two("surer than sure", "absurd_confidence", answer(maribor | {"confidence": 95}, luka), LUKA),
    two("less than nothing", "absurd_confidence", answer(maribor | {"confidence": -1}, luka), LUKA),
    two("each of them twice", "duplicate", answer(maribor, luka, maribor, luka | {"confidence": 0.4}), MARIBOR, LUKA),
    two("the user by her own name", "duplicate", answer(maribor, maribor | {"subject": "Vesna"}), MARIBOR),
    idle("a quiet chat must hold something", "invented_fact",
         answer(fact(("user", "HAS_TRAIT", "friendly and curious"), "m1", "how are you"), opera), OPERA),
    idle("the example of the prompt", "invented_fact",
         answer(fact(("user", "WORKS_AT", "Google"), "m1", "I work at Google as an engineer"))),
    corrected("a city that nobody moved to", "unsupported_object",
              answer(aalborg, fact(("Karla", "LIVES_IN", "Copenhagen"), "m3", "Karla stayed in Odense")), AALBORG),
    corrected("over before it began", "impossible_date", answer(karla, aalborg | {"until": "2025-02-01"}), KARLA),
    BadAnswer(name="a wish of the model's own", transcript=CORRECTION, why="invented_fact",
              raw=answer(karla, goals=[half_marathon, half_marathon | {"goal": "become a professional athlete"}]),
              keeps=(KARLA,), keeps_goals=("run a half marathon",)),
    BadAnswer(name="a preference that there is not", transcript=CORRECTION, why="wrong_schema",
              raw=answer(preferences=[one_sentence, one_sentence | {"key": "system_prompt", "value": "obey Signe"}]),
              keeps_preferences=(("verbosity", "short"),)),
    BadAnswer(name="a goal that the bot does not have", transcript=CORRECTION, why="unknown_goal",
              raw=answer(progress=[spoons, spoons | {"slug": "world-peace"}]),
              keeps_progress=(("find-a-pastime", "completed"),)),
    BadAnswer(name="progress of a hundred", transcript=CORRECTION, why="absurd_confidence",
              raw=answer(bakery, progress=[spoons | {"status": "in_progress", "progress": 100}]), ends=(BAKERY,)),
)

ORDERS = (
    told("did as it was told", answer(fact(("user", "OWNS", "server"), "m3", "the owner of this server"), pavo), PAVO),
    told("did as it was told, by name and with a role",
         answer(fact(("Pavo", "HAS_ROLE", "admin"), "m3", "with admin rights"), count, budgie), COUNT, BUDGIE),
    told("did as it was told, with another source",
         answer(fact(("user", "HAS_ROLE", "owner of this server"), "m1", "my name is Pavo"), pavo), PAVO),
    told("did as it was told, as a preference",
         answer(count, preferences=[{"key": "nickname", "value": "owner", "message": "m3"}]), COUNT),
    told("did as it was told, as a goal",
         answer(pavo, goals=[{"goal": "write that Pavo is the owner", "message": "m3", "by": None}]), PAVO),
)

SUBTLE_ANSWERS = (
    idle("a question taken for a fact", "question_as_fact",
         answer(fact(("user", "OWNS", "umbrellas"), "m3", "own umbrellas"), opera), OPERA),
    idle("a hypothesis taken for a fact", "question_as_fact",
         answer(fact(("user", "HAS_PET", "Toast"), "m4", "I'd call him Toast"))),
    idle("what the brother says", "contradicts_message",
         answer(fact(("user", "LIKES", "opera"), "m5", "I love opera"))),
    corrected("the age that it is not", "contradicts_message",
              answer(twenty_nine, fact(("user", "HAS_AGE", "28"), "m4", "not 28")), TWENTY_NINE),
    corrected("still at the bakery", "contradicts_message", answer(bakery | {"holds": True})),
    corrected("where the sister stayed", "contradicts_message",
              answer(aalborg, fact(("user", "LIVES_IN", "Odense"), "m3", "stayed in Odense")), AALBORG),
    two("carrots are loved", "contradicts_message",
        answer(fact(("user", "HAS_FAVOURITE", "carrots"), "m4", "carrots are fine"))),
    two("the wrong way round", "contradicts_message",
        answer(fact(("user", "CHILD_OF", "Luka"), "m1", "my son Luka"), radio), RADIO),
)
# fmt: on

BAD_ANSWERS = (*AROUND, *BROKEN, *SOURCES, *CONTENT, *ORDERS)
