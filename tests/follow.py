"""Which files a reader opens to follow an action into the state, a prompt into a policy, and a whole turn.

``python tests/follow.py`` runs each of them once and watches the calls. A file *takes part* where one of its
functions is called. It is *on the way* where a function of it is on the stack while the thing itself
happens: weights are updated, memories merged; a question is written, sent, and its answer read.

It follows whichever ``atom`` is found first, so the tree of before the folders can be counted as well::

    mkdir before && git archive b2840ad atom | tar -x -C before
    PYTHONPATH=before python tests/follow.py
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import atom
from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs

ROOT = Path(atom.__file__).parent
# until the decision, and what is told to those who watch
ASIDE = {"AdaptiveAgent.decide", "decision_events", "describe", "deciding_span"}
THE_THING = {
    *("Bayes.update", "PlainBayes.update", "merge_memories"),
    *("_question", "Endpoint._send", "read_reply", "from_logprobs", "from_samples", "read_label"),
}
SITUATION = Situation({"ann": ("A", "B"), "ben": ("A", "B")}, description="Different actions pay 5.")


class Follow:
    """Watches the calls of functions of ``atom``, in this thread and in those that begin meanwhile.

    Args:
        aside: names of functions that are passed over, with all that they call.
    """

    def __init__(self, aside=()):
        self.aside = aside
        self.taking_part = {}
        self.on_the_way = {}
        self._passing_over = threading.local()

    def __enter__(self):
        threading.setprofile(self._saw)
        sys.setprofile(self._saw)
        return self

    def __exit__(self, *_):
        sys.setprofile(None)
        threading.setprofile(None)

    def _saw(self, frame, event, _):
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(str(ROOT)):
            return
        depth = getattr(self._passing_over, "depth", 0)
        if code.co_qualname in self.aside:
            self._passing_over.depth = depth + (1 if event == "call" else -1)
        elif event == "call" and not depth and code.co_name != "<module>":
            self.taking_part[_file(code)] = True
            if code.co_qualname in THE_THING:
                while frame is not None:
                    if frame.f_code.co_filename.startswith(str(ROOT)):
                        self.on_the_way[_file(frame.f_code)] = True
                    frame = frame.f_back


def _file(code):
    return Path(code.co_filename).relative_to(ROOT).as_posix()


def _of(name, *modules):
    """A name from the first of these modules that is there."""
    for module in modules:
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(name)


def turns():
    """A node with one decision behind it, the state after that, and the reducer of the state's key."""
    node = _of("AdaptiveToMNode", "atom.graph.node", "atom.node")(
        "ann",
        AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))),
        situation=lambda state: SITUATION,
        observed=lambda state: {"ben": state["ben"]},
        write=lambda decision: {},
    )
    merge = _of("merge_memories", "atom.graph.state", "atom.state")
    state = {"ben": "A", "tom": {}}
    return node, {**state, "tom": merge({}, node.invoke(state)["tom"])}, merge


def an_action_into_the_state():
    """A node is run, up to its decision, and what it returns is merged into the state."""
    node, state, merge = turns()
    with Follow(ASIDE) as follow:
        merge(state["tom"], node.invoke(state)["tom"])
    return follow


def a_whole_turn():
    """The same with the decision, by an exact reasoner."""
    node, state, merge = turns()
    with Follow() as follow:
        merge(state["tom"], node.invoke(state)["tom"])
    return follow


def a_prompt_into_a_policy():
    """A reasoner with a language model is asked for a policy of order 1; the model is a stand-in."""

    async def acompletion(**request):
        top = SimpleNamespace(token="1", logprob=-0.1)  # noqa: S106  # of words
        logprobs = SimpleNamespace(content=[SimpleNamespace(top_logprobs=[top])])
        return SimpleNamespace(
            choices=[SimpleNamespace(message=SimpleNamespace(content="1"), logprobs=logprobs)]
        )

    sys.modules["litellm"] = SimpleNamespace(
        acompletion=acompletion,
        supports_response_schema=lambda model: False,
        supports_reasoning=lambda **place: False,
        get_supported_openai_params=lambda **place: None,
        model_cost={},
        suppress_debug_info=True,
    )
    from atom.llm import LLMReasoner  # noqa: PLC0415  # after the stand-in

    reasoner = LLMReasoner("stand-in/model", memo=None)
    with Follow() as follow:
        reasoner.policy(SITUATION, "ann", 1)
    return follow


WAYS = {
    "an observed action into the state": an_action_into_the_state,
    "a prompt into a policy": a_prompt_into_a_policy,
    "a whole turn": a_whole_turn,
}


def counts():
    """Way -> the files on it, and those that take part; each in a process of its own, as caches remember."""
    found = {}
    for name in WAYS:
        command = [sys.executable, __file__, name]
        environment = {**os.environ, "PYTHONPATH": str(ROOT.parent)}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        found[name] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        followed = WAYS[sys.argv[1]]()
        on_the_way, taking_part = sorted(followed.on_the_way), sorted(followed.taking_part)
        print(json.dumps({"on the way": on_the_way, "taking part": taking_part}))  # noqa: T201
    else:
        for title, files in counts().items():
            for kind, names in files.items():
                print(f"{title}, {kind}: {len(names)}\n    {', '.join(names)}")  # noqa: T201
