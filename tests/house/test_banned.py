"""What the code of the fleet does not do, or only where a reason is given here."""

import ast

import pytest

from tests.house.source import Module

EVERYWHERE_ELSE = {
    "time.sleep": {
        "src/mindfleet/cli/logs.py": "follows files that other processes write; a command has nothing else to do",
        "src/mindfleet/embedded/daemon.py": "waits in the process that forked the supervisor; there is no loop yet",
        "src/mindfleet/embedded/leftovers.py": "waits for processes that were killed before any loop runs",
    },
    "datetime.utcnow": {},
    "datetime.utcfromtimestamp": {},
    "datetime.now": {
        "src/mindfleet/adapters/clock.py": "is the clock",
        "src/mindfleet/cli/": "says how old things are, as of now",
        "src/mindfleet/payloads.py": "what a seed's call leaves out is as of its enqueue",
        "src/mindfleet/embedded/": "processes live in this machine's time",
        "src/mindfleet/options.py": "`_defer_by` counts from now",
        "src/mindfleet/filing.py": "a job that is due now expires from now on",
    },
    "os.environ": {
        "src/mindfleet/settings/places.py": "settings are read here",
        "src/mindfleet/cli/call.py": "settings are read here, with paths made whole before the directory changes",
        "src/mindfleet/embedded/stack.py": "a program's environment is that of whoever adds it",
        "src/mindfleet/embedded/supervisor.py": "its watchdog inherits the environment",
        "workers/alive.py": "whoever starts a worker says where it reports that it is up",
    },
    "os.getenv": {},
    "os.system": {},
    "asyncio.get_event_loop": {},
    "pickle.loads": {},
    "pickle.dumps": {},
}
"""Dotted names, and the files and folders that may use them, with the reason."""

THE_BROAD_ONE = "src/mindfleet/runtime/executor.py"
"""Where any error of a task gets its verdict."""


@pytest.mark.parametrize("name", EVERYWHERE_ELSE)
def test_only_excepted_files_use(modules: list[Module], name: str) -> None:
    users = {m.name for m in modules for used, _ in m.dotted() if used == name or used.endswith(f".{name}")}
    excepted = EVERYWHERE_ELSE[name]

    assert [user for user in sorted(users) if not user.startswith(tuple(excepted))] == []
    assert [place for place in excepted if not any(user.startswith(place) for user in users)] == [], "no longer needed"


def test_one_place_catches_every_error(modules: list[Module]) -> None:
    broad = [
        f"{module.name}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _swallows_everything(node)
    ]

    assert [where.split(":")[0] for where in broad] == [THE_BROAD_ONE], broad


def _swallows_everything(handler: ast.ExceptHandler) -> bool:
    """A broad `except` that doesn't raise again."""
    caught = "" if handler.type is None else ast.unparse(handler.type)
    is_broad = handler.type is None or caught in {"Exception", "BaseException"}
    ends_in_raise = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return is_broad and not ends_in_raise


def test_nothing_is_left_to_be_done(modules: list[Module]) -> None:
    marks = ("TODO", "FIXME", "XXX", "HACK")
    found = [
        f"{module.name}:{number}"
        for module in modules
        for number, line in enumerate(module.text.splitlines(), start=1)
        if any(mark in line for mark in marks)
    ]

    assert found == []


def test_every_module_opens_with_a_sentence(modules: list[Module]) -> None:
    silent = [module.name for module in modules if module.tree.body and not ast.get_docstring(module.tree)]

    assert silent == []


def test_nothing_is_called_by_a_word_that_says_nothing(modules: list[Module]) -> None:
    empty = ("manager", "helper", "util", "handler", "processor")
    named = [
        f"{module.name} {node.name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and node.name.lower().endswith(empty)
    ]
    files = [module.name for module in modules if module.path.stem.lower().rstrip("s").endswith(empty)]

    assert named + files == []
