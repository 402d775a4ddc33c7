"""PostgreSQL and SQLite under checkpointer and Store, killed while a graph writes: nothing lost or doubled.

``benchmarks/database_kills.py`` kills them more often.
"""

from benchmarks.database_kills import FURTHER, postgres_killed, sqlite_killed

KILLS = 2


def check(found):
    assert found.kills == len(set(found.at)) == KILLS
    assert found.lost == 0
    assert found.rounds >= max(found.at) + FURTHER
    # each round once, and what is believed and stored is of each round once
    assert found.same


def test_a_server_of_postgresql_is_killed_under_checkpointer_and_store(postgres_to_kill):
    check(postgres_killed(postgres_to_kill, KILLS))


def test_a_process_is_killed_while_it_writes_to_files_of_sqlite(tmp_path):
    check(sqlite_killed(tmp_path, KILLS))
