"""What every keeper of a `Lexicon` must do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import log
from uuid import UUID, uuid4

import pytest

from mindfleet import ids
from mindfleet.conversation.turn import Visibility
from mindfleet.ports.memories import Document, Hit, Kind, Scope
from tests.contracts.stores import NOON, Stores


def document(bot: str, text: str, *, day: int = 0, channel: str = "room", visibility: Visibility = "dm") -> Document:
    document_id = ids.name("document", bot, text, day, channel)
    return Document(
        id=document_id,
        bot_name=bot,
        channel_id=channel,
        visibility=visibility,
        kind="turn",
        user_id="ana",
        speaker="Ana",
        said_at=NOON + timedelta(days=day),
        text=text,
        sources=(document_id, uuid4()),
    )


def scope(bot: str, *channels: str) -> Scope:
    return Scope(bot_name=bot, channels=channels or ("room",), visibilities=("dm", "channel", "public"))


async def hits(
    stores: Stores, words: str, where: Scope, *, kinds: Sequence[Kind] = ("turn",), limit: int = 10
) -> list[Hit]:
    return await stores.lexicon.matching(words, scope=where, kinds=kinds, limit=limit)


async def found(
    stores: Stores, words: str, where: Scope, *, kinds: Sequence[Kind] = ("turn",), limit: int = 10
) -> list[UUID]:
    return [hit.id for hit in await hits(stores, words, where, kinds=kinds, limit=limit)]


async def test_gives_back_documents_in_the_order_in_which_they_are_asked_for(stores: Stores, bot: str) -> None:
    sea, hill = document(bot, "the sea ✨"), document(bot, "the hill")
    await stores.lexicon.index([sea, hill])

    assert await stores.lexicon.documents([hill.id, uuid4(), sea.id]) == [hill, sea]
    assert await stores.lexicon.documents([]) == []


async def test_finds_a_word_in_any_of_its_forms_and_in_any_case(stores: Stores, bot: str) -> None:
    paints, sings = document(bot, "She PAINTS houses in Zürich"), document(bot, "He sings")
    await stores.lexicon.index([paints, sings])

    assert await found(stores, "who painted the House?", scope(bot)) == [paints.id]
    assert await found(stores, "ZÜRICH", scope(bot)) == [paints.id]


async def test_finds_words_on_both_sides_of_any_sign(stores: Stores, bot: str) -> None:
    one = document(bot, "see you soon.Tomorrow, in Ana's half-timbered house/2026-03-02")
    await stores.lexicon.index([one, document(bot, "something else")])

    for words in ("soon", "tomorrow", "Ana", "timbered", "house", "2026", "03"):
        assert await found(stores, words, scope(bot)) == [one.id]


async def test_common_and_unknown_words_find_nothing(stores: Stores, bot: str) -> None:
    await stores.lexicon.index([document(bot, "this is what it is"), document(bot, "a boat")])

    for words in ("what is this", "zebra", "", "…?!", "a & b | !c:*"):
        assert await found(stores, words, scope(bot)) == []


async def test_scores_by_bm25(stores: Stores, bot: str) -> None:
    violin = document(bot, "violin violin tea")
    others = [document(bot, text) for text in ("tea", "violin cake bread milk soup", "cake cake cake")]
    await stores.lexicon.index([violin, *others])

    def bm25(times: int, length: int) -> float:
        idf = log(1 + (4 - 2 + 0.5) / (2 + 0.5))
        return idf * times * 2.2 / (times + 1.2 * (1 - 0.75 + 0.75 * length / 3))

    best, second = await hits(stores, "violin", scope(bot))
    assert (best.id, second.id) == (violin.id, others[1].id)
    assert best.score == pytest.approx(bm25(2, 3))
    assert second.score == pytest.approx(bm25(1, 5))


async def test_a_word_asked_for_twice_counts_once(stores: Stores, bot: str) -> None:
    await stores.lexicon.index([document(bot, "violin"), document(bot, "tea")])

    assert await hits(stores, "violin violins", scope(bot)) == await hits(stores, "violin", scope(bot))


async def test_ties_stand_in_order_of_their_ids(stores: Stores, bot: str) -> None:
    same = [document(bot, "tea", day=day) for day in range(9)]
    await stores.lexicon.index(same)

    in_order = sorted(one.id for one in same)
    assert await found(stores, "tea", scope(bot)) == in_order
    assert await found(stores, "tea", scope(bot), limit=3) == in_order[:3]


async def test_hears_only_what_is_in_scope(stores: Stores, bot: str) -> None:
    here = document(bot, "tea")
    await stores.lexicon.index(
        [
            here,
            document(bot, "tea", channel="elsewhere"),
            document(f"other {bot}", "tea"),
            document(bot, "tea", day=5),
            replace(document(bot, "tea", day=-1), visibility="public"),
            replace(document(bot, "tea", day=-2), kind="summary"),
        ]
    )

    narrow = Scope(bot_name=bot, channels=("room", "none"), visibilities=("dm",), until=NOON)
    assert await found(stores, "tea", narrow) == [here.id]
    assert await found(stores, "tea", replace(narrow, channels=())) == []
    assert len(await found(stores, "tea", replace(narrow, visibilities=("dm", "public")))) == 2
    assert len(await found(stores, "tea", narrow, kinds=("turn", "summary", "fact"))) == 2


async def test_what_others_said_has_no_part_in_a_score(stores: Stores, bot: str) -> None:
    await stores.lexicon.index([document(bot, "tea"), document(bot, "tea cake"), document(bot, "milk")])
    alone = await hits(stores, "tea cake", scope(bot))

    others = [document(bot, f"tea cake {n} words and more words", channel="secret") for n in range(20)]
    later = replace(document(bot, "tea tea tea", day=9))
    await stores.lexicon.index([*others, document(f"other {bot}", "tea"), later])
    assert await hits(stores, "tea cake", replace(scope(bot), until=NOON)) == alone


async def test_indexing_twice_changes_nothing(stores: Stores, bot: str) -> None:
    documents = [document(bot, "tea and cake"), document(bot, "tea")]
    await stores.lexicon.index(documents)
    once = await hits(stores, "tea cake", scope(bot))
    await stores.lexicon.index([*documents, *documents])

    assert await hits(stores, "tea cake", scope(bot)) == once
    assert len(once) == 2


async def test_a_document_that_changed_is_found_as_it_is_now(stores: Stores, bot: str) -> None:
    bergen = document(bot, "I live in Bergen")
    await stores.lexicon.index([bergen])
    oslo = replace(bergen, text="We moved to Oslo", channel_id="elsewhere", said_at=NOON + timedelta(days=1))
    await stores.lexicon.index([oslo])

    assert await found(stores, "Bergen lives", scope(bot, "room", "elsewhere")) == []
    assert await found(stores, "Oslo", scope(bot)) == []
    assert await found(stores, "Oslo", scope(bot, "elsewhere")) == [oslo.id]
    assert await found(stores, "Oslo", replace(scope(bot, "elsewhere"), until=NOON)) == []
    assert await stores.lexicon.documents([bergen.id]) == [oslo]


async def test_removed_documents_are_gone(stores: Stores, bot: str) -> None:
    tea, cake = document(bot, "tea"), document(bot, "tea and cake")
    await stores.lexicon.index([tea, cake])
    await stores.lexicon.remove([cake.id, uuid4()])
    await stores.lexicon.remove([])

    assert await found(stores, "tea cake", scope(bot)) == [tea.id]
    assert await stores.lexicon.documents([cake.id]) == []
    await stores.lexicon.index([cake])
    assert set(await found(stores, "tea cake", scope(bot))) == {tea.id, cake.id}


async def test_takes_texts_of_any_length(stores: Stores, bot: str) -> None:
    words = (f"{number:04}" * 500 for number in range(600))
    nothing, endless = document(bot, "…"), document(bot, f"tea {' '.join(words)}")
    await stores.lexicon.index([nothing, endless])
    await stores.lexicon.index([])

    assert await found(stores, "tea", scope(bot)) == [endless.id]
