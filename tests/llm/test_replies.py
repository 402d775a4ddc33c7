"""What replies in words, objects and calls name: the writer's own option, and nobody else's."""

import resource
import subprocess
import sys
from enum import Enum, auto

import pytest

from atom.models.labels import of_value, within
from atom.models.options import Options
from atom.models.replies import ReplyError, read_label, read_option, read_stated
from atom.models.sentences import announced

LETTERS = {"1": "A", "2": "B"}
WORDS = {"1": "wait", "2": "go left"}
TICKETS = {"1": "login", "2": "billing"}
VERBS = {"1": "cooperate", "2": "defect"}
NUMBERS = {"1": "0", "2": "1", "3": "2"}

READINGS = [
    (
        LETTERS,
        "A",
        [
            '1) "A"',
            "1.",
            "Option 1",
            "Both options are equal, so I'll just pick A.",
            "Either is fine. A.",
            "It doesn't matter, but I choose A.",
            "We should both choose A.",
        ],
    ),
    (
        LETTERS,
        "B",
        [
            "(B)",
            "２",
            "**B**",
            "I choose B because Ben's action is A",
            "Ben: A. Me: B.",
            "Ben's action is A. I will go with B.",
            "Their choice is A, so my answer is B.",
            "They will choose A; I take B.",
            "I expect Ben to take A, so I'll take B.",
            "The best option is B.",
            "The best option for me is 2.",
            "Ben thinks my action is A, so I choose B.",
            'Ben said: "I take A." I choose B.',
            'Ben wrote "Let us talk. I take A." My move: B',
            "> I take A\nMy answer: B",
            "- Ben: A\n- Me: B",
            "Ben = A, me = B",
            "The best response to A is B.",
            "Option 2 is the best choice.",
            "I think option 2 is best.",
            "Since A is best for Ben, I choose B",
            "2 because they take A",
            "B, since Ben will play A.",
            "B. Ben's action is A.",
            "B\n\nBen will choose A.",
            "So, B.",
            "Therefore, option 2.",
            "Choose B.",
            "I'm going with option 2.",
            "Let's go with B",
            "Let me take B.",
            "I have chosen B.",
            "Last round I chose A, so now I choose B.",
            "I choose B, not A.",
            "I don't choose A. I choose B.",
            "I would choose A, but my final answer is B.",
            "I could choose A. I choose B.",
            "Should I choose A? My answer is B.",
            "Final answer:\n\n**2**",
            "Ben's action is A. \\boxed{B}",
            "They take A.\n<answer>B</answer>",
            'Here it is:\n```json\n{"answer": "2"}\n```',
            'Sure! {"answer": "2"} since Ben takes A',
            '{"answer": "2"}\nBen takes A.',
            '{"final_answer": "B", "bens_action": "A"}',
            '{"answer": {"choice": "B"}}',
            '{"answer": 2.0}',
            "<think>My answer is A.</think>My answer is B.",
            "<think>\nI choose A\n</think>\n\n2",
            "B <think>hm A</think>",
            "I take 2.",
            "In response to Ben, my answer is B",
            "My action: B",
            "Ben's answer: A\nMy answer: B",
            "If that is what they do, my best option is B.",
            "I choose B if Ben chooses A",
            "**Answer: B**",
            "**Answer:** `B`",
            "### Answer\nB",
            "Option 2: B",
            "2 - B",
            "2 (B)",
            "2 B",
            "It is best to choose B.",
            "My final decision is to choose option 2 (B).",
            "Decision: B",
            "Option 2 it is.",
            "Reasoning: Ben repeats A. Choice: B",
            "Reasoning: I choose B",
            "I choose **B**, which Ben left.",
            "I pick #2.",
            "“B”",
            "「2」",
            "Ben picked A, I picked B.",
            "I respond with B.",
            "Given that Ben's move is A, option 2 is my best response.",
            "Ben chose option 1 and I choose option 2.",
            "His answer: A. My answer: B.",
            "Ben's likely action is A. The best action is B.",
            "Ben's choice: A\n\nB",
            "Ben has played A three times in a row. Since different tickets pay 5, I should choose B.",
            "Ben is likely to pick A again. To avoid a collision, I will pick B.",
            "To maximise my payoff, I'll choose option 2.",
            "The prediction says that Ben does A. Answer: 2",
            "Based on the prediction, the best choice is option 2.",
            "Based on Ben's prediction, the best choice is option 2.",
            "Since they are expected to choose A, the optimal response is B.",
            "My choice would be B.",
            "Label: 2",
            "The label is 2.",
            "**Option 2**",
            "Option **2**",
            "`2`",
            "```\n2\n```",
            '```json\n{"answer": "2"}\n```\n\nBen will choose A.',
            "I will respond with B since Ben plays A.",
            "I'd go for B.",
            "Ben will choose A and I will choose B.",
            "While Ben chooses A, I choose B.",
            "Ben's move: A, my move: B",
            "1. Ben repeats A.\n2. I want to differ.\n\nSo I choose B.",
            "1. Ben repeats A.\n2. I want to differ.\n\nAnswer: 2",
            "Step 1: Ben plays A.\nStep 2: I answer.\nFinal answer: B",
            "### Analysis\nBen: A\n### Decision\nB",
            "Ben's answer is 1, mine is 2.",
            "I'm choosing B to avoid a clash.",
            "I am going to take B",
            "No matter what Ben does, I choose B.",
            "I can choose A or B; I'll go with B.",
            "Ben may choose A; I may choose B.",
            "If I choose A, we both get 0. If I choose B, we get 5. Therefore I choose B.",
            "A gives 0, B gives 5, so B is the best choice.",
            "Answer for Ben: A. Answer for me: B.",
            "Ben's choice will be A so the best action for me is B.",
            "Ben chooses A → I choose B",
            "Prediction: A\nAction: B",
            "Predicted partner action: A\nMy action: B",
            "Partner's action: A\nMy action: B",
            "Partner action = A; own action = B",
            "The other player's choice: A. My choice: B.",
            "The other player chooses option 1. Therefore, I should choose option 2.",
            "Sure, here is my answer: B",
            "OK. B",
            "Okay, I'll take B!",
            "Answer: B (because Ben takes A)",
            "Answer - B",
            "answer is (B)",
            "[B]",
            "<B>",
            "B!",
            '{"label": "2", "reason": "Ben\'s action is A"}',
            '{"reasoning": "My answer is A? No.", "answer": "B"}',
            "{'answer': '2'}",
            "answer = 2",
            '"answer": "2"',
            "<think>Ben takes A. I choose A? no</think> I choose B because Ben's action is A",
            "<thinking>A</thinking>\n**B**",
            "Between A and B, I choose B.",
            "My answer is B and not A.",
            "My answer is B, Ben's is A.",
            "Ben is going to choose A, I think. I'll choose B, I guess.",
            "I suspect Ben chooses A; hence B.",
            "Ben said he'd choose A, and I believe him, so B.",
            "I expect A from Ben, so I play B.",
            "I think they choose A. B it is.",
            "Opponent's move is A. Mine is B.",
            "The best answer to Ben is B.",
            "They want me to do A, but I'll do B.",
            "Ben (last round): A\nBen (this round): A\nMe: B",
            "History: ann A, ben A. Answer: 2",
            "Ben does A.\nSo my best response is B.",
            "Which one? Option 2.",
            "Ben takes A: I take B.",
            "Take B if Ben takes A.",
            "Choose A? No. Choose B.",
            "I could go with A, but B is my choice.",
            "She chose 1, so I'm choosing 2.",
            "They were at A, so I choose B.",
            ": I choose B",
        ],
    ),
    (
        LETTERS,
        None,
        [
            "Ben's action is A.",
            "If Ben chooses A, I choose B. If Ben chooses B, I choose A.",
            "I think Ben will choose A.",
            "For Ben, the best option is A.",
            "The action of Ben is A.",
            "The expected action is A.",
            "My partner's choice is A.",
            "my partner will choose A",
            "Ben expects me to take A.",
            "Ben thinks I take A.",
            "Ben: I take A.",
            "Player 1: A, Player 2: B",
            "The best response to B is A, and the best response to A is B.",
            "A is Ben's best choice.",
            "A is the best choice for Ben.",
            "I'd rather Ben take A.",
            "Last round I chose A.",
            "I won't take A.",
            "I choose A or B.",
            "My answer is A and B.",
            "I choose A. My answer is B.",
            "Ben's action:\nA",
            "\\boxed{A} or \\boxed{B}",
            '{"ben": "A", "me": "B"}',
            "<THINK>A",
            "I take a look.",
            "I take A ticket",
            "I take 2 steps.",
            "A is taken by Ben.",
            "Neither option 1 nor option 2.",
            "Option 1 gives 5. Option 2 gives 0.",
            "Option 1, however, is worse.",
            "Ben will wait then take B.",
            "There is no way I choose A.",
            "Ben action: A",
            "A) 5 points\nB) 3 points",
            "A. Payoff 5\nB. Payoff 3",
            "A, B",
            "A/B",
            "Option 1: B",
            "You should choose B.",
            "It's best for Ben to choose A.",
            "option two",
            "I answer A with B.",
            "I respond to A.",
            "We both get 5 if I take B.",
            "Option 1 is good, option 2 is better.",
            "not A",
            "Anything but A",
            "I avoid A.",
            "The answer is either A or B.",
            "I need to choose between A and B.",
            "The answer isn't A.",
            "The answer cannot be A.",
            "My choice cannot be A, so it's B.",
            "Ben: A\nAnn: B",
            "I would say B.",
            "ben: A, ann: B",
            "I want to avoid A.",
            "I do not want A. I want B.",
            "If I choose A, I get 0 if Ben chooses A.",
            "Choosing A gives 0. Choosing B gives 5.",
            "A gives 0, B gives 5, so B is the better choice.",
            "The answer to the question of what Ben does is A.",
            "Expected action: A",
            "Their answer is 1",
            "ANSWER: b",
            "option b",
            "Of A and B, B is best.",
            "My answer is not A but B.",
            "Ben says he will choose A.",
            "I believe Ben's choice is A.",
            "I predict A.",
            "I expect A.",
            "Ben will go with A.",
            "Ben's going for option 1.",
            "Ben: option 1",
            "The partner's next move: A",
            "Partner: A",
            "Prediction: A",
            "Predicted: A",
            "It is likely that A is chosen.",
            "A is likely.",
            "A was chosen by Ben.",
            "A is what Ben will do.",
            "B is what I will do.",
            "Ben's best option is A.",
            "The best option for Ben is A.",
            "The action he will take is A.",
            "The choice Ben makes is A.",
            "Their final answer is A.",
            "Ben's final answer: A",
            "The final answer of Ben is A.",
            "Ben wants me to choose A.",
            "I want Ben to choose A.",
            "I hope he chooses A.",
            "I believe that Ben believes I choose A.",
            "If I were Ben, I would choose A.",
            "As Ben, I would choose A.",
            "In Ben's shoes, I'd pick A.",
            "Ben would say: I choose A.",
            "History: I chose A, Ben chose A.",
            "| player | action |\n| --- | --- |\n| ben | A |\n| ann | B |",
            "Ben's policy: A (90%), B (10%)",
            "A: 90%\nB: 10%",
            "A (90%)",
            "P(A)=0.9",
            "I'm 90% sure Ben takes A.",
            "I'd answer A with B.",
            "Let Ben take A.",
            "Option 1 or option 2?",
            "1 is better than 2",
            "2 > 1",
            "1 < 2",
            "Don't choose A.",
            "Do not take option 1!",
            "I will not go with A; B it is.",
            "My first thought is A.",
            "My prediction is A.",
            "My guess for Ben is A.",
            "My expectation: A",
            "My belief is that the action is A",
            "He plays A, she plays B.",
            "We play A and B.",
            "Both choose A.",
            "Everyone picks A.",
            "Nobody picks B.",
            "Step 1: think. Step 2: act.",
            "Round 2: Ben A",
            "In round 1 Ben chose A.",
            "Answer in round 2: B",
            "There are 2 options.",
            "I have 2 options.",
            "I see 1 ticket",
            "I take 1 of 2.",
            "A\nB",
            "A then B",
            "A. No, B.",
        ],
    ),
    (
        WORDS,
        None,
        [
            "Let me wait and see.",
            'I choose "go left fast".',
            "My choice is not wait but go left",
            "Waiting is best.",
            "I will go left or wait.",
            "I will let them go left.",
            "I'll wait until they go left, then go left.",
        ],
    ),
    (
        WORDS,
        "wait",
        [
            "I wait.",
            "I'll wait for them to go left.",
            "They go left, I wait.",
            "Wait.",
            "WAIT",
            "I think I should wait here.",
            "Ben will go left, so I should wait.",
        ],
    ),
    (
        WORDS,
        "go left",
        [
            "I'll go left because they wait.",
            'I choose "go left" over "wait".',
            "They wait, so the best option is to go left.",
            "Go left, since Ben waits.",
            "I won't wait, I'll go left.",
        ],
    ),
    (
        TICKETS,
        "billing",
        [
            "Ben takes login. I'll do billing.",
            "I choose billing rather than login",
            "Done. I picked billing.",
        ],
    ),
    (
        TICKETS,
        "login",
        [
            "I deleted the file. Option 1",
        ],
    ),
    (
        TICKETS,
        None,
        [
            "I will handle billing.",
            "I took login yesterday.",
            "Ben, take login.",
            "Ben should take login.",
        ],
    ),
    (
        VERBS,
        "cooperate",
        [
            "I will cooperate.",
            "I expect them to cooperate, so I will cooperate as well.",
            "I would defect if Ben cooperates, but I'll cooperate.",
            "I choose to cooperate.",
            "Mutual cooperation is best, so I cooperate.",
        ],
    ),
    (
        VERBS,
        "defect",
        [
            "I'll defect, since they cooperate.",
            "They cooperate. I defect.",
            "Defect.",
            "I choose to defect because they might cooperate",
            "Ben will probably defect. I'll defect too.",
            "If Ben defects, I defect.",
            "I'd never cooperate, so I defect.",
        ],
    ),
    (
        VERBS,
        None,
        [
            "Ben will defect.",
            "Both players should cooperate.",
            "I expect to cooperate.",
            "I don't want to cooperate.",
            "I fear they defect.",
            "I think they will cooperate.",
            "I will make them cooperate.",
            "I should not defect.",
            "I never defect.",
        ],
    ),
    (
        NUMBERS,
        "0",
        [
            "0",
            "Option 1",
        ],
    ),
    (
        NUMBERS,
        "1",
        [
            "2",
        ],
    ),
    (
        NUMBERS,
        "2",
        [
            "My answer is 3.",
        ],
    ),
]


def reading(text, actions):
    try:
        return actions[read_label(text, actions)]
    except ReplyError:
        return None


@pytest.mark.parametrize(
    ("actions", "action", "text"),
    [(actions, action, text) for actions, action, texts in READINGS for text in texts],
)
def test_what_a_reply_names_is_its_writers_own(actions, action, text):
    assert reading(text, actions) == action


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("My answer is B.", "2"),
        ("B", "2"),
        ("2) B", "2"),
        ("If they take A, I take B.", None),
        ("Last time I took A, and it went well.", None),
        ("I could take B.", None),
        ("Ben took B.", None),
        ("Done.", None),
    ],
)
def test_what_is_said_in_passing_does_not_count_firmly(text, label):
    options = Options.of(LETTERS)
    if label is None:
        with pytest.raises(ReplyError):
            read_option(text, options, firmly=True)
    else:
        assert read_option(text, options, firmly=True) == label


def test_many_options_have_letters():
    rooms = {chr(ord("A") + i): f"room {i}" for i in range(26)}
    for text, action in (
        ("B", "room 1"),
        ("I choose option I.", "room 8"),
        ("room 12", "room 12"),
        ("I take room 1, since they take room 12.", "room 1"),
        ("K) room 10", "room 10"),
        ("Option C: room 3", None),
        ("I choose a room.", None),
    ):
        assert reading(text, rooms) == action, text


# ---- objects ----


class Ticket(Enum):
    LOGIN = "login"
    BILLING = "billing"


class Drawn(Enum):
    BILLING = auto()
    LOGIN = auto()


@pytest.mark.parametrize(
    ("found", "action"),
    [
        ({"answer": "2"}, "billing"),
        ({"answer": 2}, "billing"),
        ({"answer": 2.0}, "billing"),
        ({"answer": True}, None),
        ({"answer": 10**5000}, None),
        ({"Answer": "billing", "why": "login is taken"}, "billing"),
        ({"final_answer": "billing", "partner_action": "login"}, "billing"),
        ({"myChoice": "billing", "bensChoice": "login"}, "billing"),
        ({"partner_action": "login"}, "login"),  # the only one that is named
        ({"partner_action": "login", "mine": "billing"}, None),
        ({"action": "billing", "label": "2"}, "billing"),
        ({"action": "billing", "label": "1"}, None),
        ({"answer": {"action": "billing", "why": "x"}}, "billing"),
        ({"answer": "I go with billing, since they take login."}, "billing"),
        ({"answer": "x" * 10**6}, None),
        ({"why": "Option 1 is free.", "pick": "billing"}, "billing"),
        ({"answer": Ticket.BILLING}, "billing"),
        ({"pick": Drawn.BILLING}, "billing"),  # its value, 1, is drawn and says nothing
        ({3: "billing"}, "billing"),
        ({10**5000: "billing"}, "billing"),
        ({}, None),
    ],
)
def test_an_object_names_one_option_or_none(found, action):
    label = within(found, Options.of(TICKETS))
    assert (label and TICKETS[label]) == action


def test_what_is_nested_deeply_is_not_looked_for():
    found = {"answer": "2"}
    for _ in range(5000):
        found = {"answer": found}
    assert within(found, Options.of(TICKETS)) is None


@pytest.mark.parametrize(("by", "action"), [("labels first", "0"), ("actions first", "1"), ("actions", "1")])
def test_an_action_that_looks_like_a_label_is_read_as_told(by, action):
    options = Options.of(NUMBERS, by)
    assert NUMBERS[of_value("1", options)] == NUMBERS[of_value(1, options)] == action
    assert NUMBERS[of_value("My answer is 1.", options)] == action
    assert (of_value("3", options) is None) == (by == "actions")
    assert within({"label": "1"}, options) == "1"


def test_numbers_that_are_too_large_are_no_distribution():
    for much in (10**400, 10**3000, 80):
        with pytest.raises(ReplyError, match="probabilities must be numbers in"):
            read_stated(f'{{"probabilities": {{"1": {much}, "2": 0.2}}}}', TICKETS)


# ---- time ----

HARD = [
    "answer", " .", "{", "\\boxed{", "((", "option 1 ", '"', "</think>", "I do ", "1)", "is ",
    "option ", "action ", "the answer is ", '{"a":', '{"":{"":', "1 or ", "1, ", "if ", "\n", "\n1",
    "<think>", ". ", ".)", "me ", "to ", "I ", "'a", "a'", "<answer>", "response to 1 is ", "my my ",
    "1 because ", "room 1 or ", "`", "**", "```\n", "not ", "2 (", "- ", ":\n", "that ",
]  # fmt: skip


def lines_run(text, options):
    """How many lines of code reading the sentences of a text runs: no clock, so that no other load counts."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        list(announced(text, options))
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("part", HARD)
def test_twice_the_text_takes_twice_the_work(part):
    options = Options.of({str(i): f"room {i}" for i in range(1, 100)})
    few, many = (lines_run((part * n)[:n], options) for n in (600, 2400))
    assert many <= 4.4 * few + 200


def test_a_million_characters_are_read_in_bounded_time():
    """In a process that is killed after a minute of work; a pattern that goes back and forth needs days."""
    code = f"""
from atom.agents.answers import label_of
from atom.models.labels import named, without_thoughts
from atom.models.options import Options
from atom.models.replies import ReplyError
from atom.models.tokens import _SENTENCE, _sentences

rooms = {{str(i): f"room {{i}}" for i in range(1, 100)}}
options = Options.of(rooms)
for part in {HARD!r}:
    text = (part * 10**6)[:10**6]
    without_thoughts(text)
    _SENTENCE.sub("", text)
    for _ in _sentences(text):
        pass
    named(text, options)
    found = {{"answer": text, text: text}}
    message = {{"content": text, "tool_calls": [{{"name": text, "args": found, "id": "c"}}]}}
    for answer in (text, {{"structured_response": found}}, {{"messages": [message]}}):
        new = answer["messages"] if "messages" in answer else [answer]
        try:
            label_of(answer, new, rooms)
        except ReplyError:
            pass
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
    )
    assert (done.stdout.strip(), done.stderr) == ("done", "")
