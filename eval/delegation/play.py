"""Rounds, questions and runs: what is sent under the cap, what comes back, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from langgraph.errors import GraphBubbleUp

from atom import Memory
from eval.delegation.leads import CHAT, LEADS, SINGLE, Lead, View, make_lead
from eval.delegation.questions import (
    OUTPUT_LIMIT,
    Brief,
    Question,
    covered,
    in_words,
    make_question,
    tokens_of,
)
from eval.delegation.workers import (
    SLIP,
    Assignment,
    Faulty,
    UnansweredError,
    Worker,
    by_depth,
    key_of,
    reserve,
    team_orders,
)

CAP, MODEL_CAP = 2000, 20_000
"""Tokens of a question, with functions and with models: the latter's servers count instructions as well."""
_CHARACTERS = 4 * OUTPUT_LIMIT


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a question may cost.

    Attributes:
        tokens: of all briefs, outputs and keys, >= 1.
        calls: of workers, >= 1; None for as many as workers times rounds.
    """

    tokens: int = CAP
    calls: int | None = None

    def __post_init__(self) -> None:
        if self.tokens < 1 or (self.calls is not None and self.calls < 1):
            raise ValueError(f"a cap is at least 1 token and 1 call, got {self.tokens} and {self.calls}")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played.

    Attributes:
        leads: who delegates, each in turn with the same teams, questions and faults.
        workers: of a team, >= 1.
        questions: of a run, one after another, >= 1.
        rounds: of a question, >= 1; it has as many sections as workers times rounds.
        runs: teams, >= 1.
        seed: of all random numbers, >= 0.
        faults: rate at which a worker raises, times out or answers nonsense, in [0, 1].
        cap: the most that a question may cost.
    """

    leads: tuple[str, ...] = LEADS
    workers: int = 4
    questions: int = 10
    rounds: int = 2
    runs: int = 100
    seed: int = 0
    faults: float = 0.0
    cap: Cap = field(default_factory=Cap)

    @property
    def team(self) -> tuple[str, ...]:
        """The workers' names."""
        return tuple(f"worker-{number}" for number in range(1, self.workers + 1))


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a question has cost so far."""

    tokens: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Returned:
    """What comes back to the lead of an assignment: a key, and no text.

    Attributes:
        worker: who returns.
        key: of the output in the Store; empty where there is none.
        section: what it is on, as its key says; None where there is none.
        facets: how many findings it has, and what on.
        tokens: what the assignment cost.
        problem: what went wrong, in words; empty where nothing did.
    """

    worker: str
    key: str
    section: str | None
    facets: tuple[tuple[str, int], ...]
    tokens: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question.

    Attributes:
        coverage: share of its facets that are covered, in [0, 1].
        duplicates: findings on facets that somebody had covered.
        tokens, calls: what it cost.
        waits: rounds of calls that had to wait for one another.
        failed: calls that raised, timed out, or returned nothing that can be read.
        unsent: briefs that the cap did not allow.
    """

    coverage: float
    duplicates: int
    tokens: int
    calls: int
    waits: int
    failed: int
    unsent: int


def assignments(view: View, briefs: Sequence[Brief], known: Sequence[str] = ()) -> list[Assignment]:
    """Briefs in words, in the order in which they are sent."""
    return [
        Assignment(
            view.question,
            brief,
            view.listed,
            in_words(view.question, brief, briefs, view.listed, known),
            view.key,
        )
        for brief in briefs
    ]


def admitted(
    given: Sequence[Assignment], team: Mapping[str, Worker], ledger: Ledger, cap: Cap
) -> list[Assignment]:
    """The first assignments that the cap allows if each of them costs the most that it may."""
    found: list[Assignment] = []
    tokens = ledger.tokens
    for one in given:
        tokens += reserve(one, team[one.brief.worker])
        calls = ledger.calls + len(found) + 1
        if tokens > cap.tokens or (cap.calls is not None and calls > cap.calls):
            break
        found.append(one)
    return found


def carried_out(given: Assignment, worker: Worker, put: Callable[[str, str], None]) -> Returned:
    """What comes of an assignment; its output goes to ``put(key, text)``, cut at the limit.

    A worker that fails degrades: it returns nothing, and the problem says why. One that timed out counts as
    if it had spent all that it may. What pauses a graph or cancels a task passes.
    """
    name, key = given.brief.worker, key_of(given)
    try:
        answer = worker(given)
    except GraphBubbleUp:
        raise
    except UnansweredError as error:
        spent = error.spent or reserve(given, worker)
        return Returned(name, "", None, (), spent, f"{name} gave no usable answer: {error}")
    except TimeoutError as error:
        return Returned(name, "", None, (), reserve(given, worker), f"{name} timed out: {error}")
    except Exception as error:  # noqa: BLE001 - a worker may be anything
        return Returned(
            name, "", None, (), tokens_of(given.text), f"{name} raised {type(error).__name__}: {error}"
        )
    text = answer.text[:_CHARACTERS]
    asked = tokens_of(given.text) if answer.asked is None else answer.asked
    facets = tuple(covered(text, given.question))
    if not facets:
        return Returned(
            name, "", None, (), asked + tokens_of(text), f"{name} returned nothing that can be read"
        )
    put(key, text)
    return Returned(name, key, facets[0][0], facets, asked + tokens_of(text) + tokens_of(key))


def charged(ledger: Ledger, returned: Sequence[Returned]) -> Ledger:
    """The ledger after a round."""
    return Ledger(ledger.tokens + sum(one.tokens for one in returned), ledger.calls + len(returned))


def merged(
    known: frozenset[tuple[str, int]], returned: Sequence[Returned]
) -> tuple[frozenset[tuple[str, int]], int]:
    """The facets that are covered after a round, and how many findings of it were on covered ones."""
    facets = [facet for one in returned for facet in one.facets]
    after = known | set(facets)
    return after, len(facets) - (len(after) - len(known))


def still_open(question: Question, known: frozenset[tuple[str, int]]) -> tuple[str, ...]:
    """The sections that nobody has covered."""
    done = {section for section, _ in known}
    return tuple(section for section in question.sections if section not in done)


@dataclass(frozen=True)
class Team:
    """A lead and its workers.

    Attributes:
        lead: who delegates.
        workers: name -> who researches.
        rounds: of a question.
        remembers: whether what was found so far stands before every brief.
    """

    lead: Lead
    workers: Mapping[str, Worker]
    rounds: int
    remembers: bool = False


def play_question(
    team: Team, question: Question, memory: Memory, key: tuple[int, int], left: int, cap: Cap
) -> tuple[Outcome, Memory]:
    """One question, from the first brief to what is covered.

    Args:
        team: who answers it.
        question: the question.
        memory: of the lead.
        key: seed and run.
        left: questions of the run, this one included.
        cap: the most that it may cost.
    """
    store: dict[str, str] = {}
    known: frozenset[tuple[str, int]] = frozenset()
    ledger, duplicates, failed, unsent, waits = Ledger(), 0, 0, 0, 0
    for turn in range(team.rounds):
        listed = still_open(question, known)
        if not listed:
            break
        rounds = left * team.rounds - turn
        view = View(question, listed, tuple(team.workers), rounds, (*key, turn))
        briefs, memory = team.lead.plan(view, memory)
        given = assignments(view, briefs, list(store.values()) if team.remembers else ())
        sent = admitted(given, team.workers, ledger, cap)
        returned = [carried_out(one, team.workers[one.brief.worker], store.__setitem__) for one in sent]
        ledger, (known, twice) = charged(ledger, returned), merged(known, returned)
        did = {one.worker: one.section for one in returned if one.section is not None}
        memory = team.lead.learn(memory, listed, briefs, did)
        duplicates, unsent, waits = duplicates + twice, unsent + len(given) - len(sent), waits + bool(sent)
        failed += sum(bool(one.problem) for one in returned)
    coverage = len(known) / question.facets
    return Outcome(coverage, duplicates, ledger.tokens, ledger.calls, waits, failed, unsent), memory


def play_run(name: str, setting: Setting, run: int, model: Worker | None = None) -> list[Outcome]:
    """All questions of a run, one after another: the lead keeps what it learned of its workers.

    Args:
        name: of the lead.
        setting: what is played.
        run: its number, which draws the team.
        model: who researches in place of workers of drawn orders.

    Raises:
        ValueError: there is no such lead.
    """
    team = team_of(name, setting, run, model)
    memory = team.lead.start(run, tuple(team.workers))
    outcomes = []
    for number in range(setting.questions):
        question = make_question(setting.seed, run, number, setting.workers * setting.rounds)
        left = setting.questions - number
        outcome, memory = play_question(team, question, memory, (setting.seed, run), left, setting.cap)
        outcomes.append(outcome)
    return outcomes


def team_of(name: str, setting: Setting, run: int, model: Worker | None = None) -> Team:
    """The lead of a name, and the workers of a run; see ``play_run``."""
    orders = dict.fromkeys(setting.team, 0) if model else team_orders(setting.seed, run, setting.team)
    alone = name in (SINGLE, CHAT)
    names = {"agent": 0} if alone else orders
    workers = {
        who: Faulty(model or by_depth(depth, 0.0 if alone else SLIP), setting.faults)
        for who, depth in names.items()
    }
    rounds = {CHAT: 1, SINGLE: setting.workers * setting.rounds}.get(name, setting.rounds)
    return Team(make_lead(name, setting.seed), workers, rounds, name == SINGLE)


def play(
    setting: Setting, model: Worker | None = None, progress: Callable[[], None] = lambda: None
) -> dict[str, list[list[Outcome]]]:
    """Lead -> run -> question -> what came of it.

    Args:
        setting: what is played.
        model: see ``play_run``.
        progress: called after each run of each lead.
    """
    for name in setting.leads:
        make_lead(name, setting.seed)
    found: dict[str, list[list[Outcome]]] = {name: [] for name in setting.leads}
    for name in setting.leads:
        for run in range(setting.runs):
            found[name].append(play_run(name, setting, run, model))
            progress()
    return found
