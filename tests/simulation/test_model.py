"""What the model has beyond a server: a clock that is set, counters, restarts, and no guesses."""

from collections.abc import Callable

import pytest

from mindfleet import lua
from scripts.simulation.dump import Held, dump
from scripts.simulation.redis_model import Model
from scripts.simulation.values import NotModelled, RedisError, written


@pytest.fixture
def model() -> Model:
    return Model(now_ms=1_000_000)


def test_a_key_lives_through_its_last_millisecond(model: Model) -> None:
    model.execute("SET", "key", "value", "PX", 10)

    model.now_ms += 10
    assert model.execute("GET", "key") == b"value"
    assert model.execute("PTTL", "key") == 0

    model.now_ms += 1
    assert model.execute("GET", "key") is None
    assert model.execute("PTTL", "key") == -2


@pytest.mark.parametrize(
    "see",
    [
        lambda model: len(dump(model)),
        lambda model: len(model.execute("KEYS", "*")),
        lambda model: model.execute("DBSIZE"),
        lambda model: model.execute("EXISTS", "key"),
        lambda model: model.execute("SET", "key", "other", "NX") is None,
        lambda model: model.script("return redis.call('EXISTS', KEYS[1])")(["key"], []),
    ],
)
def test_what_has_expired_is_nowhere(model: Model, see: Callable[[Model], int]) -> None:
    model.execute("HSET", "key", "field", "value")
    model.execute("PEXPIRE", "key", 10)
    assert see(model)

    model.now_ms += 11

    assert not see(model)


def test_a_value_that_is_made_anew_has_no_expiry(model: Model) -> None:
    model.execute("ZADD", "key", 1, "member")
    model.execute("PEXPIRE", "key", 10)
    model.execute("ZREM", "key", "member")
    model.execute("ZADD", "key", 1, "member")

    assert dump(model) == {b"key": Held("zset", [(b"member", b"1")], None)}


def test_time_stands_until_it_is_set(model: Model) -> None:
    assert model.execute("TIME") == [b"1000", b"0"]
    model.now_ms = 1_234_567
    assert model.script("return redis.call('TIME')")([], []) == [b"1234", b"567000"]
    assert model.execute("XADD", "stream", "*", "a", "b") == b"1234567-0"
    assert model.execute("XADD", "stream", "*", "a", "b") == b"1234567-1"

    model.now_ms -= 1000
    assert model.execute("XADD", "stream", "*", "a", "b") == b"1234567-2"


def test_a_shipped_script_runs_as_it_is(model: Model) -> None:
    renew = model.script(lua.RENEW.text)
    model.execute("HSET", "mindfleet:job:1", "token", "w:1", "queue", "queue")
    model.execute("ZADD", "queue", 5, "1")

    assert renew([], ["", 4000, 2, "1", "w:1", "1", "w:2"]) == [b"held", b"lost"]

    assert model.execute("ZSCORE", "queue", "1") == b"1004000"
    assert dump(model)[b"arq:in-progress:1"] == Held("string", b"w:1", 4000)


def test_counts_what_was_sent_and_what_ran_inside(model: Model) -> None:
    model.execute("SET", "key", "1")
    model.execute("EVAL", "redis.call('GET', KEYS[1]) return redis.call('GET', KEYS[1])", 1, "key")

    assert model.sent == {"SET": 1, "EVAL": 1}
    assert model.inside == {"GET": 2}


def test_what_is_published_is_delivered(model: Model) -> None:
    heard: list[tuple[bytes, bytes]] = []

    def deliver(channel: bytes, message: bytes) -> int:
        heard.append((channel, message))
        return 3

    model.on_publish = deliver

    assert model.script("return redis.call('PUBLISH', 'channel', 'message')")([], []) == 3
    assert heard == list(model.published) == [(b"channel", b"message")]


def test_a_restart_has_another_run_id_and_no_scripts(model: Model) -> None:
    sha = model.execute("SCRIPT", "LOAD", "return 1")
    assert isinstance(sha, bytes)
    assert model.execute("EVALSHA", sha, 0) == 1
    before = model.execute("INFO", "server")

    model.restart()

    assert model.execute("INFO", "server") != before
    with pytest.raises(RedisError, match="NOSCRIPT"):
        model.execute("EVALSHA", sha, 0)
    assert model.execute("EVAL", "return 1", 0) == model.execute("EVALSHA", sha, 0) == 1


def test_a_restart_finds_what_was_kept_and_no_more(model: Model) -> None:
    model.execute("ZADD", "kept", 1, "member")
    model.execute("PEXPIRE", "kept", 10)
    kept, held = model.snapshot(), dump(model)
    model.execute("ZADD", "kept", 2, "member", 3, "later")
    model.execute("SET", "lost", "value")

    model.restart(kept)
    assert dump(model) == held

    model.execute("DEL", "kept")
    model.restart(kept)
    assert dump(model) == held

    model.restart()
    assert dump(model) == {}


def test_a_model_that_begins_anew_is_as_new(model: Model) -> None:
    script = "redis.call('SADD', KEYS[1], 1, 2, 3, 4, 5, 6) return {redis.call('TIME'), redis.call('SPOP', KEYS[1])}"
    first = model.script(script)(["key"], [])
    model.execute("SET", "other", "value", "PX", 10)
    model.now_ms += 5

    model.begin(now_ms=1_000_000, seed=0)

    assert dump(model) == {}
    assert not model.sent
    assert model.script(script)(["key"], []) == first
    assert model.run_id == Model(seed=0).run_id


def test_the_same_seed_leaves_the_same_to_chance() -> None:
    def popped(seed: int) -> list[object]:
        model = Model(seed=seed)
        model.execute("SADD", "key", *range(20))
        return [model.execute("SPOP", "key") for _ in range(20)]

    assert popped(1) == popped(1) != popped(2)
    assert set(popped(1)) == {b"%d" % n for n in range(20)}


@pytest.mark.parametrize(
    "command", [("SUBSCRIBE", "channel"), ("ZRANGE", "key", "-", "+", "BYLEX"), ("INFO", "memory")]
)
def test_what_is_not_modelled_is_no_answer(model: Model, command: tuple[str, ...]) -> None:
    with pytest.raises(NotModelled):
        model.execute(*command)


def test_a_fault_of_the_model_passes_through_a_script_that_catches_everything(model: Model) -> None:
    script = model.script("return {pcall(redis.pcall, 'ZRANGE', 'key', '-', '+', 'BYLEX')}")

    with pytest.raises(NotModelled):
        script([], [])


@pytest.mark.parametrize(
    "text",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, type) end",
    ],
)
def test_a_script_without_end_is_ended(model: Model, text: str) -> None:
    with pytest.raises(RedisError, match="BUSY"):
        model.script(text)([], [])

    assert model.script("return 1")([], []) == 1


def test_what_a_script_wrote_before_its_error_stays(model: Model) -> None:
    with pytest.raises(RedisError, match="WRONGTYPE"):
        model.script("redis.call('SET', KEYS[1], 'x') redis.call('SADD', KEYS[1], 'x')")(["key"], [])

    assert dump(model) == {b"key": Held("string", b"x", None)}


def test_scripts_share_no_state(model: Model) -> None:
    model.script("KEYS[1] = 'changed' ARGV[2] = 'more' math.randomseed(7) return 1")(["key"], ["argument"])
    look = model.script("return {KEYS[1], #ARGV, math.random(1000000)}")

    assert (
        look(["key"], ["argument"])
        == look(["key"], ["argument"])
        == Model().script("return {KEYS[1], #ARGV, math.random(1000000)}")(["key"], ["argument"])
    )


def test_takes_more_arguments_than_the_stack_of_lua(model: Model) -> None:
    count = model.script("return {#KEYS, #ARGV, ARGV[#ARGV]}")

    assert count(["key"] * 10_000, [b"a"] * 19_999 + [b"\x00\xff"]) == [10_000, 20_000, b"\x00\xff"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", [b"a.c", b"abc", b"b[c"]),
        ("a.c", [b"a.c"]),
        ("a?c", [b"a.c", b"abc"]),
        ("[^b]*", [b"a.c", b"abc"]),
        ("[ab]b[a-c]", [b"abc"]),
        ("b\\[*", [b"b[c"]),
    ],
)
def test_patterns_of_keys(model: Model, pattern: str, found: list[bytes]) -> None:
    for key in ("a.c", "abc", "b[c"):
        model.execute("SET", key, "")

    assert model.execute("KEYS", pattern) == found
    assert model.execute("SCAN", "0", "MATCH", pattern) == [b"0", found]


@pytest.mark.parametrize(
    ("number", "text"),
    [(17.0, b"17"), (1.5, b"1.5"), (1e17, b"100000000000000000"), (1e20, b"1e+20"), (-0.00012345, b"-1.2345e-4")],
)
def test_numbers_are_written_as_in_redis(number: float, text: bytes) -> None:
    assert written(number) == text
    assert float(text) == number
