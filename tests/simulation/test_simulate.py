"""Simulated runs hold every invariant, are the same whenever their seed is, and notice what is broken on purpose."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mindfleet import lua
from scripts.simulation.campaign import play
from scripts.simulation.mutants import SIMULATED, Mutant, mutants
from scripts.simulation.mutation import meetings
from scripts.simulation.plan import plan
from scripts.simulation.run import Run, first_violation
from scripts.simulation.shrink import shrunk
from scripts.simulation.sources import HERE, PIECES, SOURCES, composed, in_small_pieces, pieces

ROOT = Path(__file__).resolve().parents[2]
SEEDS, STEPS = 120, 60


@pytest.mark.parametrize("name", [path.stem for path in HERE.glob("*.lua") if path.read_text().startswith("-- with:")])
def test_the_scripts_that_are_simulated_are_those_that_workers_run(name: str) -> None:
    assert composed(name, SOURCES) in vars(lua).values()


def test_every_script_of_the_package_is_simulated() -> None:
    package = HERE.parent
    lying = {path.read_text(encoding="utf-8") for path in package.rglob("*.lua")}

    assert lying == set(SOURCES.values())
    assert set(SIMULATED) == set(SOURCES)


def test_every_invariant_holds_after_every_step() -> None:
    found = play(range(SEEDS), STEPS)

    assert (found.invariant, found.said, found.seed) == ("", "", None)
    assert found.seeds == SEEDS


def test_a_seed_is_always_the_same_run() -> None:
    told: list[list[str]] = [[], []]
    tokens: list[set[tuple[str, str]]] = []

    for each in told:
        run = Run(plan(11, STEPS))
        run.play(each.append)
        tokens.append(run.world.witness.tokens)

    assert told[0] == told[1]
    assert tokens[0] == tokens[1] != set()


def test_runs_go_through_all_that_can_happen() -> None:
    verbs = {action.verb for seed in range(100) for action in plan(seed, STEPS).actions}

    assert verbs >= {
        "enqueue",
        "turn",
        "end",
        "renew",
        "crash",
        "sleep",
        "arrive",
        "restart",
        "flush",
        "clock",
        "stock",
        "cancel",
        "steer",
        "land",
        "report",
        "write_down",
        "call_in",
        "timetable.claim",
        "signs.beat",
        "signs.lock",
        "limits.reserve",
        "limits.settle",
        "purse.afford",
    }


def _mutant(file: str, was: str) -> Mutant:
    return next(each for each in mutants() if each.file == file and was in each.was)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("settling", "if told[1] ~= token then"),
        ("common", "redis.call('ZREM', queue, unpack(ids))"),
        ("gates", "if redis.call('SCARD', using_key(gate)) >= capacity"),
        ("settling", "enter('e', 'again'"),
        ("settling", "stir(job.queue)"),
        ("waiting", "redis.call('SET', result_key(id), result, 'PXAT', now + keep)"),
        ("common", "redis.call('HINCRBY', 'mindfleet:counts:'"),
        ("entering", "redis.call('PUBLISH', 'mindfleet:cancel', 'superseded ' .. id)"),
        ("claim", "redis.call('SET', idle_key(queue), 1, 'PX', 60000)"),
        ("schedule_claim", "redis.call('ZADD', CLAIMS, now + lease, entry)"),
        ("observe/beat", "redis.call('PEXPIRE', key, ARGV[3])"),
        ("limits/reserve", "redis.call('HSET', breaker, 'probe', token)"),
        ("limits/afford", "redis.call('ZADD', KEYS[i + 1], now + lease"),
    ],
)
def test_what_is_broken_on_purpose_is_noticed(file: str, line: str) -> None:
    assert play(range(3 * SEEDS), STEPS, _mutant(file, line).sources).seed is not None


def test_in_some_runs_scripts_do_little_in_one_piece() -> None:
    assert pieces(SOURCES).keys() == PIECES.keys()
    assert pieces(in_small_pieces(SOURCES)).items() <= PIECES.items()
    assert {plan(seed, 1).is_narrow for seed in range(100)} == {True, False}


def test_a_seed_goes_through_lines_that_there_are() -> None:
    [places, *_] = meetings(1, STEPS).values()

    assert ("claim", 1) not in places
    assert {file for file, _ in places} >= {"claim", "common", "gates", "waiting"}
    assert all(line <= len(SOURCES[file].split("\n")) for file, line in places)


def test_a_violation_is_shrunk_to_what_it_takes() -> None:
    broken = _mutant("common", "redis.call('ZREM', queue, unpack(ids))").sources
    seed = play(range(SEEDS), STEPS, broken).seed
    assert seed is not None
    violation = first_violation(plan(seed, STEPS), broken)
    assert violation is not None

    fewest = shrunk(plan(seed, STEPS), violation.invariant, broken)

    assert len(fewest.actions) < 10
    again = first_violation(fewest, broken)
    assert again is not None
    assert again.invariant == violation.invariant
    assert first_violation(replace(fewest, actions=())) is None


def test_the_command_prints_one_object() -> None:
    command = [str(ROOT / "scripts" / "simulate"), "--seeds", "20", "--steps", "30", "--json"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=100).stdout

    assert json.loads(told) | {"steps": 0, "seconds": 0} == {"seeds": 20, "steps": 0, "seconds": 0, "violation": None}
