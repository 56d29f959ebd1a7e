"""MathQA: how options are read, prompts, and rows that are wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit_tasks.mathqa import MathQa
from tests.tasks.asked import ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract

FILE = "allenai/math_qa/default/test/0000.jsonl"
TEST: Sequence[Json] = (
    {
        "Problem": "a cart travels 90 km in 2 hours . what is its speed ?",
        "options": "a ) 30 , b ) 45 , c ) 60 , d ) 90 , e ) 180",
        "correct": "b",
    },
    {
        "Problem": "how many of 4 , 6 , 7 and 8 are even ?",
        "options": "a ) 4 , b ) 1 , c ) 2 , d ) 3 , e ) none of these",
        "correct": "d",
    },
)
TRAIN: Sequence[Json] = tuple(
    {
        "Problem": f"what is {index} + 1 ?",
        "options": f"a ) {index + 1} , b ) 90 , c ) 91 , d ) 92 , e ) 93",
        "correct": "a",
    }
    for index in range(7)
)
MADE = MadeUp(MathQa, FILE, TEST, {FILE.replace("test", "train"): TRAIN})


class TestContract(MadeUpContract):
    made = MADE
    right = {"test-0": "90 / 2 = 45, so the answer is 45.", "test-1": r"\boxed{D}"}
    wrong = {"test-0": "The answer is 60.", "test-1": "The answer is (C)."}
    worked = [f"train-{n}" for n in range(5)]


def test_options_are_ranked_behind_the_problem(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, second = task.samples()
    request = ranked(task, first)
    assert request.prompt == (
        "Question: a cart travels 90 km in 2 hours . what is its speed ?\nAnswer:"
    )
    assert request.choices == (" 30", " 45", " 60", " 90", " 180")
    assert ranked(task, second).choices[-1] == " none of these"
    assert (first.target, second.target) == ("B", "D")
    assert ranked(task, second, shots=1).prompt == (
        "Question: what is 0 + 1 ?\nAnswer: 1\n\n"
        "Question: how many of 4 , 6 , 7 and 8 are even ?\nAnswer:"
    )


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        (
            "a ) 1,200 , b ) 3 , 500 , c ) 10,000 , d ) 7 , e ) 1",
            ("1,200", "3 , 500", "10,000", "7", "1"),
        ),
        (
            "a ) rs . 400 , b ) $ 4.50 , c ) 5 % , d ) 2 : 3 , e ) can ' t be said",
            ("rs . 400", "$ 4.50", "5 %", "2 : 3", "can ' t be said"),
        ),
        (
            "a ) ( x + b ) , b ) a ( b + c ) , c ) 1 , d ) 2 , e ) 3 ",
            ("( x + b )", "a ( b + c )", "1", "2", "3"),
        ),
        ("a )1 , b )2 , c )3 , d )4 , e )5", ("1", "2", "3", "4", "5")),
        ("a) 1, b) 2, c) 3, d) 4, e) 5", ("1", "2", "3", "4", "5")),
        ("a ) 1 , b ) 2 , c ) 3 , d ) 4 , e ) 5 ,", ("1", "2", "3", "4", "5")),
        (
            """['a ) 1 , 5', 'b ) 2', 'c ) 3', "d ) jim ' s", 'e ) none']""",
            ("1 , 5", "2", "3", "jim ' s", "none"),
        ),
        (
            "a ) a ) 56 , b ) b ) 35 , c ) c ) 39 , d ) d ) 40 , e ) e ) 41",
            ("a ) 56", "b ) 35", "c ) 39", "d ) 40", "e ) 41"),
        ),
    ],
)
def test_options_are_read_whatever_they_hold(
    tmp_path: Path, options: str, choices: tuple[str, ...]
) -> None:
    task = MADE.laid(tmp_path, [{**TEST[0], "options": options}])
    (sample,) = task.samples()
    assert sample.choices == choices


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"options": "a ) 1 , b ) 2 , c ) 3 , d ) 4"}, "wanted options a to e"),
        (
            {"options": "a ) 1 , b ) 2 , c ) 3 , d ) 4 , e ) 5 , f ) 6"},
            "wanted options a to e",
        ),
        ({"options": "a ) 1 , c ) 2 , b ) 3 , d ) 4 , e ) 5"}, "wanted options"),
        ({"options": "a ) 1 , b ) , c ) 3 , d ) 4 , e ) 5"}, "option b is empty"),
        ({"options": "a ) 1 , b ) 2 , c ) 3 , d ) 4 , e )"}, "option e is empty"),
        ({"options": "['a ) 1', 'b ) 2'"}, "the options are no list"),
        ({"options": "[1, 2, 3, 4, 5]"}, "the options are no list"),
        ({"options": ""}, "column 'options'"),
        ({"correct": "f"}, "column 'correct' has the letter 'f'"),
        ({"correct": "B"}, "there are a, b, c, d, e"),
        ({"Problem": None}, "column 'Problem'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)
