"""Results as tables for other tools: of episodes, steps and transcripts (extra ``results``)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from eval.play import Key
from eval.results.content import StoredEpisode, stored_episodes, stored_run
from eval.results.database import ResultsError
from eval.results.transcripts import all_transcripts, stored_transcripts

Form: TypeAlias = Literal["parquet", "csv"]
_FORMULA = r"^''*[-=+@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"

EPISODES: Mapping[str, str] = {
    "run": "BIGINT",
    "task": "VARCHAR",
    "agent": "VARCHAR",
    "partner": "VARCHAR",
    "episode": "BIGINT",
    "seed": "BIGINT",
    "seat": "BIGINT",
    "score": "DOUBLE",
    "scores": "VARCHAR",
    "steps": "BIGINT",
    "degraded": "BIGINT",
    "decisions": "BIGINT",
    "repaired": "BIGINT",
    "truncated": "BIGINT",
    "calls": "BIGINT",
    "prompt_tokens": "BIGINT",
    "completion_tokens": "BIGINT",
    "cost": "DOUBLE",
    "seconds": "DOUBLE",
}
"""Columns of the table of episodes; ``scores`` is JSON, player -> score.

``degraded``, ``repaired`` and ``truncated`` are numbers of ``decisions``, see ``eval.play.tally``; the last
two are missing where an older release stored the episode.
"""

STEPS: Mapping[str, str] = {
    "run": "BIGINT",
    "task": "VARCHAR",
    "agent": "VARCHAR",
    "partner": "VARCHAR",
    "episode": "BIGINT",
    "step": "BIGINT",
    "situation": "VARCHAR",
    "player": "VARCHAR",
    "is_agent": "BOOLEAN",
    "action": "VARCHAR",
    "score": "DOUBLE",
    "order": "BIGINT",
    "estimates": "VARCHAR",
    "posterior": "VARCHAR",
    "predictions": "VARCHAR",
    "usage": "VARCHAR",
    "degraded": "VARCHAR",
    "gap": "DOUBLE",
}
"""Columns of the table of steps, one row a step and player; those of text from ``estimates`` on are JSON."""

TRANSCRIPTS: Mapping[str, str] = {
    "run": "BIGINT",
    "task": "VARCHAR",
    "agent": "VARCHAR",
    "partner": "VARCHAR",
    "episode": "BIGINT",
    "entry": "BIGINT",
    "type": "VARCHAR",
    "step": "BIGINT",
    "player": "VARCHAR",
    "content": "VARCHAR",
}
"""Columns of the table of transcripts, one row an entry in their order; ``content`` is the entry as JSON."""


def export(path: Path, directory: Path, form: Form, number: int | None = None) -> list[Path]:
    """Writes ``episodes``, ``steps`` and, where there are some, ``transcripts`` in a form.

    In CSV, names that begin as formulas of spreadsheets do (``=``, ``+``, ``-``, ``@``, in full width, a
    tab or the end of a line), after apostrophes or at once, have one more apostrophe before them: who reads
    them takes one off. In Parquet they are as they were.

    Tables of these names that are there already are replaced; that of transcripts is removed where the run
    has none, since it would be of another run.

    Args:
        path: the results file.
        directory: where to; made where it does not exist.
        form: ``"parquet"`` or ``"csv"``.
        number: the run; the latest for None.

    Returns:
        the files; one of ``transcripts`` among them where the run has some.

    Raises:
        ModuleNotFoundError: the extra is not installed.
        ResultsError: no usable results file, a directory that cannot be made, or a file in it that cannot be
            removed.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "export needs the extra 'results': pip install 'langgraph-atom[results]'", name=error.name
        ) from None
    run = stored_run(path, number).number
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(f"cannot make the directory {str(directory)!r}: {error.strerror}") from error
    tables = [
        ("episodes", EPISODES, _episode_rows(run, stored_episodes(path, run))),
        ("steps", STEPS, _step_rows(run, stored_episodes(path, run))),
    ]
    if stored_transcripts(path, run).heads:
        tables.append(("transcripts", TRANSCRIPTS, _entry_rows(run, all_transcripts(path, run))))
    else:
        _remove(directory / f"transcripts.{form}")
    written = []
    with duckdb.connect() as database, tempfile.TemporaryDirectory() as scratch:
        for name, columns, rows in tables:
            # through a file, not memory: a sweep may have more steps than fit
            lines = Path(scratch) / f"{name}.ndjson"
            _write_lines(lines, rows)
            target = directory / f"{name}.{form}"
            how = "FORMAT parquet, COMPRESSION zstd" if form == "parquet" else "FORMAT csv, HEADER"
            types = ", ".join(f"{_quoted(column)}: {_quoted(kind)}" for column, kind in columns.items())
            taken = ", ".join(_cell(column, kind, form) for column, kind in columns.items())
            source = f"read_json({_quoted(lines)}, columns={{{types}}}, format='newline_delimited')"
            database.execute(f"COPY (SELECT {taken} FROM {source}) TO {_quoted(target)} ({how})")  # noqa: S608 - our columns
            written.append(target)
    return written


def _cell(column: str, kind: str, form: Form) -> str:
    """A column of the table; in CSV a text that a spreadsheet would run begins with an apostrophe."""
    name = f'"{column}"'
    if form != "csv" or kind != "VARCHAR":
        return name
    formula = f"regexp_matches({name}, '{_FORMULA}')"
    return f"CASE WHEN {formula} THEN concat(chr(39), {name}) ELSE {name} END AS {name}"


def _remove(stale: Path) -> None:
    try:
        stale.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(
            f"{str(stale)!r} is of another run and cannot be removed ({error.strerror}); "
            "name another directory"
        ) from error


def _episode_rows(run: int, episodes: Iterable[StoredEpisode]) -> Iterator[dict[str, Any]]:
    for episode in episodes:
        yield {
            **_unit(run, episode),
            "seed": episode.seed,
            "seat": episode.seat,
            "score": episode.score,
            "scores": json.dumps(episode.scores),
            "steps": len(episode.steps),
            "degraded": episode.degraded,
            "decisions": episode.tally.decisions,
            "repaired": episode.tally.repaired,
            "truncated": episode.tally.truncated,
            **episode.usage,
            "seconds": episode.seconds,
        }


def _step_rows(run: int, episodes: Iterable[StoredEpisode]) -> Iterator[dict[str, Any]]:
    for episode in episodes:
        for t, step in enumerate(episode.steps):
            for seat, (player, decision) in enumerate(step["decisions"].items()):
                partners = decision.get("partners", {})
                yield {
                    **_unit(run, episode),
                    "step": t,
                    "situation": step["situation"],
                    "player": player,
                    "is_agent": seat == episode.seat,
                    "action": step["actions"][player],
                    "score": step["scores"][player],
                    "order": decision.get("order"),
                    "estimates": _json({name: p["order"] for name, p in partners.items()}),
                    "posterior": _json({name: p["posterior"] for name, p in partners.items()}),
                    "predictions": _json({name: p["by_order"] for name, p in partners.items()}),
                    "usage": _json(decision.get("usage")),
                    "degraded": _json(decision.get("degraded")),
                    "gap": decision.get("gap"),
                }


def _entry_rows(run: int, kept: Iterable[tuple[Key, list[dict[str, Any]]]]) -> Iterator[dict[str, Any]]:
    for (task, agent, partner, episode), entries in kept:
        for number, entry in enumerate(entries):
            yield {
                "run": run,
                "task": task,
                "agent": agent,
                "partner": partner,
                "episode": episode,
                "entry": number,
                "type": entry["type"],
                "step": entry.get("step"),
                "player": entry.get("player", entry.get("seat", entry.get("agent_seat"))),
                # twice JSON: lone surrogates stay escaped within the text that the other tool reads
                "content": json.dumps(entry),
            }


def _unit(run: int, episode: StoredEpisode) -> dict[str, Any]:
    return {
        "run": run,
        "task": episode.task,
        "agent": episode.agent,
        "partner": episode.partner,
        "episode": episode.episode,
    }


def _json(value: Any) -> str | None:
    return json.dumps(value) if value else None


def _write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row))
            lines.write("\n")


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
