"""How a run begins or goes on: which run of a file a configuration is, a new one or one that grows."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.results.checksums import checksum
from eval.results.database import ResultsError
from eval.results.extending import extends
from eval.results.materials import RUN, latest_session, read_runs, store_material

_PACKAGES = ("langgraph-atom", "langgraph", "litellm", "numpy", "scipy", "overcooked-ai", "tomsup")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Beginning:
    """What may become of a configuration that no run has; see ``open_run``."""

    force_new: bool = False
    beside_others: bool = False
    extend: bool = False


def check_numbers(configuration: Mapping[str, Any]) -> None:
    """Refuses what could not be stored, before anything is played.

    Raises:
        ResultsError: a seed beyond 64 bits.
    """
    seed = configuration.get("seed", 0)
    if isinstance(seed, int) and seed > _LARGEST:
        raise ResultsError(f"a results file holds seeds up to {_LARGEST}, got {seed}; choose a smaller one")


def find_or_begin(
    connection: sqlite3.Connection, path: Path, configuration: Mapping[str, Any], beginning: Beginning
) -> tuple[int, list[str]]:
    """The number of the configuration's run, and what the user should know of it.

    Raises:
        ResultsError: the file holds runs of other configurations only.
    """
    if beginning.force_new and beginning.extend:
        raise ResultsError("--force-new and --extend exclude each other: a run is new, or grows")
    wanted = canonical(configuration)
    runs = list(reversed(read_runs(connection, path)))
    if not beginning.force_new:
        for run in runs:
            if run.configuration == json.loads(wanted):
                return run.number, _version_notes(connection, run.number)
        # a run without an episode, such as one that its user thought better of, is in nobody's way
        played = [run for run in runs if run.episodes]
        grows = next((run for run in played if extends(run.configuration, json.loads(wanted))), None)
        if grows is not None and beginning.extend:
            _write_run(connection, grows.number, wanted, grows.begun)
            diff = "; ".join(configuration_diff(grows.configuration, json.loads(wanted)))
            return grows.number, [f"run {grows.number} is extended: {diff}"]
        if played and (beginning.extend or not beginning.beside_others):
            raise ResultsError(_refusal(path, played[0].configuration, configuration, grows and grows.number))
    number = 1 + max((run.number for run in runs), default=0)
    _write_run(connection, number, wanted, now())
    return number, []


def _refusal(path: Path, old: Mapping[str, Any], new: Mapping[str, Any], grows: int | None) -> str:
    diff = "; ".join(configuration_diff(old, new))
    more = (
        ""
        if grows is None
        else f"add --extend to play what run {grows} lacks of it and keep what it has, or "
    )
    return (
        f"the results file {str(path)!r} is of another configuration ({diff}); run the command that "
        f"began it, choose another file, {more or 'or '}add --force-new to begin a second run in this one"
    )


def _write_run(connection: sqlite3.Connection, number: int, configuration: str, begun: str) -> None:
    """Writes a run that is not finished, and what is read where the row is damaged."""
    row = (number, configuration, begun)
    connection.execute(
        "INSERT INTO runs (id, configuration, begun, checksum) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "configuration = excluded.configuration, finished = NULL, checksum = excluded.checksum",
        (*row, checksum("runs", row)),
    )
    copy = {"configuration": json.loads(configuration), "begun": begun}
    store_material(connection, number, (RUN, ""), copy, replace=True)


@cache
def package_versions() -> dict[str, str]:
    """Package -> version of what is installed and may change results."""
    return {"python": platform.python_version(), **versions_of(_PACKAGES)}


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Package -> version, of those that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def configuration_diff(old: Mapping[str, Any], new: Mapping[str, Any], within: str = "") -> list[str]:
    """``name: old -> new`` for everything that differs, at whatever depth."""
    lines = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += configuration_diff(before, after, f"{within}{name}.")
        elif before != after:
            lines.append(f"{within}{name}: {json.dumps(before)} -> {json.dumps(after)}")
    return lines


def _version_notes(connection: sqlite3.Connection, number: int) -> list[str]:
    before, _ = latest_session(connection, number)
    diff = configuration_diff(before, package_versions()) if before else []
    return [f"other versions than when this run was begun: {'; '.join(diff)}"] if diff else []


def canonical(value: Mapping[str, Any]) -> str:
    """JSON that is the same for equal values."""
    return json.dumps(value, sort_keys=True)


def now() -> str:
    """The time as it is stored: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
