"""How long an endpoint wants to be left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mindfleet.llm.retry_after import retry_after

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
IN_FIVE = int(NOW.timestamp()) + 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Sun, 01 Nov 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Sun, 01 Nov 2026 12:01:00 GMT", "date": "Sun, 01 Nov 2026 12:00:50 GMT"}, 10),
        ({"retry-after": "Sun, 01 Nov 2020 12:01:00 GMT"}, 0),
        ({"retry-after": "999999999"}, 86_400),
        ({"retry-after": "5", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "5", "x-ratelimit-reset-requests": "1s"}, 5),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 1),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-requests": "99",
                "x-ratelimit-remaining-tokens": "0",
            },
            360,
        ),
        ({"x-ratelimit-reset": str(IN_FIVE)}, 5),
        ({"x-ratelimit-reset": str(IN_FIVE * 1000)}, 5),
        ({"x-ratelimit-reset": "30"}, 30),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-3"}, None),
        ({"x-ratelimit-reset-tokens": "a while"}, None),
    ],
)
def test_reads_every_form_that_endpoints_use(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == (None if seconds is None else timedelta(seconds=seconds))


NAMES = st.sampled_from(["retry-after", "retry-after-ms", "date", "x-ratelimit-reset", "x-ratelimit-reset-tokens"])
VALUES = st.one_of(st.text(max_size=40), st.text(alphabet="0123456789.dhms ,:GMTSun", max_size=40))


@given(st.dictionaries(NAMES, VALUES))
def test_nonsense_is_never_an_error_nor_a_wait_of_days(headers: dict[str, str]) -> None:
    wait = retry_after(headers, now=NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)
