"""Work that several wait for: done once, given up with the last of them, and by nobody else's budget."""

import asyncio
import gc

import pytest
from langgraph.errors import GraphInterrupt

from atom import AdaptiveAgent, Budget, BudgetError, LLMError, RecursiveReasoner, Situation
from atom.sharing import UnderWay, together
from atom.usage import Meter, metered

TWO = Situation({"ann": ("A", "B"), "ben": ("A", "B")})


class Slow:
    """Work that ends when it is let go, and notes what became of it."""

    def __init__(self, result="done"):
        self.begun, self.let_go = asyncio.Event(), asyncio.Event()
        self.result, self.ends, self.times = result, [], 0

    async def __call__(self):
        self.times += 1
        self.begun.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # as a limiter that has to be let go
            self.ends.append("cancelled")
            raise
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def _asking(under_way, slow, *, budget=None):
    """Joins what is under way, or begins; a task that has got as far as that."""

    async def ask():
        with metered(Meter(budget)):
            found = await under_way.joined("key")
            return await under_way.begun("key", slow()) if found is None else found

    task = asyncio.create_task(ask())
    await slow.begun.wait()
    await asyncio.sleep(0)
    return task


def _others():
    return asyncio.all_tasks() - {asyncio.current_task()}


@pytest.mark.parametrize("first", [0, 1])
async def test_work_goes_on_while_anybody_waits_and_ends_with_the_last(first):
    under_way, slow = UnderWay(), Slow()
    asking = [await _asking(under_way, slow), await _asking(under_way, slow)]
    asking[first].cancel()
    await asyncio.wait([asking[first]])
    assert not slow.ends
    asking[1 - first].cancel()
    await asyncio.wait([asking[1 - first]])
    assert slow.ends == ["cancelled"]
    assert not _others()
    again = Slow("again")
    again.let_go.set()
    assert await (await _asking(under_way, again)) == "again"


async def test_what_is_being_cancelled_is_not_joined():
    under_way, slow, fresh = UnderWay(), Slow(), Slow("fresh")
    leaving = await _asking(under_way, slow)
    leaving.cancel()
    joining = await _asking(under_way, fresh)
    await asyncio.wait([leaving])
    third = await _asking(under_way, fresh)
    fresh.let_go.set()
    assert (await joining, await third) == ("fresh", "fresh")
    assert slow.ends == ["cancelled"]
    assert fresh.times == 1


async def test_ones_own_budget_holds_while_another_works():
    under_way, slow = UnderWay(), Slow()
    patient = await _asking(under_way, slow)
    hasty = await _asking(under_way, slow, budget=Budget(seconds=0.05))
    with pytest.raises(BudgetError, match=r"the budget is spent: .*seconds=0\.05"):
        await asyncio.wait_for(hasty, 30)
    assert not slow.ends
    slow.let_go.set()
    assert await patient == "done"


async def test_a_budget_that_ends_as_the_last_who_waits_ends_the_work():
    under_way, slow = UnderWay(), Slow()
    gone = await _asking(under_way, slow)
    hasty = await _asking(under_way, slow, budget=Budget(seconds=0.05))
    gone.cancel()
    with pytest.raises(BudgetError):
        await asyncio.wait_for(hasty, 30)
    assert slow.ends == ["cancelled"]


async def test_anothers_budget_is_nobody_elses_and_one_begins_anew_for_all():
    under_way, broke = UnderWay(), Slow(BudgetError("the budget is spent"))
    poor = await _asking(under_way, broke)
    again = Slow("again")
    again.begun.set()
    again.let_go.set()
    rich = [await _asking(under_way, again) for _ in range(3)]
    assert again.times == 0
    broke.let_go.set()
    with pytest.raises(BudgetError):
        await poor
    assert await asyncio.gather(*rich) == ["again"] * 3
    assert again.times == 1
    assert not _others()


async def test_a_failure_that_nobody_waits_for_is_not_logged(caplog):
    async def stubborn():
        try:
            await asyncio.sleep(60)
        finally:
            raise LLMError("no answer")

    task = asyncio.create_task(UnderWay().begun("key", stubborn()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gc.collect()
    assert not caplog.records


async def test_where_one_fails_all_have_ended_and_interrupts_pass_first():
    ended = []

    async def late():
        for _ in range(5):
            await asyncio.sleep(0)
        ended.append("late")

    async def fails(error):
        raise error

    with pytest.raises(LLMError, match="no answer"):
        await together([fails(LLMError("no answer")), late()])
    assert ended == ["late"]
    with pytest.raises(GraphInterrupt):
        await together([fails(LLMError("no answer")), fails(GraphInterrupt())])
    assert await together([]) == []


async def test_nothing_is_asked_on_behalf_of_a_decision_that_was_cancelled():
    asked, begun, let_go = [], asyncio.Event(), asyncio.Event()

    async def alevel0(situation, player):
        asked.append(player)
        begun.set()
        await let_go.wait()
        return {"A": 1.0}

    async def arespond(situation, player, predicted):
        asked.append(player)
        return {"B": 1.0}

    reasoner = RecursiveReasoner(
        lambda s, p: {"A": 1.0}, lambda s, p, q: {"B": 1.0}, alevel0=alevel0, arespond=arespond
    )
    ann = AdaptiveAgent("ann", reasoner, orders=(0, 1, 2))
    decision = asyncio.create_task(ann.adecide(TWO, ann.start(["ben"])))
    await begun.wait()
    await asyncio.sleep(0)
    decision.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decision
    before = list(asked)
    assert not _others()
    let_go.set()
    for _ in range(100):
        await asyncio.sleep(0)
    assert asked == before
    # another decision on the same situation is not disturbed by what was given up
    found, _ = await ann.adecide(TWO, ann.start(["ben"]))
    assert not found.degraded


async def test_a_decision_goes_on_where_another_with_equal_questions_is_cancelled():
    begun, let_go, asked = asyncio.Event(), asyncio.Event(), []

    async def alevel0(situation, player):
        asked.append(player)
        begun.set()
        await let_go.wait()
        return {"A": 1.0}

    reasoner = RecursiveReasoner(lambda s, p: {"A": 1.0}, lambda s, p, q: {"B": 1.0}, alevel0=alevel0)
    agents = [AdaptiveAgent(me, reasoner, orders=(0, 1)) for me in ("ann", "ben")]
    first, second = [
        asyncio.create_task(agent.adecide(TWO, agent.start([other])))
        for agent, other in zip(agents, ("ben", "ann"), strict=True)
    ]
    await begun.wait()
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    assert not second.done()
    let_go.set()
    decision, _ = await second
    assert not decision.degraded
    assert sorted(asked) == ["ann", "ben"]
