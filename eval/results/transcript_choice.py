"""Which transcripts there are, in a results file, a directory or a single file, and choosing among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eval.play import TranscriptError, TranscriptHead, read_head, read_transcript, transcripts_in
from eval.results.transcripts import stored_transcript, stored_transcripts

_SQLITE = b"SQLite format 3\0"
_NAMED = 5
_KEYS = ("task", "agent", "partner", "episode")


@dataclass(frozen=True, slots=True)
class Kept:
    """A transcript that is there.

    Attributes:
        head: which episode it is of.
        read: gives the entries.
    """

    head: TranscriptHead
    read: Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which episodes; None and False want all."""

    task: str | None = None
    agent: str | None = None
    partner: str | None = None
    episode: int | None = None
    degraded: bool = False

    def __call__(self, head: TranscriptHead) -> bool:
        """Whether an episode is one of them."""
        fits = all(getattr(self, name) in (None, getattr(head, name)) for name in _KEYS)
        return fits and (not self.degraded or head.degraded > 0)


def kept_transcripts(file: Path, run: int | None, note: Callable[[str], None]) -> list[Kept]:
    """All transcripts of a results file's run, a directory of ``--transcripts``, or a file in it.

    Args:
        file: where they are.
        run: number of the run; the latest for None.
        note: told what a reader should know besides.

    Raises:
        TranscriptError: there is none, the file is something else, or has no runs and one was asked for.
        ResultsError: see ``stored_transcripts``.
    """
    single = is_single(file)
    if (single or file.is_dir()) and run is not None:
        raise TranscriptError(f"{str(file)!r} is no results file and has no runs; leave --run out")
    if single:
        return [Kept(_head(file), partial(read_transcript, file))]
    if file.is_dir():
        return [Kept(head, partial(read_transcript, path)) for head, path in transcripts_in(file)]
    found = stored_transcripts(file, run)
    if not found.heads:
        raise TranscriptError(
            f"run {found.run} of {str(file)!r} has no transcript among its {found.episodes} episodes: "
            "they were played without language models, with --no-transcripts, or by a release before; "
            "another run may have some (--run N), and so may a directory of --transcripts"
        )
    if len(found.heads) < found.episodes:
        note(f"{len(found.heads)} of the {found.episodes} episodes of run {found.run} have a transcript")
    return [
        Kept(h, partial(stored_transcript, file, found.run, (h.task, h.agent, h.partner, h.episode)))
        for h in found.heads
    ]


def is_single(file: Path) -> bool:
    """Whether it is the file of one episode, or at least no results file."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) != _SQLITE


def those_wanted(file: Path, kept: Sequence[Kept], wanted: Wanted) -> list[Kept]:
    """Those that fit.

    Raises:
        TranscriptError: none does; it names the first wish that none of those left fulfils.
    """
    found = [one for one in kept if wanted(one.head)]
    if found:
        return found
    left = [one.head for one in kept]
    for name in _KEYS:
        asked, there = getattr(wanted, name), sorted({getattr(head, name) for head in left})
        if asked is not None and asked not in there:
            shown = ", ".join(map(repr, there[:_NAMED])) + (", …" if len(there) > _NAMED else "")
            raise TranscriptError(
                f"no transcript in {str(file)!r} has the {name} {asked!r}; there are {shown}"
            )
        left = [head for head in left if asked in (None, getattr(head, name))]
    raise TranscriptError(
        f"no decision was degraded in the {len(left)} episodes that fit; leave --degraded out"
    )


def the_only(found: Sequence[Kept]) -> Kept:
    """The one that there is.

    Raises:
        TranscriptError: there are several; it names options that tell them apart.
    """
    if len(found) == 1:
        return found[0]
    heads = [one.head for one in found]
    options = [f"--{name}" for name in _KEYS if len({getattr(head, name) for head in heads}) > 1]
    named = "; ".join(f"{h.agent} with {h.partner} on {h.task}, episode {h.episode}" for h in heads[:_NAMED])
    more = "; …" if len(heads) > _NAMED else ""
    raise TranscriptError(f"{len(found)} episodes fit ({named}{more}); add {' or '.join(options)}")


def _head(file: Path) -> TranscriptHead:
    try:
        return read_head(file)
    except TranscriptError:
        if file.suffix == ".jsonl":
            raise
        raise TranscriptError(
            f"{str(file)!r} is neither a results file nor a transcript; name a file that --results wrote, "
            "or a directory of --transcripts or a .jsonl file in it"
        ) from None
