"""Lua's values turn into Redis' and back as in Redis: arguments, replies, errors, JSON."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.simulation.dump import dump
from scripts.simulation.redis_model import Model
from tests.simulation.real_server import RealServer, Words, answer_of, comparable

pytestmark = pytest.mark.stack

many_times = settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53).map(str),
    st.integers(-40, 40).map(lambda n: f"({n}/4)"),
    st.sampled_from(
        [
            "1e15",
            "1e17",
            "2^61",
            "2^63",
            "-2^63",
            "1e300",
            "1/0",
            "-1/0",
            "0/0",
            "1e-7",
            "0.1",
            "-0.5",
            "1732643688123.5",
        ]
    ),
)
TEXTS = st.sampled_from(["''", "'a'", "'12'", "'\\0\\255'", "'a\"b\\\\/\\n'", "'ümlaut'"])
PLAIN = st.one_of(NUMBERS, TEXTS, st.sampled_from(["true", "false"]))
NESTED = st.recursive(
    st.one_of(
        PLAIN, st.sampled_from(["nil", "{ok='fine'}", "{err='MY error'}", "{err='bare'}", "{a=1}", "{double=1.5}"])
    ),
    lambda items: st.lists(items, max_size=4).map(lambda all_: "{" + ", ".join(all_) + "}"),
    max_leaves=12,
)
JSON = st.recursive(
    st.one_of(NUMBERS, TEXTS, st.sampled_from(["true", "false", "cjson.null", "{}", "{a=1}", "{[3]='c'}", "{[20]=1}"])),
    lambda items: st.lists(items, max_size=4).map(lambda all_: "{" + ", ".join(all_) + "}"),
    max_leaves=12,
)
READ_JSON = st.sampled_from(
    [
        '[1,2.5,"a"]',
        '{"a":{"b":[]}}',
        "null",
        '"\\u00e9\\n"',
        "[1e400]",
        "",
        "[1,]",
        "{'a':1}",
        "[true,false,null]",
        "12345678901234567890",
    ]
)


def assert_same(server: RealServer, script: str, *arguments: str) -> None:
    server.execute("FLUSHDB")
    model = Model(now_ms=server.now_ms())
    call: Words = ("EVAL", script, 1, "key", *arguments)

    assert comparable(answer_of(model, call)) == comparable(server.execute(*call))
    assert dump(model) == server.dump()


@many_times
@given(NESTED)
def test_what_a_script_returns(server: RealServer, value: str) -> None:
    assert_same(server, f"return {value}")


@many_times
@given(NUMBERS)
def test_numbers_as_arguments(server: RealServer, number: str) -> None:
    if number != "0/0":  # its sign is the processor's
        assert_same(server, f"redis.call('SET', KEYS[1], {number}) return redis.call('GET', KEYS[1])")


@many_times
@given(NUMBERS)
def test_numbers_as_scores(server: RealServer, number: str) -> None:
    script = "redis.call('ZADD', KEYS[1], NUMBER, 'm') return tostring(redis.call('ZSCORE', KEYS[1], 'm') + 1)"
    if number not in ("0/0", "2^63", "-2^63"):
        assert_same(server, script.replace("NUMBER", number))


@many_times
@given(JSON)
def test_json_as_it_is_written(server: RealServer, value: str) -> None:
    assert_same(server, f"return {{pcall(cjson.encode, {value})}}")


@many_times
@given(READ_JSON)
def test_json_as_it_is_read(server: RealServer, text: str) -> None:
    """What is no JSON is refused; the words of the refusal are each library's own."""
    script = "local fine, value = pcall(cjson.decode, ARGV[1]) return {tostring(fine), fine and cjson.encode(value)}"
    assert_same(server, script, text)


@many_times
@given(
    st.recursive(
        PLAIN,
        lambda items: st.lists(items, min_size=1, max_size=3).map(lambda a: "{" + ", ".join(a) + "}"),
        max_leaves=8,
    )
)
def test_message_pack_there_and_back(server: RealServer, value: str) -> None:
    script = f"local packed = cmsgpack.pack({value}) return {{packed, cmsgpack.pack(cmsgpack.unpack(packed))}}"
    if "/0" not in value:
        assert_same(server, script)


SCRIPTS = [
    "return redis.call('GET')",
    "return redis.call('NO_SUCH_COMMAND', 'x')",
    "redis.call('SET', KEYS[1], 'written') redis.call('LPUSH', KEYS[1], 'x')",
    "redis.call('SET', KEYS[1], 'written') local none = nil return none.x",
    "return redis.pcall('LPUSH', KEYS[1]).err",
    "redis.call('SET', KEYS[1], '1') return {redis.pcall('LLEN', KEYS[1]), 'goes on'}",
    "local fine, problem = pcall(redis.call, 'LPUSH', KEYS[1]) return {tostring(fine), problem.err}",
    "global = 1",
    "return global",
    "_G.global = 1",
    "return redis.error_reply('MY error')",
    "return redis.error_reply('bare')",
    "return redis.error_reply('-MY error')",
    "error('text')",
    "error({err = 'MY error'})",
    "error()",
    "return redis.call()",
    "return redis.call('SET', KEYS[1], {})",
    "return redis.call('SET', KEYS[1], true)",
    "return redis.call('SET', KEYS[1], nil)",
    "return redis.call('EVAL', 'return 1', 0)",
    "return redis.status_reply('fine')",
    "return redis.call('SET', KEYS[1], 'x').ok",
    "return type(redis.call('GET', KEYS[1]))",
    "return type(redis.call('LPOP', KEYS[1], 3))",
    "return {redis.call('SET', KEYS[1], 'x', 'NX') ~= false, redis.call('SET', KEYS[1], 'x', 'NX') == false}",
    "return redis.sha1hex('')",
    "return {KEYS[1], KEYS[2] == nil, #ARGV, type(ARGV)}",
    "return {1, 2, nil, 4}",
    "local all = {} for i = 1, 9000 do all[i] = i end return all",
    "for i = 1, 9000 do redis.call('RPUSH', KEYS[1], i) end return redis.call('LRANGE', KEYS[1], 0, -1)",
    "return redis.call('XADD', KEYS[1], '1-1', 'a', 'b') and redis.call('XRANGE', KEYS[1], '-', '+')",
    "return setmetatable({}, {__index = function() return 1 end})",
    "return {type(print), 1}",
    "return {type(os.clock), tostring(os.time)}",
    "return loadstring('return KEYS[1]')()",
    "return loadstring('return )')",
    "return string.format('%d %s %.3f', 3.7, 'x', 1 / 3)",
    "return tostring(1732643688123) .. tostring(1e15) .. tostring(2 ^ 53)",
    "return {table.concat({1, 2, 'x'}, ','), select('#', unpack({1, 2}))}",
    "return server.call('SET', KEYS[1], 'x')",
    "return {bit.band(12, 10), bit.bor(12, 10), bit.lshift(1, 4)}",
    "this is no Lua",
]  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_ends_as_in_redis(server: RealServer, script: str) -> None:
    assert_same(server, script)
