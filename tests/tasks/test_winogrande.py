"""WinoGrande: partial evaluation, prompts, and rows that are wrong."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit import Answer, Completion, Outcome, Rank, Ranked
from evalkit_tasks.winogrande import RankRest, WinoGrande
from tests.tasks.asked import generated, ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract

FILE = "allenai/winogrande/winogrande_xl/validation.jsonl"
TEST: Sequence[Json] = (
    {
        "sentence": "Mira lent Ada her coat because _ was cold.",
        "option1": "Mira",
        "option2": "Ada",
        "answer": "2",
    },
    {
        "sentence": "The jug would not fit on the shelf, so we moved the _.",
        "option1": "shelf",
        "option2": "jug",
        "answer": "1",
    },
)
TRAIN: Sequence[Json] = tuple(
    {
        "sentence": f"Tom called Ben {index} times until _'s phone broke.",
        "option1": "Tom",
        "option2": "Ben",
        "answer": "1" if index % 2 else "2",
    }
    for index in range(7)
)
MADE = MadeUp(WinoGrande, FILE, TEST, {FILE.replace("validation", "train"): TRAIN})


class TestContract(MadeUpContract):
    made = MADE
    right = {"validation-0": "It was Ada.", "validation-1": "The answer is A."}
    wrong = {"validation-0": "It was Mira.", "validation-1": "The answer is B."}
    worked = [f"train-{n}" for n in range(5)]


def likelihood(request: object, logprob: float) -> Completion:
    """A completion that holds the one choice of a request to be so likely."""
    assert isinstance(request, Rank)
    (choice,) = request.choices
    size = len(choice.encode())
    return request.ranking([Ranked(logprob=logprob, tokens=3, size=size, greedy=False)])


def test_the_same_rest_is_ranked_behind_either_option(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, second = task.samples()
    conversation = task.protocols[0].converse(first, ())
    request = next(conversation)
    assert isinstance(request, Rank)
    assert request.prompt == "Mira lent Ada her coat because Mira"
    assert request.choices == (" was cold.",)
    request = conversation.send(likelihood(request, -7.5))
    assert isinstance(request, Rank)
    assert request.prompt == "Mira lent Ada her coat because Ada"
    assert request.choices == (" was cold.",)
    with pytest.raises(StopIteration) as end:
        conversation.send(likelihood(request, -4.25))
    answer = end.value.value
    assert answer == Answer(weights=(-7.5, -4.25))
    assert task.score(first, answer).outcome is Outcome.RIGHT
    assert task.score(second, answer).outcome is Outcome.WRONG
    # A space parts the rest from the option even where the sentence has none.
    assert ranked(task, second).choices == (" .",)


def test_a_worked_example_is_the_whole_sentence(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, _ = task.samples()
    assert ranked(task, first, shots=2).prompt == (
        "Tom called Ben 0 times until Ben 's phone broke.\n\n"
        "Tom called Ben 1 times until Tom 's phone broke.\n\n"
        "Mira lent Ada her coat because Mira"
    )
    with pytest.raises(ValueError, match="wants 3 worked examples, the task has 0"):
        next(replace(RankRest(), shots=3).converse(first, ()))


def test_other_protocols_list_the_options(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, _ = task.samples()
    assert [each.name for each in task.protocols] == [
        "rank",
        "letter",
        "generate",
        "generate_fewshot",
    ]
    listed = (
        "Mira lent Ada her coat because _ was cold.\n"
        "What belongs in the blank (_)?\nA. Mira\nB. Ada\nAnswer:"
    )
    request = ranked(task, first, "letter")
    assert (request.prompt, request.choices) == (listed, (" A", " B"))
    assert generated(task, first, "generate_fewshot") == listed
    assert "because _ was cold.\n\nA. Mira\nB. Ada" in generated(
        task, first, "generate"
    )
    assert ranked(task, first, "letter", shots=1).prompt == (
        "Tom called Ben 0 times until _'s phone broke.\n"
        f"What belongs in the blank (_)?\nA. Tom\nB. Ben\nAnswer: B\n\n{listed}"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": "3"}, "column 'answer' has the answer '3'; there are 1, 2"),
        ({"answer": ""}, "the answer ''"),
        ({"option2": ""}, "column 'option2'"),
        ({"sentence": "Nothing is left out."}, "column 'sentence' has no blank"),
        ({"sentence": "It was _ "}, "column 'sentence' has no blank"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)
