"""How jobs look in Redis."""

import pickle
from datetime import UTC, datetime

import pytest

from mindfleet.wire import Envelope, JobFailed, Unreadable, decode, encode_json, encode_msgpack

ENVELOPE: Envelope = {"t": None, "f": "run_reflection", "a": [], "k": {"user_id": "ana", "n": 1}, "et": 1}


@pytest.mark.parametrize("encode", [encode_json, encode_msgpack])
def test_both_formats_are_read(encode: type) -> None:
    assert decode(encode(ENVELOPE)) == ENVELOPE


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_never_opened_and_the_message_says_what_to_do(protocol: int) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("the pickle was opened",)

    with pytest.raises(Unreadable, match="job_serializer"):
        decode(pickle.dumps({"f": Trap()}, protocol=protocol))


@pytest.mark.parametrize("data", [b"", b"{", b"\xc1", b"[1]", b"\x01"])
def test_what_is_no_job_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(data)


@pytest.mark.parametrize("encode", [encode_json, encode_msgpack])
def test_an_error_is_a_result_that_needs_no_class_of_its_own(encode: type) -> None:
    error = decode(encode({"s": False, "r": KeyError("gone")}))["r"]

    assert isinstance(error, JobFailed)
    assert error.kind == "KeyError"


@pytest.mark.parametrize("encode", [encode_json, encode_msgpack])
def test_instants_travel_as_text(encode: type) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert datetime.fromisoformat(decode(encode({"k": {"at": now}}))["k"]["at"]) == now
