"""Leads that delegate: who lands where, what is learned, the cap, failures, and what the command says."""

import asyncio
import json
from dataclasses import replace
from statistics import fmean

import pytest
from langgraph.errors import GraphInterrupt
from typer.testing import CliRunner

from eval.cli import app
from eval.delegation import (
    FACETS,
    LEADS,
    OUTPUT_LIMIT,
    Answer,
    Brief,
    Cap,
    Faulty,
    Ledger,
    Setting,
    View,
    admitted,
    assignments,
    by_depth,
    carried_out,
    covered,
    delegated,
    findings,
    lands,
    make_lead,
    make_question,
    planned,
    play,
    play_run,
    reserve,
    tokens_of,
)
from eval.delegation.leads import seen

QUESTION = make_question(0, 0, 0, 8)
LISTED = QUESTION.sections
WORKERS = ("ann", "ben", "cem")
UNSURE = {0: 1 / 3, 1: 1 / 3, 2: 1 / 3}


def view(left=10):
    return View(QUESTION, LISTED, WORKERS, left, (0, 0, 0))


def sent(text_or_worker, name="ann"):
    """What comes of one brief to one worker."""
    (given,) = assignments(view(), [Brief(name, LISTED[0])])
    worker = text_or_worker if callable(text_or_worker) else lambda _: Answer(text_or_worker)
    store = {}
    return carried_out(given, worker, store.__setitem__), store, given


@pytest.mark.parametrize(("order", "form", "on"), [(0, 0, 0), (1, 0, 1), (2, 0, 2), (2, 1, 1), (1, 2, 0)])
def test_depth_moves_on_and_explicitness_takes_it_back(order, form, on):
    assert lands(LISTED, Brief("ann", LISTED[0], form), order) == LISTED[on]
    assert lands(LISTED, Brief("ann", LISTED[-1], form), order) == LISTED[on - 1]  # the list goes round


def test_findings_are_read_back_and_what_is_no_finding_is_not():
    text = findings(QUESTION, LISTED[2])
    assert covered(text, QUESTION) == [(LISTED[2], n) for n in range(1, FACETS + 1)]
    assert tokens_of(text) <= OUTPUT_LIMIT
    assert covered("- weather 1: rain\n- " + LISTED[0] + " 99: none", QUESTION) == []


def test_only_the_key_of_an_output_comes_back():
    back, store, given = sent(by_depth(1, slip=0.0))
    assert back.section == LISTED[1]
    assert list(store) == [back.key]
    assert store[back.key] == findings(QUESTION, LISTED[1])
    assert back.tokens == tokens_of(given.text) + tokens_of(store[back.key]) + tokens_of(back.key)


def test_what_a_worker_covers_says_which_orders_fit():
    briefs = [Brief("ann", LISTED[0]), Brief("ben", LISTED[0], 1), Brief("cem", LISTED[0], 2)]
    found = seen(LISTED, briefs, dict.fromkeys(WORKERS, LISTED[0]))
    assert [set(found[name].action) for name in WORKERS] == [
        {"0 on"},
        {"0 on", "1 on"},
        {"0 on", "1 on", "2 on"},
    ]
    assert seen(LISTED, briefs[:1], {"ann": LISTED[5]})["ann"].action == "elsewhere"


def test_a_lead_learns_orders_and_briefs_by_them():
    lead, orders = make_lead("atom", 0), dict(zip(WORKERS, (0, 1, 2), strict=True))
    memory = lead.start(0, WORKERS)
    for _ in range(4):
        briefs, memory = lead.plan(view(), memory)
        did = {brief.worker: lands(LISTED, brief, orders[brief.worker]) for brief in briefs}
        memory = lead.learn(memory, LISTED, briefs, did)
    for worker, order in orders.items():
        assert lead.agent.posterior(memory, worker)[order] > 0.9
    briefs, memory = lead.plan(view(), memory)
    assert len({lands(LISTED, brief, orders[brief.worker]) for brief in briefs}) == 3
    assert {brief.form for brief in briefs} == {0}


def test_what_is_unknown_is_found_out_while_rounds_are_left_and_explained_when_none_is():
    beliefs = dict.fromkeys(WORKERS, UNSURE)
    assert {brief.form for brief in planned(view(left=20), beliefs)} == {0}
    assert planned(view(left=1), beliefs)[-1].form > 0


def test_a_worker_for_whom_nothing_is_left_gets_no_brief():
    (only,) = planned(replace(view(), listed=LISTED[:1]), {name: {0: 1.0} for name in WORKERS})
    assert only == Brief("ann", LISTED[0])


def test_half_of_the_duplicates_at_equal_tokens():
    by_lead = {one.lead: one for one in delegated(play(Setting(runs=30)))}
    ours, fixed = by_lead["atom"], by_lead["fixed"]
    assert ours.half.high < 0  # less than half as many, beyond chance
    assert abs(ours.tokens.estimate / fixed.tokens.estimate - 1) < 0.01
    assert ours.coverage.low > fixed.coverage.high
    assert ours.duplicates.high < by_lead["random"].duplicates.low
    assert by_lead["same"].duplicates.estimate > fixed.duplicates.estimate
    assert by_lead["literal"].duplicates == fixed.duplicates
    assert by_lead["explained"].tokens.low > 1.2 * ours.tokens.high  # what a belief saves


def test_beside_literal_workers_a_belief_costs_what_it_takes_to_learn_that():
    everybody_literal = play(Setting(("atom", "fixed"), runs=10), by_depth(0))
    ours, fixed = delegated(everybody_literal)
    assert fixed.duplicates.estimate < ours.duplicates.estimate < 1.5
    first = fmean(run[0].duplicates for run in everybody_literal["atom"])
    later = fmean(one.duplicates for run in everybody_literal["atom"] for one in run[2:])
    assert later < first / 3


def test_intervals_keep_to_what_is_possible():
    few = delegated(play(Setting(runs=3, questions=1, faults=0.3)))
    assert all(0.0 <= one.coverage.low <= one.coverage.high <= 1.0 for one in few)
    assert all(one.duplicates.low >= 0.0 and one.tokens.low >= 0.0 for one in few)


@pytest.mark.parametrize("tokens", [400, 700, 1000, 1400, 2000])
def test_the_cap_is_never_exceeded_with_faults(tokens):
    """1,000 runs in all, 30 % of whose calls fail; the last 200 have a cap on calls as well."""
    cap = Cap(tokens, 5 if tokens == 2000 else None)
    setting = Setting(("atom",), questions=2, runs=200, seed=tokens, faults=0.3, cap=cap)
    outcomes = [one for run in play(setting)["atom"] for one in run]
    assert max(one.tokens for one in outcomes) <= tokens
    assert cap.calls is None or max(one.calls for one in outcomes) == cap.calls
    failed = sum(one.failed for one in outcomes) / sum(one.calls for one in outcomes)
    assert 0.25 < failed < 0.35
    assert any(one.unsent for one in outcomes)
    assert fmean(one.coverage for one in outcomes) > 0


def test_a_cap_that_not_one_worker_fits_under_sends_nobody():
    outcomes = play_run("atom", Setting(questions=2, cap=Cap(150)), 0)
    assert [(one.calls, one.tokens, one.coverage, one.unsent) for one in outcomes] == [(0, 0, 0.0, 8)] * 2


def test_where_the_cap_may_not_do_for_all_fewer_are_sent():
    given = assignments(view(), [Brief(name, LISTED[i]) for i, name in enumerate(WORKERS)])
    team = {name: by_depth(0) for name in WORKERS}
    room = reserve(given[0], team["ann"]) + reserve(given[1], team["ben"])
    assert [one.brief.worker for one in admitted(given, team, Ledger(), Cap(room))] == ["ann", "ben"]
    assert len(admitted(given, team, Ledger(1), Cap(room))) == 1
    assert len(admitted(given, team, Ledger(0, 2), Cap(10_000, 3))) == 1


def _raises(error):
    def work(given):
        raise error

    return work


def test_workers_that_fail_return_nothing_and_say_why():
    broke, store, given = sent(_raises(RuntimeError("the disk is full")))
    assert broke.problem == "ann raised RuntimeError: the disk is full"
    assert broke.tokens == tokens_of(given.text)
    late, _, given = sent(_raises(TimeoutError("after 3 s")))
    assert late.problem == "ann timed out: after 3 s"
    assert late.tokens == reserve(given, by_depth(0))  # nobody knows what it spent
    odd, store, given = sent("I cannot. " * 1000)
    assert odd.problem == "ann returned nothing that can be read"
    assert odd.tokens == tokens_of(given.text) + OUTPUT_LIMIT
    assert store == {}


@pytest.mark.parametrize("passing", [GraphInterrupt(()), asyncio.CancelledError(), KeyboardInterrupt()])
def test_interrupts_and_cancellations_pass(passing):
    with pytest.raises(type(passing)):
        sent(_raises(passing))


def test_leads_meet_the_same_teams_and_faults():
    def failures(lead):
        return [one.failed for one in play_run(lead, Setting(faults=0.3, rounds=1), 3)]

    assert failures("fixed") == failures("explained") == failures("atom")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: make_lead("nobody", 0), "there is no lead 'nobody'; there are atom, fixed"),
        (lambda: Faulty(by_depth(0), 1.5), r"the rate of faults is in \[0, 1\], got 1.5"),
        (lambda: Cap(0), "a cap is at least 1 token and 1 call, got 0"),
        (lambda: make_question(0, 0, 0, 17), "1 to 16 sections, workers times rounds; got 17"),
    ],
)
def test_bad_input_is_named(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()


def test_the_command_says_it_all(tmp_path):
    file = tmp_path / "found.json"
    arguments = ["delegation", "--runs", "4", "--questions", "3", "--workers", "3", "--faults", "0.2"]
    done = CliRunner().invoke(app, [*arguments, "--cap", "900", "--json", str(file)])
    assert done.exit_code == 0, done.output
    for words in ("duplicate findings", "20 % faults", "less half of its", "900 tokens", "degraded calls"):
        assert words in " ".join(done.output.split())
    found = json.loads(file.read_text())
    assert [one["lead"] for one in found["found"]] == list(LEADS)
    assert all(one["dearest"] <= 900 for one in found["found"])
    assert found["cap"] == {"tokens": 900, "calls": None}
    assert isinstance(CliRunner().invoke(app, ["delegation", "--leads", "x"]).exception, ValueError)


def test_one_run_has_no_interval():
    done = CliRunner().invoke(app, ["delegation", "--runs", "1", "--questions", "1"])
    assert done.exit_code == 0, done.output
    assert "[?]" in done.output
