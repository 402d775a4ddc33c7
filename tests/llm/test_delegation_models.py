"""Language models that are briefed: a server's own tokens, literal workers, and no answer."""

from eval.delegation import (
    Brief,
    Cap,
    ModelWorker,
    Setting,
    View,
    assignments,
    carried_out,
    make_question,
    play_run,
    reserve,
)
from eval.modelserver.faults import Faults


def asked(server):
    question = make_question(0, 0, 0, 4)
    view = View(question, question.sections, ("ann",), 1, (0, 0, 0))
    (given,) = assignments(view, [Brief("ann", question.sections[2])])
    worker = ModelWorker("openai/scripted", {"api_base": server.url, "api_key": "none"})
    return given, worker, carried_out(given, worker, {}.__setitem__)


def test_a_model_reads_its_brief_and_is_charged_by_its_server(serve):
    server = serve(record=True)
    given, worker, back = asked(server)
    assert (back.section, back.problem) == (given.brief.section, "")
    (body,) = server.bodies
    prompt = sum(len(message["content"]) for message in body["messages"]) // 4
    assert given.text in body["messages"][-1]["content"].replace("| ", "")
    assert prompt < back.tokens <= reserve(given, worker)


def test_a_lead_with_models_keeps_its_cap(serve):
    worker = ModelWorker("openai/scripted", {"api_base": serve().url, "api_key": "none"})
    setting = Setting(workers=2, rounds=2, questions=3, cap=Cap(4000), faults=0.2)
    outcomes = play_run("atom", setting, 0, worker)
    assert all(one.tokens <= 4000 for one in outcomes)
    assert outcomes[-1].coverage > 0


def test_a_model_without_an_answer_degrades(serve):
    given, worker, back = asked(serve(faults=Faults({"unauthorized": 1.0})))
    assert back.section is None
    assert back.problem.startswith("ann gave no usable answer")
    assert 0 < back.tokens <= reserve(given, worker)
