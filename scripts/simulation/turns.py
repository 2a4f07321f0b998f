"""Whether users take turns at a gate, whatever their queues are and whatever they did there before."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scripts.simulation.view import Scores, View
from scripts.simulation.violations import hold

if TYPE_CHECKING:
    from scripts.simulation.run import Run

CLASS = 10**13
TOP = 10


def turns_are_known(run: "Run") -> None:
    """Who waits at a gate has a turn of his priority and his own; the last of each user is known while it matters."""
    view = run.world.view()
    for gate, members in view.blocked.items():
        turns, firsts = view.turns.get(gate, {}), dict[int, float]()
        for job_id, turn in members.items():
            about = view.jobs[job_id]
            whose, said = _whose(about), f"{job_id} at {gate}: {turn:.0f}"
            hold(turn // CLASS == TOP - int(about["prio"]), "a_turn_is_of_its_priority", said)
            hold(float(about["turn"]) == turn, "a_turn_is_of_its_priority", f"{said}, {about['turn']}")
            hold(turns.get(whose, -1) >= turn, "the_last_turn_is_known", f"{said} of {turns}")
            firsts.setdefault(int(turn // CLASS), turn)
        old = {whose: turn for whose, turn in turns.items() if turn < firsts.get(int(turn // CLASS), CLASS * 2 * TOP)}
        hold(not old, "turns_of_long_ago_are_forgotten", f"{old} at {gate} before {firsts}")


def turns_are_fair(before: View, view: View) -> None:
    """Who comes to a gate is one turn further than the last of his user, or first; who comes back keeps his turn."""
    for gate, members in view.blocked.items():
        was = before.blocked.get(gate, {})
        new = {job_id: turn for job_id, turn in members.items() if was.get(job_id) != turn}
        for job_id, turn in new.items():
            lowest = turn // CLASS * CLASS
            if _is_known_still(before, view, gate, lowest):
                _is_fair(before, view, gate, (job_id, new))


def who_is_let_through_has_a_place(before: View, view: View) -> None:
    """Whoever filed himself, when his time had come, has none yet."""
    for job_id, about in view.jobs.items():
        was = before.jobs.get(job_id)
        is_let_through = was and was["state"] == "blocked" and about["state"] == "ready"
        if is_let_through and before.queues[about["queue"]][job_id] < 0:
            set_gates = (f"task:{about['task']}", f"bot:{about['bot']}")
            is_counted = about["gates"] or any(gate in view.gates for gate in set_gates)
            hold(about["through"] or not is_counted, "who_is_let_through_has_a_place", job_id)


def _is_fair(before: View, view: View, gate: str, which: tuple[str, Mapping[str, float]]) -> None:
    job_id, new = which
    turn, about = new[job_id], view.jobs[job_id]
    lowest = turn // CLASS * CLASS
    kept = {each: of_it for each, of_it in new.items() if _had(before, view, gate, each) == of_it}
    first = min(_of_class({**before.blocked[gate], **kept}, lowest))
    least = max(first, before.turns[gate].get(_whose(about), -1) + 1)
    stay = {each: of_it for each, of_it in view.blocked[gate].items() if each not in new}
    mine = [each for each, it in view.jobs.items() if _whose(it) == _whose(about) and each not in stay]  # some went on
    most = max(least, min(_of_class(stay, lowest))) + len(mine) - 1
    had = _had(before, view, gate, job_id)
    said = f"{job_id} at {gate}: {turn:.0f}, {least:.0f} to {most:.0f}, had {had}"
    was_first = turn >= least and turn in stay.values()  # while those before him were away
    hold(least <= turn <= most or was_first or (job_id in kept and turn <= least), "turns_are_fair", said)
    hold(had is None or turn == had or had >= least, "who_comes_back_keeps_his_turn", said)


def _is_known_still(before: View, view: View, gate: str, lowest: float) -> bool:
    """Where all that waited have left, turns begin anew, perhaps before the script ends."""
    was, now = before.blocked.get(gate, {}), view.turns.get(gate, {})
    stays = any(was.get(job_id) == turn for job_id, turn in view.blocked[gate].items() if _of_class({"": turn}, lowest))
    known = {whose: turn for whose, turn in before.turns.get(gate, {}).items() if _of_class({"": turn}, lowest)}
    return stays and all(now.get(whose, -1) >= turn for whose, turn in known.items())


def _of_class(turns: Scores, lowest: float) -> list[float]:
    return [turn for turn in turns.values() if lowest <= turn < lowest + CLASS]


def _had(before: View, view: View, gate: str, job_id: str) -> float | None:
    """The turn that it had there."""
    was, about = before.jobs.get(job_id, {}), view.jobs[job_id]
    is_same = (
        was.get("gate") == gate
        and was["state"] != "blocked"
        and was.get("prio") == about["prio"]
        and was.get("seq") == about["seq"]
    )
    return float(was["turn"]) if is_same and was.get("turn") else None


def _whose(about: Mapping[str, str]) -> str:
    return f"{about['prio']} {about['user']}"
