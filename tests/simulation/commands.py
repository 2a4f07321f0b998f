"""Random commands, most of them sensible, on few keys, some of which have another type than the command wants."""

from hypothesis import strategies as st

Command = tuple[str, ...]
Part = str | st.SearchStrategy[str] | st.SearchStrategy[tuple[str, ...]]

FOREVER = ["1000000", "2000000"]
"""Lifetimes that no test outlives, in seconds or milliseconds."""

VALUE = st.sampled_from(["", "a", "b", "12", "-3", "1.5", "1e3", "x", " 1", "ümlaut", "9223372036854775807"])
MEMBER = st.sampled_from(["a", "b", "c", "ab", "A", "é", "", "10", "9"])
INTEGER = st.one_of(
    st.integers(-12, 12).map(str), st.sampled_from(["9223372036854775807", "-9223372036854775808", "1.0", "+1", "x"])
)
SMALL = st.integers(-3, 5).map(str)
SCORE = st.one_of(
    st.integers(-5, 5).map(str),
    st.sampled_from(["0.1", "1.5", "-2.25", "1e8", "1e17", "1e20", "1732643688123.25", "1e-7", "0.00012345"]),
    st.sampled_from(["inf", "-inf", "+inf", "nan", "x", " 1", "1_0", "5.", ".5", "9007199254740993"]),
)
BOUND = st.one_of(
    st.integers(-5, 5).map(str), st.sampled_from(["-inf", "+inf", "inf", "(1", "(-2", "0.1", "(1e8", "(inf", "x"])
)
STREAM_ID = st.one_of(
    st.tuples(st.integers(0, 6), st.integers(0, 3)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    st.integers(0, 6).map(str),
    st.sampled_from(["3-*", "x", "-", "1-x"]),
)
RANGE_ID = st.one_of(STREAM_ID, st.sampled_from(["-", "+", "(1-1", "(3", "(x"]))


def key(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{kind}1", f"{kind}1", f"{kind}2", f"{kind}2", "any"])


def words(*parts: Part) -> st.SearchStrategy[Command]:
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*strategies).map(_flat)


def _flat(parts: tuple[str | tuple[str, ...], ...]) -> Command:
    return tuple(word for part in parts for word in ((part,) if isinstance(part, str) else part))


def many(*of: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    """Some times the same row of words."""
    return st.lists(st.tuples(*of), min_size=1, max_size=most).map(lambda rows: tuple(w for row in rows for w in row))


def options(*choices: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([(), *choices])


S, H, M, L, Z, X = (key(kind) for kind in "shmlzx")
ANY = st.one_of(S, H, M, L, Z, X)
EXPIRY = st.sampled_from(FOREVER)

STRINGS = [
    words("SET", S, VALUE),
    words("SET", S, VALUE, options(("NX",), ("XX",), ("nx", "GET"), ("GET",), ("KEEPTTL",), ("XX", "KEEPTTL"))),
    words(
        "SET",
        S,
        VALUE,
        options(("PX", "1000000"), ("EX", "2000000", "NX"), ("PX", "0"), ("PX",), ("NX", "XX"), ("PX", "x")),
    ),
    words("SETEX", S, st.sampled_from([*FOREVER, "0", "x"]), VALUE),
    words("PSETEX", S, st.sampled_from([*FOREVER, "-1"]), VALUE),
    words("SETNX", S, VALUE),
    words("GETDEL", S),
    words("GETSET", S, VALUE),
    words("GET", S),
    words("GET"),
    words("MGET", many(ANY)),
    words("MSET", many(S, VALUE)),
    words("STRLEN", S),
    words("APPEND", S, VALUE),
    words(st.sampled_from(["INCR", "DECR"]), S),
    words(st.sampled_from(["INCRBY", "DECRBY"]), S, INTEGER),
    words("INCRBYFLOAT", S, SCORE),
]
KEYS = [
    words(st.sampled_from(["DEL", "UNLINK", "EXISTS"]), many(ANY)),
    words("TYPE", ANY),
    words("DBSIZE"),
    words("RENAME", S, S),
    words(st.sampled_from(["EXPIRE", "PEXPIRE"]), ANY, EXPIRY, options(("NX",), ("XX",), ("GT",), ("LT",), ("QX",))),
    words(st.sampled_from(["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"]), ANY, st.sampled_from(["0", "-1", "x"])),
    words("PERSIST", ANY),
    words("PEXPIREAT", ANY, st.sampled_from(["32503680000000", "1"])),
]
HASHES = [
    words(st.sampled_from(["HSET", "HMSET"]), H, many(MEMBER, VALUE)),
    words("HSET", H, MEMBER),
    words("HSETNX", H, MEMBER, VALUE),
    words("HGET", H, MEMBER),
    words("HMGET", H, many(MEMBER)),
    words(st.sampled_from(["HGETALL", "HKEYS", "HVALS", "HLEN"]), H),
    words("HDEL", H, many(MEMBER)),
    words(st.sampled_from(["HEXISTS", "HSTRLEN"]), H, MEMBER),
    words("HINCRBY", H, MEMBER, INTEGER),
    words("HINCRBYFLOAT", H, MEMBER, SCORE),
]
SETS = [
    words("SADD", M, many(MEMBER)),
    words("SREM", M, many(MEMBER)),
    words("SCARD", M),
    words("SISMEMBER", M, MEMBER),
    words("SMISMEMBER", M, many(MEMBER)),
    words("SPOP", M, st.sampled_from(["100", "0", "-1", "x"])).filter(lambda command: command[-1] != "100"),
]
LISTS = [
    words(st.sampled_from(["RPUSH", "LPUSH"]), L, many(VALUE)),
    words(st.sampled_from(["LPOP", "RPOP"]), L),
    words(st.sampled_from(["LPOP", "RPOP"]), L, st.sampled_from(["0", "1", "2", "9", "-1", "x"])),
    words("LRANGE", L, SMALL, SMALL),
    words("LTRIM", L, SMALL, SMALL),
    words("LINDEX", L, SMALL),
    words("LPOS", L, VALUE),
    words("LLEN", L),
    words("LREM", L, SMALL, VALUE),
    words("BLPOP", st.sampled_from(["l1", "l2"]), "l2", "0.001"),
]
ZADD_FLAGS = options(
    ("NX",), ("XX",), ("GT",), ("LT",), ("CH",), ("XX", "GT", "CH"), ("INCR",), ("NX", "INCR"), ("XX", "incr"),
    ("NX", "XX"), ("NX", "GT"), ("GT", "LT"), ("LT", "INCR"),
)  # fmt: skip
LIMIT = options(("LIMIT", "0", "2"), ("LIMIT", "1", "-1"), ("LIMIT", "-1", "2"), ("LIMIT", "9", "9"), ("LIMIT", "0"))
WITH_SCORES = options(("WITHSCORES",), ("withscores",), ("NOSCORES",))
SORTED_SETS = [
    words("ZADD", Z, many(SCORE, MEMBER)),
    words("ZADD", Z, many(st.integers(-5, 5).map(str), MEMBER, most=6)),
    words("ZADD", Z, ZADD_FLAGS, many(SCORE, MEMBER, most=2)),
    words("ZINCRBY", Z, SCORE, MEMBER),
    words("ZREM", Z, many(MEMBER)),
    words("ZCARD", Z),
    words("ZCOUNT", Z, BOUND, BOUND),
    words(st.sampled_from(["ZSCORE", "ZRANK", "ZREVRANK"]), Z, MEMBER),
    words("ZMSCORE", Z, many(MEMBER)),
    words(st.sampled_from(["ZRANGE", "ZREVRANGE"]), Z, SMALL, SMALL, WITH_SCORES),
    words("ZRANGE", Z, SMALL, SMALL, options(("REV",), ("REV", "WITHSCORES")), LIMIT),
    words("ZRANGE", Z, BOUND, BOUND, "BYSCORE", options(("REV",)), LIMIT, WITH_SCORES),
    words(st.sampled_from(["ZRANGEBYSCORE", "ZREVRANGEBYSCORE"]), Z, BOUND, BOUND, LIMIT, WITH_SCORES),
    words("ZREMRANGEBYSCORE", Z, BOUND, BOUND),
    words("ZREMRANGEBYRANK", Z, SMALL, SMALL),
    words(st.sampled_from(["ZPOPMIN", "ZPOPMAX"]), Z, options(("2",), ("0",), ("9",), ("-1",), ("x",))),
    words("BZPOPMIN", st.sampled_from(["z1", "z2"]), "z2", "0.001"),
]
TRIM = options(
    ("MAXLEN", "3"), ("MAXLEN", "=", "2"), ("MINID", "3"), ("MINID", "=", "2-1"), ("MAXLEN", "-1"), ("MAXLEN", "=")
)
STREAMS = [
    words("XADD", X, options(("NOMKSTREAM",)), TRIM, STREAM_ID, many(MEMBER, VALUE)),
    words("XADD", X, STREAM_ID, MEMBER),
    words("XLEN", X),
    words("XRANGE", X, "-", "+"),
    words(
        st.sampled_from(["XRANGE", "XREVRANGE"]),
        X,
        RANGE_ID,
        RANGE_ID,
        options(("COUNT", "2"), ("COUNT", "0"), ("COUNT",)),
    ),
    words("XDEL", X, many(STREAM_ID)),
    words("XTRIM", X, TRIM),
    words("XREAD", options(("COUNT", "1")), "STREAMS", X, STREAM_ID),
]
PUBLISHING = [words("PUBLISH", "channel", VALUE), words("PING")]

COMMANDS = st.one_of(
    *(st.one_of(group) for group in (STRINGS, KEYS, HASHES, SETS, LISTS, SORTED_SETS, STREAMS, PUBLISHING))
)
