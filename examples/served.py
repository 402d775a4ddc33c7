"""The example graphs for the development server: ``cd examples && langgraph dev``.

The server keeps checkpoints and the Store itself, so the graphs are compiled without either.
"""

from __future__ import annotations

import sys
from pathlib import Path

# The server loads this file on its own, without its folder on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import contracts
import subgraph
import two_agents

from atom import AdaptiveAgent, Contract

tickets = two_agents.build(adaptive=True)
season = subgraph.season(subgraph.Season)
under_contract = contracts.build(
    *(AdaptiveAgent(name, contracts.REASONER, contract=Contract()) for name in contracts.PLAYERS),
    declared=True,
)
