"""A coroutine that never suspends, run to its end at once."""

import asyncio
from collections.abc import Coroutine

import pytest

from atom.coroutines import finish


async def _immediate(value):
    return value


async def _nested(value):
    return await _immediate(value) + await _immediate(1)


async def _asynchronous(left):
    try:
        await asyncio.sleep(0)
    finally:
        left.append("closed")


async def _failing():
    await _immediate(1)
    raise KeyError("missing")


def test_the_result_is_returned():
    assert finish(_immediate(None)) is None
    assert finish(_nested(1)) == 2


async def test_no_event_loop_is_needed_and_none_is_in_the_way():
    assert finish(_nested(2)) == 3


def test_errors_are_the_coroutines_own():
    with pytest.raises(KeyError, match="missing"):
        finish(_failing())


def test_a_coroutine_that_suspends_is_closed_and_refused():
    left = []
    with pytest.raises(TypeError, match=r"_asynchronous is asynchronous; call its asynchronous twin"):
        finish(_asynchronous(left))
    assert left == ["closed"]


def test_a_coroutine_without_a_name_is_named_by_its_kind():
    class Waiting(Coroutine):
        closed = False

        def send(self, value):
            return None

        def throw(self, *error):
            raise AssertionError(error)

        def close(self):
            self.closed = True

        def __await__(self):
            return iter(())

    work = Waiting()
    with pytest.raises(TypeError, match="Waiting is asynchronous"):
        finish(work)
    assert work.closed


def test_a_stop_iteration_inside_is_no_result():
    async def stopping():
        raise StopIteration(3)

    with pytest.raises(RuntimeError, match="StopIteration"):
        finish(stopping())
