"""Rewards in the real CoMLRL, on the CPU: ``pip install 'comlrl>=1.4,<1.5'`` and run this folder with pytest.

It is no part of ``make test``: CoMLRL needs torch. The trainer is built whole, with a model of a few hundred
weights that was made here; nothing is downloaded.
"""

import pytest

pytest.importorskip("comlrl")

import torch
from comlrl.trainers.reinforce import MAGRPOConfig, MAGRPOTrainer
from comlrl.utils.reward_utils import call_reward_function, resolve_reward_range
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from atom.rewards import alignment_reward, order_reward

PAIR = {"ann": ["A", "B"], "ben": ["A", "B"]}
DIFFER = [[[0.0, 1.0], [1.0, 0.0]]] * 2
REWARDS = [make(DIFFER, PAIR, orders=(0, 1)) for make in (order_reward, alignment_reward)]


@pytest.mark.parametrize("reward", REWARDS)
def test_both_forms_of_the_call_give_the_reward(reward):
    completions = [["B", "A", "what?"], ["A", "A", "B"]]
    expected = reward(*completions)
    for items in (None, [{"prompt": "?"}]):
        found = call_reward_function(reward, ["?"], completions, num_agents=2, batch_items=items)
        assert found == expected
    assert resolve_reward_range(reward) == reward.reward_range


def test_items_of_the_data_set_reach_the_reward():
    reward = order_reward(DIFFER, PAIR, orders=(0,))
    history = [{"history": [{"ann": "B", "ben": "B"}]}]  # which ToM-0 answers with A
    for items, expected in ((history, [1.0]), ([{}], [0.0]), (None, [0.0])):
        found = call_reward_function(reward, ["?"], [["A"], ["A"]], num_agents=2, batch_items=items)
        assert found == expected


def words():
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[EOS]", "[UNK]", "A", "B", "play"])}
    inner = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        eos_token="[EOS]",
        unk_token="[UNK]",
    )


@pytest.mark.parametrize("reward", REWARDS)
def test_a_trainer_takes_steps_on_it(reward, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    tokenizer = words()
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=16,
        n_embd=8,
        n_layer=1,
        n_head=1,
        bos_token_id=1,
        eos_token_id=1,
    )
    agents = [GPT2LMHeadModel(config) for _ in range(2)]
    before = [[weight.clone() for weight in agent.parameters()] for agent in agents]
    calls = []

    def watched(*completions, batch_items=None):
        found = reward(*completions, batch_items=batch_items)
        calls.append((completions, batch_items, found))
        return found

    trainer = MAGRPOTrainer(
        agents=agents,
        num_agents=2,
        tokenizer=tokenizer,
        train_dataset=Dataset.from_dict({"prompt": ["play", "play"]}),
        reward_func=watched,
        args=MAGRPOConfig(
            num_train_epochs=2,
            num_agents=2,
            num_generations=4,
            num_turns=1,
            max_new_tokens=3,
            agent_learning_rate=0.1,
            agent_devices="cpu",
            temperature=1.0,
            top_p=1.0,
            top_k=None,
            eval_interval=0,
        ),
    )
    trainer.train()
    assert calls
    assert all(items is not None for _, items, _ in calls)  # the first form, so nothing raised a TypeError
    assert {round(one, 6) for _, _, found in calls for one in found} <= {0.0, 0.5, 1.0, 1.5, 2.0}
    after = [list(agent.parameters()) for agent in agents]
    assert any(
        not torch.equal(old, new)
        for olds, news in zip(before, after, strict=True)
        for old, new in zip(olds, news, strict=True)
    )
