"""What is asked for as one value, how commands offer it, and the signatures of the release before."""

import inspect
from dataclasses import FrozenInstanceError, replace
from typing import Annotated

import pytest

from eval import _before
from eval.cli.entry import command_of
from eval.cli.groups import Without, spelled_out
from eval.cli.options import Asked, Models, Storing
from eval.studies import paper_sweep
from eval.sweeps import Execution, ModelSettings, Sweep, cross_play, cross_plays, run_sweep, who_plays

MATRIX = ("memory-1", ("bayes", "tom-1"), ("tom-0", "self"))


def test_a_sweep_is_a_value():
    asked = Sweep((MATRIX,), 2, seed=3)
    assert asked == Sweep((MATRIX,), 2, seed=3)
    assert asked != replace(asked, seed=4)
    with pytest.raises(FrozenInstanceError):
        asked.seed = 4
    with pytest.raises(ValueError, match="at least one episode"):
        Sweep((MATRIX,), 0, seed=3)


def test_units_come_by_task_agent_partner_and_number():
    asked = Sweep(
        (MATRIX, ("one-ahead-5", ("ftl",), ("tom-0",))),
        2,
        seed=3,
        epsilon={"memory-1": 0.1, "one-ahead-5": 0},
    )
    keys = [unit.key for unit in asked.units]
    assert keys[:3] == [
        ("memory-1", "bayes", "tom-0", 0),
        ("memory-1", "bayes", "tom-0", 1),
        ("memory-1", "bayes", "self", 0),
    ]
    assert keys[-1] == ("one-ahead-5", "ftl", "tom-0", 1)
    assert (asked.units[0].epsilon, asked.units[-1].epsilon) == (0.1, 0.0)


def test_some_cells_of_a_matrix():
    asked = Sweep((MATRIX,), 1, seed=0, pairings=(("tom-1", "tom-0"),))
    assert [unit.key for unit in asked.units] == [("memory-1", "tom-1", "tom-0", 0)]
    assert asked.configuration()["pairings"] == [["tom-1", "tom-0"]]


def test_the_papers_kitchens_alone_are_real():
    asked = paper_sweep(["game-1", "overcooked"], 1, env="real")
    assert {unit.task: unit.env for unit in asked.units} == {"game-1": "table", "overcooked": "real"}
    assert asked.configuration()["env"] == "real"
    assert asked.configuration()["epsilon"] == {"game-1": 0.02, "overcooked": 0.02}


def test_model_settings_are_stored_where_a_model_plays():
    silent = Sweep((MATRIX,), 1, seed=0, models=ModelSettings(0.7))
    assert not silent.asks_models
    assert "models" not in silent.configuration()
    asking = replace(silent, matrices=(("memory-1", ("llm:x/y",), ("tom-0",)),))
    assert asking.configuration()["models"] == {"temperature": 0.7}
    forgetful = replace(asking, models=ModelSettings(memo=False))
    assert forgetful.configuration()["models"] == {"temperature": 0.1, "memo": "none"}


def test_one_matrix_is_a_sweep_of_one():
    asked = Sweep((MATRIX,), 3, seed=1, epsilon=0.1)
    done = []
    (rows,) = cross_plays(asked, Execution(progress=lambda: done.append(1)))
    assert rows == cross_play(*MATRIX, 3, seed=1, epsilon=0.1)
    assert len(done) == len(asked.units) == 12
    assert run_sweep(asked)["memory-1", "bayes", "self", 2] == rows[0][1].scores[2]


def test_signatures_of_the_release_before():
    plain = {"seed": 1, "epsilon": 0.1}
    units = _before.plan([MATRIX], 3, **plain)
    asked = Sweep((MATRIX,), 3, **plain)
    assert tuple(units) == asked.units
    assert _before.sweep(units) == run_sweep(asked)
    assert _before.configuration("crossplay", [MATRIX], 3, **plain) == asked.configuration()
    done = []
    rows = _before.cross_play(*MATRIX, 3, progress=lambda: done.append(1), **plain)
    assert [rows] == _before.cross_plays([MATRIX], 3, **plain) == cross_plays(asked)
    assert len(done) == 12


def options_of(command):
    return {
        p.name: p.default for p in inspect.signature(spelled_out(command_of(command))).parameters.values()
    }


def test_commands_offer_the_options_of_their_groups():
    crossplay, ablation, equal = map(options_of, ("crossplay", "ablation", "equal-tokens"))
    shared = {"results": None, "workers": None, "seed": 42, "epsilon": 0.0}
    for offered in (crossplay, equal, ablation):
        assert shared.items() <= offered.items()
    assert (crossplay["episodes"], ablation["episodes"], equal["episodes"]) == (30, 200, 30)
    assert "temperature" not in ablation
    assert not {"force_new", "dask", "memo", "transcripts", "runtime", "env"} & equal.keys()


def test_a_group_reaches_the_command_as_an_object():
    seen = []

    def command(
        name: str,
        asked: Annotated[Asked, Without("runtime")] = Asked(episodes=7),
        models: Models = Models(),
    ) -> None:
        seen.append((name, asked, models))

    spelled = spelled_out(command)
    spelled(
        name="x", **{n: p.default for n, p in inspect.signature(spelled).parameters.items() if n != "name"}
    )
    assert seen == [("x", Asked(episodes=7), Models())]
    assert spelled.__doc__ == command.__doc__


def test_workers_and_clusters_exclude_each_other():
    with pytest.raises(ValueError, match="exclude each other"):
        Storing(workers=2, dask="tcp://127.0.0.1:1").backend()
    with pytest.raises(ValueError, match="leave --dask out"):
        Storing(dask="tcp://127.0.0.1:1").backend(models=True)
    assert Storing().backend(models=True).workers == 4
    assert Storing(workers=2).backend().workers == 2


def test_all_stands_for_the_same_order_as_in_files_that_were_begun_before():
    able, _ = who_plays("memory-1")
    first = ["tom-0", "tom-1", "tom-2", "tom-3", "ftl", "hedge", "fixed-share", "bayes", "random", "repeat"]
    assert list(able[: len(first)]) == first
    assert (
        able.index("switching") < able.index("competence") < able.index("adaptive") < able.index("frequency")
    )
