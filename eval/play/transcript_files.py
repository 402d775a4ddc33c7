"""Transcripts as files, one an episode; a finished episode is read instead of played again."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from atom import Usage
from eval.play.filenames import alike, readable
from eval.play.transcripts import TranscriptError, TranscriptHead, ended, head_of

_RUN_FILE = "run.json"
_PAIRING_FILE = "pairing.json"
_DIGEST_BYTES = 3
_ATTEMPTS, _PAUSE = 20, 0.05
"""How often, and after how many seconds, a file is read again that another process may be writing."""
_DAMAGED = "delete it if it is a damaged transcript, and the episode is played again"


class Finished(NamedTuple):
    """An episode that was played already: the agent's score, and the entries as of ``read_transcript``."""

    score: float
    entries: list[dict[str, Any]]


class Transcripts:
    """A directory with one JSON-lines file for each finished episode.

    Files are named like ``memory-1/ollama-qwen2.5@bayes--tom-1/00003.jsonl``. Where two pairings would have
    the same folder, the later one's ends in a short digest; ``pairing.json`` says whose a folder is.

    Args:
        directory: made when absent.
        settings: what the episodes depend on, plain data without keys of any API. A directory made
            with others is refused.

    Raises:
        TranscriptError: the directory holds transcripts of other settings.
    """

    def __init__(self, directory: Path, settings: Mapping[str, Any]) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        run, wanted = directory / _RUN_FILE, json.loads(json.dumps(dict(settings)))
        if not run.exists():
            _write_first(run, json.dumps(wanted, indent=1) + "\n")
        # read in any case: another sweep may have been the first
        found = _load(run, _begun(run))
        differences = [
            f"{key}: {found.get(key)!r} there, {wanted.get(key)!r} now"
            for key in sorted({*found, *wanted})
            if found.get(key) != wanted.get(key)
        ]
        if differences:
            raise TranscriptError(
                f"the transcripts in {str(directory)!r} are of a run with other settings "
                f"({'; '.join(differences)}); use another directory"
            )

    def path(self, task: str, agent: str, partner: str, episode: int) -> Path:
        """The file of one episode: where it is, or would be if it were kept now."""
        name = f"{episode:05d}.jsonl"
        before = self.directory / _quoted(task, safe="") / f"{_quoted(agent)}__{_quoted(partner)}" / name
        if os.path.exists(before):  # noqa: PTH110 - ``Path`` raises where a name is too long
            return before
        return _folder(self.directory, task, agent, partner) / name

    def finished(self, path: Path) -> Finished | None:
        """An episode that was played already; None where it was not.

        Raises:
            TranscriptError: the file is no transcript.
        """
        if not path.exists():
            return None
        entries = read_transcript(path)
        try:
            return Finished(float(entries[-1]["score"]), entries)
        except (KeyError, TypeError) as error:
            raise TranscriptError(f"{str(path)!r} is no whole transcript ({error!r}); {_DAMAGED}") from None

    def keep(
        self,
        key: tuple[str, str, str, int],
        entries: Sequence[Mapping[str, Any]],
        seat: str,
        score: float,
        usage: Usage,
    ) -> None:
        """Keeps an episode; the file appears when it is whole. Arguments as of ``ended``."""
        path = self.path(*key)
        if not path.parent.exists():
            task, agent, partner, _ = key
            path = _folder(self.directory, task, agent, partner, make=True) / path.name
        # ASCII: models answer with separators and lone surrogates that no text file should hold
        lines = (json.dumps(entry) + "\n" for entry in ended(entries, key, seat, score, usage))
        _write_whole(path, "".join(lines))


def read_transcript(path: Path) -> list[dict[str, Any]]:
    """The entries of one episode: exchanges and decisions by step, the score last.

    Raises:
        TranscriptError: the file cannot be read, or is no transcript.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TranscriptError(f"cannot read the transcript {str(path)!r}: {error}") from None
    entries = [_load(path, line) for line in text.split("\n") if line]
    if not entries:
        raise TranscriptError(f"{str(path)!r} is empty; {_DAMAGED}")
    return entries


def read_head(path: Path) -> TranscriptHead:
    """Which episode a file is of; files of before say so by where they are.

    Raises:
        TranscriptError: the file cannot be read, or is no transcript.
    """
    try:
        head = head_of(read_transcript(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, TranscriptError):
            raise
        raise TranscriptError(f"{str(path)!r} is no whole transcript ({error!r}); {_DAMAGED}") from None
    if head.episode >= 0:
        return head
    agent, _, partner = (unquote(part) for part in path.parent.name.partition("__"))
    number = int(path.stem) if path.stem.isdecimal() else 0
    task = unquote(path.parent.parent.name)
    return replace(head, task=task, agent=agent, partner=partner, episode=number)


def transcripts_in(directory: Path) -> Iterator[tuple[TranscriptHead, Path]]:
    """The transcripts of a directory of ``--transcripts``, in the order of task, agent, partner and number.

    Raises:
        TranscriptError: there is none, or a file that is none.
    """
    files = sorted(directory.rglob("*.jsonl"))
    if not files:
        raise TranscriptError(
            f"there is no transcript in {str(directory)!r}; name the directory of --transcripts, or a "
            "results file of episodes with language models"
        )
    found = [(read_head(file), file) for file in files]
    yield from sorted(found, key=lambda one: (one[0].task, one[0].agent, one[0].partner, one[0].episode))


def _folder(directory: Path, task: str, agent: str, partner: str, *, make: bool = False) -> Path:
    """The pairing's own folder, which may have to be made."""
    wanted = {"task": task, "agent": agent, "partner": partner}
    parent = _there(directory, readable(task))
    if make:
        parent.mkdir(parents=True, exist_ok=True)
    plain = f"{readable(agent)}--{readable(partner)}"
    digest = hashlib.sha256(json.dumps([task, agent, partner]).encode()).hexdigest()
    for name in (plain, f"{plain}-{digest[: 2 * _DIGEST_BYTES]}", f"{plain}-{digest[:32]}"):
        folder = _there(parent, name)
        if not folder.exists():
            if not make:
                return folder
            _claim(folder, wanted)
        if _pairing_of(folder) == wanted:
            return folder
    raise TranscriptError(f"the folder {str(folder)!r} is taken by another pairing; use another directory")


def _claim(folder: Path, pairing: Mapping[str, str]) -> None:
    """Makes a folder that says whose it is, at once; whoever comes second leaves it as it is."""
    unfinished = folder.with_name(f".{secrets.token_hex(8)}.tmp")
    unfinished.mkdir()
    (unfinished / _PAIRING_FILE).write_text(json.dumps(pairing, indent=1) + "\n", encoding="utf-8")
    try:
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not folder.exists():
            raise


def _pairing_of(folder: Path) -> dict[str, Any] | None:
    file = folder / _PAIRING_FILE
    return _load(file, file.read_text(encoding="utf-8")) if file.exists() else None


def _there(parent: Path, name: str) -> Path:
    """The entry that some file system would take for ``name``, else the one to be made."""
    if parent.is_dir():
        for entry in parent.iterdir():
            if alike(entry.name, name):
                return entry
    return parent / name


def _quoted(name: str, safe: str = "@") -> str:
    """What stood for a name in releases before."""
    return quote(name, safe=safe, errors="surrogatepass")


def _load(path: Path, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(f"{str(path)!r} is no transcript: {error}; {_DAMAGED}") from None
    if not isinstance(found, dict):
        raise TranscriptError(f"{str(path)!r} is no transcript; {_DAMAGED}")
    return found


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _write_first(path: Path, text: str) -> None:
    """The same, unless there is a file; of several at once only one writes."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        pass
    except OSError:
        # a file system without links
        with suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(text)
    finally:
        unfinished.unlink()


def _begun(path: Path) -> str:
    """The text of a file of ``_write_first``, which is empty for a moment where there are no links."""
    for _ in range(_ATTEMPTS):
        if text := path.read_text(encoding="utf-8"):
            return text
        time.sleep(_PAUSE)
    return ""
