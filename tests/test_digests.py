"""What is played is what was recorded, step by step; see ``tests.digests``."""

import json

import pytest

from tests import digests

RECORDED = json.loads(digests.RECORDED.read_text())


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The files that some tasks and players are made from."""
    made = tmp_path_factory.mktemp("digests")
    digests.write_files(made)
    return made


def compare(where, played):
    """Fails with what differs from the digests of ``where``; ``played`` has (what, runtime, lines)."""
    differ = [
        f"{where}, {what}, {runtime}: {how}"
        for what, runtime, lines in played
        if (how := digests.difference(RECORDED[where].get(what), digests.digest(lines)))
    ]
    assert not differ, "\n".join(differ)


def test_every_task_and_player_is_played():
    assert digests.kinds_known() <= digests.kinds_played()
    assert not digests.tasks_not_played()
    assert all(set(digests.FEW) <= set(players) for players in digests.TASKS_PLAYED.values())
    assert set(RECORDED) == {*digests.TASKS_PLAYED, "matches", "graphs"}


@pytest.mark.parametrize("label", digests.TASKS_PLAYED)
def test_episodes_are_those_recorded_in_both_runtimes(label, folder):
    pairings = digests.pairings(label, len(digests.task_of(label, folder).players))
    assert set(pairings) == set(RECORDED[label])
    compare(
        label,
        (
            (pairing, runtime, digests.episode_lines(runtime, label, pairing, folder))
            for pairing in pairings
            for runtime in digests.RUNTIMES
        ),
    )


def test_the_real_kitchen_plays_the_episodes_of_the_table(folder):
    compare(
        "overcooked",
        (
            (pairing, "real", digests.real_lines("overcooked", pairing, folder))
            for pairing in list(RECORDED["overcooked"])[::8]
        ),
    )


@pytest.mark.parametrize("name", digests.MATCHES)
def test_agents_of_every_setting_decide_as_recorded_also_awaited(name):
    compare(
        "matches",
        ((name, runtime, digests.match_lines(runtime, name)) for runtime in digests.MATCH_RUNTIMES),
    )


@pytest.mark.parametrize("waits", [False, True], ids=["invoke", "ainvoke"])
@pytest.mark.parametrize("name", digests.GRAPHS)
def test_graphs_send_the_events_recorded(name, waits):
    compare("graphs", [(name, "awaited" if waits else "invoked", digests.GRAPHS[name](waits=waits))])
