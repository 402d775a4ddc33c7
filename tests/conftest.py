import os

# Before langgraph is imported: state that is not plain data must fail, not be pickled.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import pytest
from hypothesis import settings

from atom import NormalFormReasoner, Situation, symmetric_payoffs

SLOW = (
    # a browser, a database, a development server, kernels, other processes, an index of packages
    "tests/graphs/test_checkpointers.py",
    "tests/graphs/test_examples.py",
    "tests/human",
    "tests/report",
    "tests/test_docs.py::test_python_blocks_run",
    "tests/test_executors.py",
    "tests/test_notebooks.py::test_runs",
    "tests/test_package.py",
    "tests/test_site.py",
    # a model server on loopback
    "tests/llm",
    # every task with every player
    "tests/test_digests.py",
    # kitchens and other tables
    "tests/test_overcooked.py",
)
"""Suites and tests by how their identifiers begin; ``make test-fast`` leaves them out."""


def pytest_ignore_collect(collection_path, config):
    """Where slow tests are left out, files that hold no others are not even imported."""
    path = collection_path.relative_to(config.rootpath).as_posix()
    return True if config.option.markexpr == "not slow" and path.startswith(SLOW) else None


def pytest_collection_modifyitems(items):
    """Marks what stands in ``SLOW``."""
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


settings.register_profile("project", deadline=None, max_examples=60)
settings.load_profile("project")


@pytest.fixture
def anti_coordination():
    """Exact reasoner of the paper's matrix game."""
    return NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))


@pytest.fixture
def situation():
    return Situation(actions={"ann": ("A", "B"), "ben": ("A", "B")})


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Tests leave the user's cache alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
