"""Results to look at, and a browser to look at them with."""

import subprocess
import sys

import pytest
from browser import chromium
from serving import ROOT, command, served

from eval.modelserver import Faults, ScriptedServer


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """A run without language models."""
    file = tmp_path_factory.mktemp("report") / "results.sqlite"
    asked = "--task one-ahead-5,game-2 --agents ftl,bayes --partners tom-1,self --episodes 4 --epsilon 0.05"
    # the file keeps the command line
    line = [sys.executable, "-m", "eval", "crossplay", *asked.split(), "--results", str(file)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="session")
def asked(results):
    """A run of a language model, whose replies are not all understood."""
    file = results.with_name("asked.sqlite")
    with ScriptedServer(faults=Faults({"illegal": 0.5}), seed=3) as server:
        done = command(
            *("crossplay", "--task", "memory-1", "--agents", "llm:openai/scripted@tom-1,ftl"),
            *("--partners", "tom-0,tom-1", "--episodes", "2", "--results", str(file), "--yes"),
            OPENAI_API_BASE=server.url, OPENAI_API_KEY="none",
        )  # fmt: skip
    assert done.exit_code in (0, 3), done.output
    return file


# a module at a time: a process has one such browser, and other suites start theirs
@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def explorer(results, asked):
    """The explorer of both runs: 1.1 without, 2.1 with a language model."""
    with served(results, asked) as address:
        yield address
