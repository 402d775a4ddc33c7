"""Module paths of version 0.1 work for this release, and say where their names are now."""

import importlib
import importlib.util
import subprocess
import sys
import warnings

import pytest

import atom
from atom._moved import MOVED

NAMED = {
    "atom.actors": "as_actor InvokedActor",
    "atom.agent": "AdaptiveAgent FixedOrderAgent Memory PlainAgent Player Response Selection Actor",
    "atom.changes": "ChangePoints",
    "atom.congestion": "CongestionReasoner",
    "atom.contract": "Contract NO_ORDER check_order",
    "atom.declared": "DeclaredReasoner",
    "atom.events": "decision_events",
    "atom.experts": "AdaHedge RescorlaWagner Uniform",
    "atom.fanout": "add_tom_team TeamNode",
    "atom.games": "NormalFormReasoner symmetric_payoffs",
    "atom.gate": "Gate Payoffs",
    "atom.hypotheses": "Pruning impute",
    "atom.memory": "BeliefMemory",
    "atom.middleware": "AdaptiveToMMiddleware json_field tool_calls",
    "atom.node": "AdaptiveToMNode add_tom_node ToMState declare merge_memories",
    "atom.planning": "TabularModel TabularReasoner Solo Mirror UNREACHABLE shortest_costs",
    "atom.player": "Memory PlainAgent Player FixedOrderAgent Agent OnError",
    "atom.reading": "ReadActions json_field tool_calls",
    "atom.roles": "alternating_orders team_orders",
    "atom.state": "ToMState declare merge_memories STATE_KEY",
    "atom.telemetry": "deciding_span describe SPAN",
}
"""Old module -> names that programs took from it."""


@pytest.fixture(autouse=True)
def _not_yet_imported():
    """An old module warns when it is imported, which happens once in a process."""
    for old in MOVED:
        sys.modules.pop(old, None)
    yield
    for old in MOVED:
        sys.modules.pop(old, None)


def homes(old):
    return (MOVED[old],) if isinstance(MOVED[old], str) else MOVED[old]


def test_every_old_path_is_known_by_its_names():
    assert NAMED.keys() == MOVED.keys()


@pytest.mark.parametrize("old", MOVED)
def test_an_old_path_has_its_names_and_says_where_they_are(old):
    with pytest.warns(DeprecationWarning, match=f"{old} has moved to {homes(old)[0]}") as caught:
        module = importlib.import_module(old)
    assert len([w for w in caught if old in str(w.message)]) == 1
    for name in NAMED[old].split():
        if name == "PlainAgent":
            continue  # it is called otherwise, and has a test of its own
        found = [vars(importlib.import_module(home)).get(name) for home in homes(old)]
        there = [one for one in found if one is not None] or [
            getattr(importlib.import_module(homes(old)[0]), name)
        ]
        assert getattr(module, name) is there[0], name


@pytest.mark.parametrize("old", MOVED)
def test_names_are_imported_from_an_old_path(old):
    names, lines = NAMED[old].split(), {}
    with pytest.warns(DeprecationWarning, match="has moved") as caught:
        exec(f"from {old} import {', '.join(names)}", lines)  # noqa: S102  # as a program of then does
    assert str(caught[0].message).startswith(f"{old} has moved to ")
    assert all(lines[name] is not None for name in names)


@pytest.mark.parametrize("old", MOVED)
def test_unknown_names_of_an_old_path_are_import_errors(old):
    with (
        pytest.warns(DeprecationWarning, match="has moved"),
        pytest.raises(ImportError, match="cannot import name 'Nothing'"),
    ):
        exec(f"from {old} import Nothing", {})  # noqa: S102
    module = sys.modules[old]
    with pytest.raises(AttributeError, match=f"{old}' has moved to .*{homes(old)[0]}.* has no 'Nothing'"):
        module.Nothing  # noqa: B018


def test_other_modules_are_as_missing_as_ever():
    for name in ("atom.nothing", "atom.node.nothing", "atom.nodes"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with pytest.raises(ImportError):
                importlib.import_module(name)


def test_the_plain_agent_is_the_bare_agent():
    with pytest.warns(DeprecationWarning, match=r"atom\.PlainAgent has moved to atom\.BareAgent"):
        found = atom.PlainAgent
    assert found is atom.BareAgent
    with pytest.warns(DeprecationWarning, match="has moved"):
        exec("from atom import PlainAgent", {})  # noqa: S102
    with pytest.raises(AttributeError, match="'Nothing'"):
        atom.Nothing  # noqa: B018


def test_old_paths_are_announced_and_not_imported():
    """Importing the package says nothing of them, and the line that warns is the program's own."""
    code = (
        "import sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "import atom, atom.graph, atom.llm, atom.reasoning.tables\n"
        f"assert not set({list(MOVED)!r}) & set(sys.modules)\n"
        "warnings.simplefilter('always')\n"
        "from atom.node import AdaptiveToMNode\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (warning,) = [line for line in done.stderr.splitlines() if "Warning" in line]
    assert warning.startswith("<string>:6: DeprecationWarning: atom.node has moved to atom.graph")


def test_no_module_stands_in_the_way_of_an_old_path():
    for old in MOVED:
        assert importlib.util.find_spec(old).origin is None, f"{old} is a file of today's"
