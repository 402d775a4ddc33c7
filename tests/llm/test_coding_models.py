"""Language models that code together, through the same seam as all agents."""

from eval.coding import Plan, Verdicts, make_pairs, play, successes
from eval.coding.tables import success_table
from eval.modelserver.faults import Faults
from eval.show.tables import markdown


def test_a_language_model_is_an_agent_like_others(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    plan = Plan(("llm:openai/scripted",), ("honest",), runs=1, tasks=3)
    (cell,) = play(make_pairs(1, 0), plan, Verdicts())
    assert len(cell.tasks()) == 3
    assert all(task.choice.part in make_pairs(1, 0)[0].parts for task in cell.tasks())
    assert not any(task.choice.degraded for task in cell.tasks())
    said = str(server.bodies)
    assert "ben says that it will build at" in said
    assert "The ticket names the parts in this order" in said


def test_a_model_that_does_not_answer_is_marked(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", serve(faults=Faults({"illegal": 1.0})).url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    plan = Plan(("llm:openai/scripted",), ("honest",), runs=1, tasks=2)
    (one,) = successes(play(make_pairs(1, 0), plan, Verdicts()), 0.1)
    assert one.degraded == 1.0
    table = markdown(success_table([one], "both features work"))
    assert "100 % of decisions degraded" in table
