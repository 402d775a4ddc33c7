import os

# Before langgraph is imported: state that is not plain data must fail, not be pickled.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import pytest
from hypothesis import settings

from atom import NormalFormReasoner, Situation, symmetric_payoffs

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
