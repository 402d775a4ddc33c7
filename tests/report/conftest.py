"""Results to look at, and a browser to look at them with."""

import os
import subprocess
import sys

import pytest
from browser import chromium
from serving import ROOT, served

from eval.modelserver import Faults, ScriptedServer


def played(*arguments, **environment):
    """A sweep in a process of its own: the file keeps the command line, and LiteLLM is imported there."""
    return subprocess.run(
        [sys.executable, "-m", "eval", "crossplay", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """A run without language models."""
    file = tmp_path_factory.mktemp("report") / "results.sqlite"
    asked = "--task one-ahead-5,game-2 --agents ftl,bayes --partners tom-1,self --episodes 4 --epsilon 0.05"
    done = played(*asked.split(), "--results", str(file))
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="session")
def asked(results):
    """A run of a language model, whose replies are not all understood."""
    file = results.with_name("asked.sqlite")
    with ScriptedServer(faults=Faults({"illegal": 0.5}), seed=3) as server:
        done = played(
            *("--task", "memory-1", "--agents", "llm:openai/scripted@tom-1,ftl", "--partners", "tom-0,tom-1"),
            *("--episodes", "2", "--results", str(file), "--yes"),
            OPENAI_API_BASE=server.url, OPENAI_API_KEY="none",
        )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
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
