"""The explorer as one file that needs nothing else: page, scripts, and episodes, compressed by pairing."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.results import EpisodeHead, PairingKey, StoredEpisode, stored_transcripts
from eval.show.explorer.cells import cell_plain, transcript_of
from eval.show.explorer.comparing import comparison
from eval.show.explorer.episodes import episode_document
from eval.show.explorer.overview import overview
from eval.show.explorer.runs import ExploredRun, ExploredTask
from eval.web import bundle, content_hash, shell, style

MAX_BYTES = 8 * 1024 * 1024
"""Larger pages are slow on phones, so episodes are left out before a page grows beyond."""
_FEWER = (100, 50, 20, 10, 5, 2, 1, 0)
_MOST_WHOLE = 20_000
"""Of more episodes no page below ``MAX_BYTES`` shows all."""
_REST_BYTES = 256 * 1024
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


@dataclass(slots=True)
class _Pairing:
    """The episodes of one pairing: their heads, the agent's score in every step, and documents as JSON."""

    heads: list[EpisodeHead] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)


class RunPacker:
    """Packs the episodes of a run, one after the other.

    Args:
        run: the run.
        keep: how many episodes of a pairing to keep whole; all for None.
    """

    def __init__(self, run: ExploredRun, keep: int | None = None) -> None:
        self.run = run = run.verified()
        if keep is None and run.stored.episodes > _MOST_WHOLE:
            keep = _FEWER[0]  # the page never holds all of them, so nor need the memory
        self._keep = keep
        self._tasks: dict[str, ExploredTask] = {}
        self._pairings: dict[PairingKey, _Pairing] = {}
        heads = stored_transcripts(run.file, run.stored.number).heads
        self._told = {(head.task, head.agent, head.partner, head.episode) for head in heads}

    def add(self, episode: StoredEpisode) -> None:
        """Takes one more episode."""
        key = (episode.task, episode.agent, episode.partner)
        pairing = self._pairings.setdefault(key, _Pairing())
        pairing.heads.append(
            EpisodeHead(
                episode.episode,
                episode.seat,
                episode.score,
                episode.n_steps,
                episode.seconds,
                episode.usage["calls"],
                episode.usage["prompt_tokens"] + episode.usage["completion_tokens"],
                episode.degraded,
            )
        )
        me = list(episode.scores)[episode.seat]
        if episode.steps:  # none where scores alone were stored
            pairing.scores.append([step["scores"][me] for step in episode.steps])
        if self._keep is None or len(pairing.documents) < self._keep:
            pairing.documents.append(self._document(episode, key))

    def packed(self, limit: int | None = None) -> list[list[str]]:
        """``[run, task, agent, partner, base64 of zlib of JSON]`` of every pairing.

        Args:
            limit: how many episodes of a pairing are there whole; all that were kept for None.
        """
        return [
            [self.run.id, *key, self._pack(key, pairing, limit)] for key, pairing in self._pairings.items()
        ]

    def _document(self, episode: StoredEpisode, key: PairingKey) -> str:
        task = self._tasks.setdefault(key[0], self.run.task(key[0]))
        entries = (
            transcript_of(self.run, key, episode.episode) if (*key, episode.episode) in self._told else ()
        )
        return _json(episode_document(episode, task.game, task.board, entries))

    def _pack(self, key: PairingKey, pairing: _Pairing, limit: int | None) -> str:
        task = self._tasks.setdefault(key[0], self.run.task(key[0]))
        damaged = [row.key[-1] for row in self.run.damage or () if row.key[:-1] == key]
        cell = _json(cell_plain(task, key, pairing.heads, pairing.scores, damaged))
        whole = zip(pairing.heads, pairing.documents[:limit], strict=False)
        episodes = ",".join(f'"{head.episode}":{text}' for head, text in whole)
        data = zlib.compress(f'{{"cell":{cell},"episodes":{{{episodes}}}}}'.encode("ascii"), 9)
        return base64.b64encode(data).decode()


def one_file(packers: Sequence[RunPacker], *, still: str = "", start: str = "") -> str:
    """The page as text.

    Args:
        packers: of the runs that it shows, the first of them first.
        still: HTML of figures and methods, which is shown beside the explorer and printed with it.
        start: the state to begin with, as in a link after ``#``.

    Raises:
        ResultsError: see ``overview``.
    """
    runs = [packer.run for packer in packers]
    page: dict[str, Any] = {
        "runs": [run.as_plain() for run in runs],
        "overviews": {run.id: overview(run) for run in runs},
        "comparisons": {
            f"{first.id} {second.id}": comparison(first, second)
            for first in runs
            for second in runs
            if first is not second
        },
        "start": start,
    }
    rest = len(_json(page)) + len(still) + len(style()) + len(bundle()) + _REST_BYTES
    for limit in (None, *_FEWER):
        page["pairings"] = [pack for packer in packers for pack in packer.packed(limit)]
        if rest + sum(len(pack[-1]) for pack in page["pairings"]) <= MAX_BYTES:
            break
    policy = _POLICY.format(script=content_hash(bundle()), style=content_hash(style()))
    # "<" cannot end the element that holds the data
    data = _json(page).replace("<", "\\u003c")
    return _filled(
        {
            "policy": f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            "still": still,
            "style": f"<style>{style()}</style>",
            "script": f'<script type="application/json" id="data">{data}</script>\n'
            f'<script type="module">{bundle()}</script>',
        }
    )


def _filled(parts: dict[str, str]) -> str:
    """The shell with parts in their places: ``<!-- name -->``, or all up to ``<!-- /name -->``."""
    text = shell()
    for name, part in parts.items():
        before, _, after = text.partition(f"<!-- {name} -->")
        _, closing, rest = after.partition(f"<!-- /{name} -->")
        text = f"{before}{part}{rest if closing else after}"
    return text


def _json(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"))
