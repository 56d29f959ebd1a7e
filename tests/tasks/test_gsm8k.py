"""GSM8K: reading the dataset, the prompts, and the final number of a response."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit import Answer, Data, Outcome, Sample
from evalkit_tasks.gsm8k import Gsm8k
from tests.conftest import shared
from tests.tasks.asked import text_of
from tests.tasks.made_up import problem, written

SAMPLE = Sample(id="test-0", question="How much?", target="18")


def folder(root: Path, test: list[str], train: int = 120) -> Data:
    """A folder with a dataset of the same shape."""
    rows = {
        "test": [{"question": f"q{i}", "answer": text} for i, text in enumerate(test)],
        "train": [
            {"question": f"t{i}", "answer": f"It is {i}.\n#### {i}"}
            for i in range(train)
        ],
    }
    files = {f"openai/gsm8k/main/{split}.jsonl": rows[split] for split in rows}
    return written(root, files)


@pytest.mark.parametrize(
    "response",
    [
        "#### 18",
        "She makes 9 * 2 = $<<9*2=18>>18.\n#### 18",
        "#### $18.00",
        "#### 18 dollars per day",
        "so she makes $18 every day at the market. #### 18.",
        r"\boxed{18}",
        r"\[ \boxed{\$18} \]",
        r"\boxed{18 \text{ dollars}}",
        r"\boxed{36/2}",
        "The answer is 18.",
        "The answer is $18.00 per day. Not $20.",
        "**Answer:** 18 dollars",
        "Final answer: Janet makes $18",
        "So Janet makes 18 dollars.",
        "The answer is clear: we get 20 - 2 = 18",
        "<think>20? #### 20</think>It is 18",
        "The answer is 18 dollars (9 eggs at $2 each).",
        "Final answer:\n- 18 dollars",
        "Final answer: 20. Wait, she eats one more. So it is 18.",
    ],
)
def test_the_right_number_is_right_in_any_form(response: str) -> None:
    score = Gsm8k().score(SAMPLE, Answer(text=response))
    assert (score.value, score.outcome) == (1.0, Outcome.RIGHT)


@pytest.mark.parametrize(
    "response",
    [
        "#### 81",
        "#### -18",
        "#### 18.5",
        "#### 1800",
        "18 eggs at first.\n#### 16",
        r"18 \boxed{17}",
        "It is 18, or rather 19",
    ],
)
def test_another_number_is_wrong(response: str) -> None:
    score = Gsm8k().score(SAMPLE, Answer(text=response))
    assert (score.value, score.outcome) == (0.0, Outcome.WRONG)


@pytest.mark.parametrize("response", ["", "I do not know.", "<think>18"])
def test_no_number_is_no_answer(response: str) -> None:
    score = Gsm8k().score(SAMPLE, Answer(text=response))
    assert (score.value, score.outcome, score.answer) == (0.0, Outcome.NO_ANSWER, None)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("abel_gsm8k_7b", 59.74),
        ("abel_gsm8k_13b", 66.41),
        ("abel_gsm8k_70b", 83.62),
        ("tora_tora-70b-v1.0_gsm8k", 84.3),
    ],
)
def test_published_responses_get_their_published_score(
    name: str, published: float
) -> None:
    lines = (shared("grader") / f"published/{name}.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    right = [
        Gsm8k()
        .score(replace(SAMPLE, target=row["reference"]), Answer(text=row["response"]))
        .value
        for row in rows
    ]
    assert abs(100 * sum(right) / len(rows) - published) < 0.25


def test_thousands_and_scale_words_are_understood() -> None:
    sample = Sample(id="test-0", question="How much?", target="2000000")
    for response in ("#### 2,000,000", r"\boxed{2{,}000{,}000}", "\\boxed{2 million}"):
        assert Gsm8k().score(sample, Answer(text=response)).value == 1.0


def test_samples_are_read_in_order_with_their_targets(tmp_path: Path) -> None:
    data = folder(tmp_path, ["a\n#### 18", "b\n#### 1,200", "c\n#### -3"])
    samples = list(Gsm8k(data=data).samples())
    assert [each.id for each in samples] == ["test-0", "test-1", "test-2"]
    assert [each.target for each in samples] == ["18", "1200", "-3"]
    assert samples == list(Gsm8k(data=data).samples())
    for each in samples:
        score = Gsm8k().score(each, Answer(text=each.solution))
        assert score.outcome == Outcome.RIGHT


@pytest.mark.parametrize("answer", ["no marker", "a\n#### ", "a\n#### many", "#### 5"])
def test_a_malformed_row_is_named(tmp_path: Path, answer: str) -> None:
    task = Gsm8k(data=folder(tmp_path, ["fine\n#### 1", answer]))
    assert problem(task).startswith("openai/gsm8k/main/test.jsonl, row 1: ")


def test_eight_worked_examples_come_from_the_train_split(tmp_path: Path) -> None:
    task = Gsm8k(data=folder(tmp_path, ["a\n#### 1"]))
    exemplars = task.exemplars()
    worked = (0, 14, 36, 53, 55, 70, 77, 100)
    assert [each.id for each in exemplars] == [f"train-{index}" for index in worked]
    assert all(str(index) in (Gsm8k.__doc__ or "") for index in worked)
    _, fewshot = task.protocols
    request = next(fewshot.converse(SAMPLE, exemplars))
    prompt = text_of(request)
    assert prompt.startswith("Question: t0\nAnswer: It is 0.\n#### 0\n\nQuestion: ")
    assert prompt.endswith("Question: How much?\nAnswer:")
    assert (request.sampling.max_tokens, request.sampling.stop) == (512, ("Question:",))


def test_chat_is_the_default_and_asks_for_a_box() -> None:
    chat, _ = Gsm8k.protocols
    request = next(chat.converse(SAMPLE, ()))
    assert "How much?" in text_of(request)
    assert r"\boxed{}" in text_of(request)
    assert (request.sampling.max_tokens, request.sampling.temperature) == (1024, 0.0)


def test_the_last_number_of_a_response_that_was_cut_off_is_no_answer() -> None:
    sample = Sample(id="x", question="?", target="18")
    cut_off = Answer(text="She sells 9 of the 18", finish="length")
    score = Gsm8k().score(sample, cut_off)
    assert (score.outcome, score.answer) == (Outcome.TRUNCATED, None)
    stated = Answer(text="The answer is 18. Now let me check: 3", finish="length")
    assert Gsm8k().score(sample, stated).outcome is Outcome.RIGHT
