import os
import sys
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import postgres as postgresql


def need_postgres():
    if postgresql.find_binaries() is None and not os.environ.get("CI"):
        pytest.skip("no PostgreSQL server is installed (CI fails here); .ci/install-postgresql installs one")


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL server."""
    need_postgres()
    with postgresql.server() as server:
        yield server


@pytest.fixture
def postgres_to_kill():
    """One that no other test uses."""
    need_postgres()
    with postgresql.server() as server:
        yield server


@pytest.fixture
def postgres_database(postgres, request):
    """The address of an empty database on the server."""
    name = f"t{abs(hash(request.node.nodeid)):x}"[:60]
    with psycopg.connect(postgres.uri, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.uri.replace("/postgres?", f"/{name}?")
