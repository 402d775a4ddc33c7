"""How it was measured, in a paragraph that can be quoted."""

from __future__ import annotations

from eval.statistics.intervals import LEVEL, RESAMPLES
from eval.storage.content import StoredRun


def methods(run: StoredRun) -> list[str]:
    """Sentences on what was played, with which seeds and versions, and how intervals were made."""
    asked = run.configuration
    matrices = asked["matrices"]
    pairings = sum(len(m["agents"]) * len(m["partners"]) for m in matrices.values())
    what = (
        f"{asked['episodes']} episodes of each of {pairings} pairings on {', '.join(matrices)}, all keyed by "
        f"seed {asked['seed']}: the same command plays the same episodes."
    )
    noise = (
        f"Every player lapsed to a random action at a rate of {asked['epsilon']:g}."
        if asked.get("epsilon")
        else "No player lapsed; where all episodes of a pairing are the same, no interval is given."
    )
    where = (
        "inside compiled LangGraph graphs" if asked.get("runtime") == "langgraph" else "outside of a graph"
    )
    kitchen = " Kitchens took their steps in overcooked-ai itself." if asked.get("env") == "real" else ""
    sentences = [
        what,
        f"The agent took the seats in turn, one episode after the other. {noise}",
        f"Episodes were played {where}.{kitchen}",
        f"Intervals ({LEVEL:.0%}) are bias-corrected accelerated bootstraps of {RESAMPLES} resamples.",
        f"The run began at {run.begun}"
        + (f" and was complete at {run.finished}." if run.finished else " and is not complete yet."),
        "Versions: " + ", ".join(f"{name} {version}" for name, version in run.versions.items()) + ".",
    ]
    if asked.get("files"):
        hashes = ", ".join(f"{name} (sha256 {digest[:12]}…)" for name, digest in asked["files"].items())
        sentences.append(f"Made from files: {hashes}.")
    return sentences
