"""How turns fall into sessions and windows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mindfleet import ids
from mindfleet.conversation.sessions import Channel, Cutting, Session, Span, Step, Window, end, place, unsummarised
from mindfleet.conversation.turn import Role, Turn

START = datetime(2026, 3, 2, 18, tzinfo=UTC)
CUTTING = Cutting(span=5)


def turn(minutes: float, *, user: str = "ana", role: Role = "user") -> Turn:
    sent_at = START + timedelta(minutes=minutes)
    return Turn(
        id=ids.name("test", user, role, sent_at),
        bot_name="juniper",
        channel_id="c",
        user_id=user,
        role=role,
        speaker=user,
        content="something",
        sent_at=sent_at,
        visibility="dm",
    )


class Log:
    """A channel that remembers its steps."""

    def __init__(self, cutting: Cutting = CUTTING) -> None:
        self.cutting = cutting
        self.sessions: dict[str, Session] = {}
        self.windows: dict[str, Window] = {}
        self.steps: list[Step] = []

    def take(self, *turns: Turn) -> Step:
        for each in turns:
            self.apply(place(each, self.state, self.cutting))
        return self.steps[-1]

    def end(self) -> Step:
        for session in [s for s in self.sessions.values() if not s.ended]:
            self.apply(end(session, self.state))
        return self.steps[-1]

    def apply(self, step: Step) -> None:
        self.steps.append(step)
        self.sessions |= {session.id: session for session in step.sessions}
        for window in (*step.opened, *step.moved, *step.closed):
            self.windows[window.id] = window

    @property
    def state(self) -> Channel:
        return Channel(sessions=self.sessions, windows={w.id: w for w in self.windows.values() if not w.closed})

    @property
    def closed(self) -> Sequence[Window]:
        return [window for step in self.steps for window in step.closed]


def test_turns_without_a_long_pause_are_one_session() -> None:
    log = Log()

    log.take(turn(0), turn(10), turn(39.9))

    assert [session.turns for session in log.sessions.values()] == [3]


def test_a_pause_of_thirty_minutes_ends_a_session() -> None:
    log = Log()

    step = log.take(turn(0), turn(30))

    assert len(log.sessions) == 2
    assert [session.turns for session in step.ended] == [1]


def test_a_late_turn_joins_the_session_that_it_belongs_to() -> None:
    log = Log()

    late = log.take(turn(0), turn(10), turn(100), turn(12))

    first = min(log.sessions.values(), key=lambda session: session.started_at)
    assert late.turn is not None
    assert late.turn.session_id == first.id
    assert first.turns == 3


def test_turns_are_numbered_within_their_session() -> None:
    log = Log()

    log.take(turn(0), turn(1), turn(60))

    assert [step.turn.number for step in log.steps if step.turn] == [1, 2, 1]


def test_every_span_of_turns_is_summarised_once() -> None:
    log = Log()

    log.take(*(turn(minute) for minute in range(12)))
    log.end()

    spans = [(span.first, span.last) for step in log.steps for span in step.spans]
    assert spans == [(1, 5), (6, 10), (11, 12)]


def test_a_session_that_ends_on_a_full_span_has_nothing_left_to_summarise() -> None:
    log = Log()

    log.take(*(turn(minute) for minute in range(5)))

    assert log.end().spans == ()


def test_a_window_ends_with_a_pause_of_its_user() -> None:
    log = Log()

    log.take(turn(0), turn(0.5), turn(2))

    assert [window.opened_at for window in log.closed] == [START]
    assert len(log.state.windows) == 1


def test_turns_that_alternate_every_half_minute_are_gathered() -> None:
    log = Log()

    log.take(*(turn(half / 2, user=("ana", "ben")[half % 2]) for half in range(10)))

    assert len(log.state.windows) == 2
    assert log.closed == []


def test_a_window_is_never_longer_than_the_longest_wait() -> None:
    log = Log(replace(CUTTING, span=1000))

    log.take(*(turn(half / 2) for half in range(22)))

    assert [window.opened_at - START for window in log.closed] == [timedelta(0), timedelta(minutes=5)]


def test_users_of_a_channel_have_windows_of_their_own() -> None:
    log = Log()

    log.take(turn(0), turn(0.2, user="ben"), turn(0.4))

    assert sorted(window.user_id for window in log.state.windows.values()) == ["ana", "ben"]


def test_a_reply_joins_the_window_of_whom_it_answers_and_opens_none() -> None:
    log = Log()

    alone = log.take(turn(0, role="assistant"))
    log.take(turn(0.1))
    joined = log.take(turn(0.2, role="assistant"))

    assert alone.window_id is None
    assert joined.window_id is not None


def test_windows_never_cross_a_session() -> None:
    log = Log(replace(CUTTING, window=timedelta(hours=2), longest_wait=timedelta(hours=3)))

    log.take(turn(0), turn(40))

    assert len(log.closed) == 1
    assert len({window.session_id for window in log.windows.values()}) == 2


def test_without_a_window_every_message_is_analysed_alone() -> None:
    log = Log(replace(CUTTING, window=timedelta()))

    log.take(turn(0), turn(0.1))

    assert len(log.closed) == 2


def test_the_end_of_a_session_closes_its_windows() -> None:
    log = Log()
    log.take(turn(0), turn(0.1, user="ben"))

    step = log.end()

    assert len(step.closed) == 2
    assert log.state.windows == {}


def test_what_no_summary_covers_is_cut_as_summaries_are() -> None:
    session = Session(id="s", bot_name="juniper", channel_id="c", started_at=START, last_at=START, turns=13, ended=True)

    def left(*done: tuple[int, int]) -> list[tuple[int, int]]:
        spans = [Span(session_id="s", first=first, last=last) for first, last in done]
        return [(span.first, span.last) for span in unsummarised(session, spans, CUTTING)]

    assert left() == [(1, 5), (6, 10), (11, 13)]
    assert left((1, 5), (6, 10), (11, 13)) == []
    assert left((6, 10)) == [(1, 5), (11, 13)]
    assert left((11, 13), (1, 3)) == [(4, 8), (9, 10)]
    assert left((1, 9), (3, 5)) == [(10, 13)]
