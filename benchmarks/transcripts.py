"""What transcripts come to: bytes an episode as files and in a results file, and time to store one."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from atom.llm import Sampling
from eval.modelserver import ScriptedServer
from eval.play import EpisodeResult, Unit, observe_exchange, play_unit
from eval.results import open_run
from partners import LLMBackend, llm_backend

EPISODES = 200
PAIRINGS = [
    ("game-1", "llm:openai/scripted@tom-1", "tom-0"),
    ("memory-1", "llm:openai/scripted", "tom-0"),
    ("memory-1", "llm:openai/scripted@bayes", "tom-0"),
    ("memory-n", "llm:openai/scripted@bayes", "self"),
]


def stored(result: EpisodeResult, path: Path, *, transcripts: bool) -> tuple[float, float]:
    """(bytes of the file, seconds) an episode."""
    with open_run(path, {"kind": "bench", "matrices": {}}, transcripts=transcripts) as run:
        began = time.perf_counter()
        for episode in range(EPISODES):
            run.add(replace(result, unit=replace(result.unit, episode=episode)))
        took = time.perf_counter() - began
    return path.stat().st_size / EPISODES, took / EPISODES


def main() -> None:
    print(f"{EPISODES} times the same episode, with its transcript and without")
    with tempfile.TemporaryDirectory() as scratch, ScriptedServer() as server:
        options = {"api_base": server.url, "api_key": "none"}
        backend = LLMBackend(options=options, sampling=Sampling(temperature=0.0), observer=observe_exchange)
        for number, (task, agent, partner) in enumerate(PAIRINGS):
            with llm_backend(backend):
                result = play_unit(Unit(task, agent, partner, 0, 1))
            plain = sum(len(json.dumps(entry)) + 1 for entry in result.transcript)
            questions = sum(entry["type"] == "exchange" for entry in result.transcript)
            without, _ = stored(result, Path(scratch) / f"{number}-without.sqlite", transcripts=False)
            whole, seconds = stored(result, Path(scratch) / f"{number}-with.sqlite", transcripts=True)
            print(
                f"  {task:8} {agent:25} with {partner:5} {questions:3} questions: {plain / 1024:5.0f} KiB as "
                f"a file, {(whole - without) / 1024:4.1f} KiB in a results file "
                f"({plain / (whole - without):.0f} times less), {1000 * seconds:.1f} ms to store"
            )


if __name__ == "__main__":
    main()
