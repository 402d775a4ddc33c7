"""Every checkpointer, synchronous and asynchronous, opened by name."""

from contextlib import asynccontextmanager, contextmanager

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


@contextmanager
def saver(kind, where):
    if kind == "sqlite":
        with SqliteSaver.from_conn_string(where) as opened:
            yield opened
    elif kind == "postgres":
        with PostgresSaver.from_conn_string(where) as opened:
            opened.setup()
            yield opened
    else:
        yield InMemorySaver()


@asynccontextmanager
async def asaver(kind, where):
    if kind == "sqlite":
        async with AsyncSqliteSaver.from_conn_string(where) as opened:
            yield opened
    elif kind == "postgres":
        async with AsyncPostgresSaver.from_conn_string(where) as opened:
            await opened.setup()
            yield opened
    else:
        yield InMemorySaver()
