"""How it was measured, in a paragraph that can be quoted."""

from __future__ import annotations

from collections.abc import Mapping

from eval.measure import FEW, LEVEL, RESAMPLES
from eval.results import StoredRun


def methods(run: StoredRun) -> list[str]:
    """Sentences on what was played, with which seeds and versions, and how intervals were made."""
    asked = run.configuration
    noise = _noise(asked.get("epsilon"))
    where = (
        "inside compiled LangGraph graphs" if asked.get("runtime") == "langgraph" else "outside of a graph"
    )
    kitchen = " Kitchens took their steps in overcooked-ai itself." if asked.get("env") == "real" else ""
    sentences = [
        _what(run),
        f"The agent took the seats in turn, one episode after the other. {noise}",
        f"Episodes were played {where}.{kitchen}",
        _intervals(),
        f"The run began at {run.begun}"
        + (f" and was complete at {run.finished}." if run.finished else " and is not complete yet."),
        "Versions: " + ", ".join(f"{name} {version}" for name, version in run.versions.items()) + ".",
    ]
    if asked.get("files"):
        hashes = ", ".join(f"{name} (sha256 {digest[:12]}…)" for name, digest in asked["files"].items())
        sentences.append(f"Made from files: {hashes}.")
    return sentences


def _intervals() -> str:
    return (
        f"Intervals ({LEVEL:.0%}) are Student's t, from {FEW} episodes on the outer ends of that and of the "
        f"studentised bootstrap ({RESAMPLES} resamples); episodes are resampled over all partners at once."
    )


def _noise(epsilon: float | Mapping[str, float] | None) -> str:
    """How often players lapsed: one rate, or task -> rate."""
    if isinstance(epsilon, Mapping):
        lapsing = [f"{rate:g} on {task}" for task, rate in epsilon.items() if rate]
        if lapsing:
            return f"Every player lapsed to a random action at a rate of {', '.join(lapsing)}."
    elif epsilon:
        return f"Every player lapsed to a random action at a rate of {epsilon:g}."
    return "No player lapsed; where all episodes of a pairing are the same, no interval is given."


def _what(run: StoredRun) -> str:
    """How many episodes of what, and what they depend on."""
    asked = run.configuration
    tasks = ", ".join(asked["matrices"])
    if "episodes" not in asked:
        seed = f"the agent's random numbers are keyed by seed {asked['seed']}"
        return f"Games of a person on {tasks}: {run.episodes}; {seed}."
    what = f"{asked['episodes']} episodes of each of {run.pairings} pairings on {tasks}, all keyed by seed"
    models = asked.get("models")
    if models is None:
        return f"{what} {asked['seed']}: the same command plays the same episodes."
    memo = "" if models.get("memo") == "none" else ", with a memo that episodes share"
    return (
        f"{what} {asked['seed']}, but for what language models answered, at temperature "
        f"{models['temperature']:g}{memo}."
    )
