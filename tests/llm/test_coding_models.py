"""Language models that code together, through the same seam as all agents."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from eval.coding import Plan, Verdicts, make_pairs, play, successes
from eval.coding.tables import success_table
from eval.modelserver.faults import Faults
from eval.show.tables import markdown


class Polite(BaseHTTPRequestHandler):
    """A model that reads what ben announced, and takes the first option that is not his."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = body["messages"][-1]["content"]
        self.server.prompts.append(prompt)
        options = re.findall(r'^(\d)\) "([^"]+)"', prompt, re.MULTILINE)
        said = re.search(r'"ben" has announced that it will do "([^"]+)"', prompt)[1]
        label = next(label for label, part in options if part != said)
        message = {"role": "assistant", "content": label}
        content = {
            "id": "1", "object": "chat.completion", "created": 1, "model": "polite",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }  # fmt: skip
        answer = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def polite(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Polite) as server:
        server.prompts = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_API_BASE", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield server
        server.shutdown()


def test_a_language_model_is_an_agent_like_others(polite):
    plan = Plan(("llm:openai/polite",), ("honest",), runs=1, tasks=3)
    (cell,) = play(make_pairs(1, 0), plan, Verdicts())
    assert [task.passed for task in cell.tasks()] == [True] * 3
    assert not any(task.choice.degraded for task in cell.tasks())
    assert "ben says that it will build at" in polite.prompts[0]
    assert "The ticket names the parts in this order" in polite.prompts[0]


def test_a_model_that_does_not_answer_is_marked(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", serve(faults=Faults({"unauthorized": 1.0})).url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    plan = Plan(("llm:openai/scripted",), ("honest",), runs=1, tasks=2)
    (one,) = successes(play(make_pairs(1, 0), plan, Verdicts()), 0.1)
    assert one.degraded == 1.0
    table = markdown(success_table([one], "both features work"))
    assert "100 % of decisions degraded" in table
