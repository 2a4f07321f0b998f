"""The sources themselves: flags, environment, env file, `settings.yaml`, and the embedded stack's run file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, cast

import yaml
from dotenv import dotenv_values

from mindfleet.embedded import runfile
from mindfleet.settings.layers import ENVIRONMENT, Found, Layer, did_you_mean
from mindfleet.settings.leaves import FROM_FILE, PREFIX, Leaf, LeafPath, leaves
from mindfleet.settings.places import Surroundings

NO_SETTING = {"OLLAMA_MODELS", "MINDFLEET_READY_FILE", "MINDFLEET_DATA"}
"""Names that look like a misspelt setting: Ollama's folder of models, what our supervisor tells its workers, and where
tests and measurements find conversations that we may not ship."""

OF_TESTS = "MINDFLEET_TEST_"
"""Where tests find real servers."""

RUN_FILE: dict[LeafPath, str] = {
    ("redis", "url"): "redis_url",
    ("postgres", "url"): "database_url",
    ("graph", "url"): "neo4j_url",
    ("graph", "user"): "neo4j_user",
    ("graph", "password"): "neo4j_password",
}


def read_flags(flags: Mapping[str, str], around: Surroundings) -> Layer:
    """Flags as `parse_flags` gives them: dotted names, with or without dashes."""
    layer = Layer()
    for name, value in flags.items():
        path = tuple(name.removeprefix("--").replace("-", "_").split("."))
        if leaf := leaves().get(path):
            layer.found[path] = Found(_based(leaf, value, around.directory), leaf.flag, "flag")
        else:
            flag = f"--{name.removeprefix('--')}"
            near = did_you_mean(flag, (leaf.flag for leaf in leaves().values()))
            layer.problems.append(f"{flag} (flag): there is no such setting{near}")
    return layer


def read_environment(around: Surroundings) -> Layer:
    return _read_names(_Names(around.environ, ENVIRONMENT, around.directory))


def read_env_file(above: Mapping[LeafPath, Found], around: Surroundings) -> Layer:
    """`MINDFLEET_ENV_FILE`, or else the first `.env` of working directory and checkout."""
    path = _named_or_first(above.get(("env_file",)), ".env", around.directory, around.checkout)
    if path is None:
        return Layer()
    place = f"env file {around.shown(path)}"
    try:
        named = dotenv_values(stream=StringIO(path.read_text(encoding="utf-8")), interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        return Layer(problems=[f"{place}: cannot be read ({error})"])
    return _read_names(_Names({name: value or "" for name, value in named.items()}, place, path.parent))


def read_settings_file(above: Mapping[LeafPath, Found], around: Surroundings, home: Path) -> Layer:
    """`MINDFLEET_SETTINGS`, or else the first `settings.yaml` of `MINDFLEET_HOME` and checkout."""
    try:
        path = _named_or_first(above.get(("settings_file",)), "settings.yaml", home, around.checkout)
    except OSError as error:
        place, why = error.filename, error.strerror
        return Layer(problems=[f"{place}: cannot be read ({why}); set MINDFLEET_HOME to a folder of yours"])
    if path is None:
        return Layer()
    place = around.shown(path)
    try:
        tree: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return Layer(problems=[f"{place}: cannot be read ({error})"])
    except yaml.YAMLError as error:
        return Layer(problems=[f"{place}: is not YAML{_where(error)}"])
    layer = Layer()
    _read_tree({} if tree is None else tree, (), layer, place=place, base=path.parent)
    return layer


def read_run_file(home: Path, above: Mapping[LeafPath, Found]) -> Layer:
    """The addresses of the embedded stack that runs on `home`; credentials only together with their address."""
    wanted = {path: name for path, name in RUN_FILE.items() if (path[0], "url") not in above}
    if not wanted:
        return Layer()
    try:
        stack = runfile.read(home)
    except (OSError, ValueError) as error:
        return Layer(problems=[f"run file {runfile.path(home)}: cannot be read ({error})"])
    if stack is None:
        return Layer()
    return Layer(
        found={
            path: Found(address, name, "run file")
            for path, name in wanted.items()
            if path not in above and (address := getattr(stack, name))
        }
    )


@dataclass(frozen=True)
class _Names:
    """What the environment, or a file like it, holds."""

    values: Mapping[str, str]
    place: str
    base: Path
    """Where a relative path in a value starts."""

    def get(self, name: str) -> str:
        """The value; empty when it is not set, which is the same as blank."""
        return self.values.get(name, "").strip()

    def found(self, leaf: Leaf, name: str, value: str) -> Found:
        return Found(_based(leaf, value, self.base), name, self.place)


def _named_or_first(named: Found | None, name: str, *folders: Path | None) -> Path | None:
    if named:
        return Path(str(named.value))
    return next((folder / name for folder in folders if folder and (folder / name).is_file()), None)


def _read_names(names: _Names) -> Layer:
    layer = Layer()
    for leaf in leaves().values():
        for name in leaf.names:
            if found := _read_name(leaf, name, names, layer):
                layer.found.setdefault(leaf.path, found)
    layer.warnings.extend(_unknown(names.values, names.place))
    return layer


def _read_name(leaf: Leaf, name: str, names: _Names, layer: Layer) -> Found | None:
    """The value of one name; a secret may lie in the file that `NAME_FILE` names."""
    value = names.get(name)
    from_file = name + FROM_FILE
    file = names.get(from_file) if leaf.secret else ""
    if value and file:
        layer.problems.append(f"{name} and {from_file} ({names.place}) are both set; keep one of them")
        return None
    if not file:
        return names.found(leaf, name, value) if value else None
    try:
        content = (names.base / Path(file).expanduser()).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        layer.problems.append(f"{from_file} = {file!r} ({names.place}): cannot be read ({error})")
        return None
    return names.found(leaf, from_file, content) if content else None


def _unknown(values: Mapping[str, str], place: str) -> Iterator[str]:
    known = {name for leaf in leaves().values() for name in leaf.names}
    known |= {name + FROM_FILE for leaf in leaves().values() if leaf.secret for name in leaf.names}
    plain = {name for name in known if not name.startswith(PREFIX)}
    for name in sorted(values.keys() - known - NO_SETTING):
        if name.startswith(OF_TESTS):
            continue
        if name.startswith(PREFIX) or _is_misspelt(name, plain):
            yield f"{name} ({place}) is not a setting{did_you_mean(name, known)}"


def _is_misspelt(name: str, plain: set[str]) -> bool:
    """Whether a name that may well be another program's is so near to one of ours that it deserves a word."""
    near = get_close_matches(name, plain, n=1, cutoff=0.85)
    return bool(near) and not name.startswith(f"{near[0]}_") and not name.endswith(f"_{near[0]}")


def _read_tree(tree: object, above: LeafPath, layer: Layer, *, place: str, base: Path) -> None:
    if not isinstance(tree, dict):
        layer.problems.append(f"{'.'.join(above) or 'its content'} ({place}): must be a mapping of names to values")
        return
    for key, value in cast("dict[object, object]", tree).items():
        path = (*above, str(key).replace("-", "_"))
        if leaf := leaves().get(path):
            if value not in (None, ""):
                layer.found[path] = Found(_based(leaf, value, base), leaf.dotted, place)
        elif not any(known[: len(path)] == path for known in leaves()):
            layer.warnings.append(f"{'.'.join(path)} ({place}) is not a setting{_near_key(path)}")
        elif value is not None:
            _read_tree(value, path, layer, place=place, base=base)


def _near_key(path: LeafPath) -> str:
    by_name = {name: leaf.dotted for leaf in leaves().values() for name in leaf.names}
    if named := by_name.get(path[-1]):
        return f"; here it is called {named}"
    return did_you_mean(".".join(path), by_name.values())


def _where(error: yaml.YAMLError) -> str:
    """The line, without the text there: it may hold a secret."""
    mark: Any = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1}: {getattr(error, 'problem', '')})" if mark else ""


def _based(leaf: Leaf, value: object, base: Path) -> object:
    """A relative path starts at the folder of the file that names it, or at the working directory."""
    return base / Path(value).expanduser() if leaf.is_path and isinstance(value, str) else value
