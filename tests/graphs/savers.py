"""Every checkpointer, synchronous and asynchronous, opened by name, and how to call graphs with it."""

import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

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


@dataclass
class Calls:
    """One way of calling graphs, ``"sync"`` or ``"async"``, and the checkpointer that goes with it."""

    checkpointer: Any
    way: str

    async def invoke(self, graph, given, config):
        if self.way == "async":
            return await graph.ainvoke(given, config)
        return await asyncio.to_thread(graph.invoke, given, config)

    async def state(self, graph, config):
        return await graph.aget_state(config) if self.way == "async" else graph.get_state(config)

    async def history(self, graph, config):
        """The states of a thread, the latest first."""
        if self.way == "async":
            return [state async for state in graph.aget_state_history(config)]
        return list(graph.get_state_history(config))


@asynccontextmanager
async def calls(kind, way, where):
    if way == "async":
        async with asaver(kind, where) as opened:
            yield Calls(opened, way)
    else:
        with saver(kind, where) as opened:
            yield Calls(opened, way)
