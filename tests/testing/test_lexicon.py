"""BM25 in memory finds what PostgreSQL's English configuration would."""

from dataclasses import replace
from datetime import UTC, datetime
from math import log
from uuid import UUID

import pytest

from mindfleet.ports.memories import Document, Hit, Scope
from mindfleet.testing.english import English
from mindfleet.testing.lexicon import BM25, InMemoryLexicon

HERE = Scope(bot_name="luna", channels=("here",), visibilities=("dm",))


def document(number: int, text: str) -> Document:
    return Document(
        id=UUID(int=number),
        bot_name="luna",
        channel_id="here",
        visibility="dm",
        kind="turn",
        user_id="ana",
        speaker="Ana",
        said_at=datetime(2026, 5, 8, tzinfo=UTC),
        text=text,
        sources=(UUID(int=number),),
    )


async def hits(lexicon: InMemoryLexicon, words: str, *, scope: Scope = HERE, limit: int = 10) -> list[Hit]:
    return await lexicon.matching(words, scope=scope, kinds=["turn"], limit=limit)


async def found(lexicon: InMemoryLexicon, words: str, *, scope: Scope = HERE, limit: int = 10) -> list[int]:
    return [hit.id.int for hit in await hits(lexicon, words, scope=scope, limit=limit)]


async def filled(*documents: Document) -> InMemoryLexicon:
    lexicon = InMemoryLexicon()
    await lexicon.index(documents)
    return lexicon


async def test_finds_a_word_in_any_of_its_forms() -> None:
    lexicon = await filled(document(1, "She paints houses"), document(2, "He sings"))
    assert await found(lexicon, "Who painted the house?") == [1]


async def test_common_words_find_nothing() -> None:
    assert await found(await filled(document(1, "this is what it is")), "what is this") == []


async def test_a_rare_word_outweighs_a_common_one() -> None:
    texts = ["tea with Ben", "tea with Cleo", "tea again", "a violin"]
    lexicon = await filled(*(document(n, text) for n, text in enumerate(texts, 1)))
    assert (await found(lexicon, "tea or violin"))[0] == 4


async def test_ties_go_by_id() -> None:
    assert await found(await filled(document(2, "tea"), document(1, "tea")), "tea") == [1, 2]


async def test_returns_no_more_than_the_limit() -> None:
    lexicon = await filled(*(document(n, "tea") for n in range(5)))
    assert await found(lexicon, "tea", limit=2) == [0, 1]


async def test_scores_are_the_formula_by_hand() -> None:
    lexicon = InMemoryLexicon(BM25(k1=1.2, b=0.75))
    await lexicon.index([document(1, "tea tea milk"), document(2, "milk")])
    idf = log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    by_hand = idf * 2 * 2.2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 3 / 2))
    [hit] = await hits(lexicon, "tea")
    assert hit.score == pytest.approx(by_hand)


async def test_how_rare_a_word_is_is_counted_within_the_scope_only() -> None:
    here = [document(1, "tea"), document(2, "milk")]
    elsewhere = [replace(document(n, "tea"), channel_id="elsewhere") for n in range(3, 30)]
    assert await hits(await filled(*here), "tea") == await hits(await filled(*here, *elsewhere), "tea")


@pytest.mark.parametrize(
    "unheard",
    [
        replace(document(1, "tea"), channel_id="elsewhere"),
        replace(document(1, "tea"), visibility="public"),
        replace(document(1, "tea"), bot_name="sol"),
        replace(document(1, "tea"), kind="fact"),
    ],
    ids=["channel", "visibility", "bot", "kind"],
)
async def test_what_is_out_of_scope_is_not_found(unheard: Document) -> None:
    assert await found(await filled(unheard), "tea") == []


async def test_what_was_said_later_is_not_found() -> None:
    lexicon = await filled(document(1, "tea"))
    day_before = replace(HERE, until=datetime(2026, 5, 7, tzinfo=UTC))
    assert await found(lexicon, "tea", scope=day_before) == []


async def test_writing_again_replaces_and_removing_forgets() -> None:
    lexicon = await filled(document(1, "tea"), document(2, "tea"))
    await lexicon.index([document(1, "coffee")])
    await lexicon.remove([UUID(int=2), UUID(int=77)])
    assert await found(lexicon, "tea") == []
    assert await found(lexicon, "coffee") == [1]


async def test_gives_documents_in_the_order_asked() -> None:
    one, two = document(1, "tea"), document(2, "milk")
    lexicon = await filled(one, two)
    assert await lexicon.documents([two.id, UUID(int=77), one.id]) == [two, one]


def test_takes_words_apart_and_stems_them() -> None:
    assert English().words("Mary's cats don't e-mail; it costs 20 dollars_") == [
        "mari", "cat", "e", "mail", "cost", "20", "dollar",
    ]  # fmt: skip
