"""How an answer to a question with choices is judged, ranked or free."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from evalkit import Answer, ChoiceTask, Outcome, Sample, Score, Task
from evalkit.checks import check_task
from evalkit.scoring import Limits

CHOICES = ("rain", "fire", "snow", "sand")
SAMPLE = Sample(id="1", question="Which?", target="B", choices=CHOICES, points=2.0)
SEVERAL = replace(SAMPLE, id="2", question="Which two?", target="AC")
OPEN = replace(SAMPLE, id="3", question="Which, if any?", target="")


@dataclass(frozen=True, kw_only=True)
class AnyOfThem(ChoiceTask):
    """Three questions, the last of which has no right choice."""

    name = "any_of_them"
    version = 1

    def samples(self) -> Sequence[Sample]:
        return (SAMPLE, SEVERAL, OPEN)


@dataclass(frozen=True, kw_only=True)
class AllOfThem(AnyOfThem):
    """The same, and every right choice is wanted."""

    name = "all_of_them"
    all_of_them = True


ONE, ALL = AnyOfThem(), AllOfThem()


def judged(task: Task, sample: Sample, text: str) -> Score:
    return task.score(sample, Answer(text=text))


@pytest.mark.parametrize(
    ("task", "sample", "text", "value"),
    [
        (ONE, SAMPLE, "B", 1),
        (ONE, SAMPLE, "A", 0),
        (ONE, SAMPLE, r"\boxed{A and B}", 0),
        (ONE, SEVERAL, "A", 1),
        (ONE, SEVERAL, "C", 1),
        (ONE, SEVERAL, "B", 0),
        (ONE, SEVERAL, r"\boxed{AC}", 0),
        (ALL, SAMPLE, "B", 1),
        (ALL, SAMPLE, r"\boxed{BD}", 0),
        (ALL, SEVERAL, r"\boxed{AC}", 1),
        (ALL, SEVERAL, r"\boxed{C, A}", 1),
        (ALL, SEVERAL, "A", 0),
        (ALL, SEVERAL, r"\boxed{ACD}", 0),
        (ALL, SEVERAL, r"\boxed{AB}", 0),
    ],
)
def test_a_free_answer_is_right_if_it_names_what_it_must(
    task: Task, sample: Sample, text: str, value: float
) -> None:
    score = judged(task, sample, text)
    assert (score.value, score.points) == (value, 2.0 * value)
    assert score.outcome is (Outcome.RIGHT if value else Outcome.WRONG)


def test_what_was_read_is_told_in_the_order_of_the_letters() -> None:
    assert judged(ALL, SEVERAL, r"\boxed{C, A}").answer == "AC"
    assert judged(ONE, SAMPLE, "the one is fire").answer == "B"


def test_no_answer_and_one_cut_off_are_not_called_wrong() -> None:
    nothing = judged(ONE, SAMPLE, "I do not know.")
    assert (nothing.answer, nothing.outcome) == (None, Outcome.NO_ANSWER)
    cut = ONE.score(SAMPLE, Answer(text="Let us see, fire", finish="length"))
    assert (cut.answer, cut.outcome) == (None, Outcome.TRUNCATED)
    done = ONE.score(SAMPLE, Answer(text=r"\boxed{B}", finish="length"))
    assert done.outcome is Outcome.RIGHT


@pytest.mark.parametrize("task", [ONE, ALL])
@pytest.mark.parametrize("taken", range(4))
def test_a_ranked_answer_is_right_if_its_greatest_is_a_right_one(
    task: Task, taken: int
) -> None:
    weights = tuple(-1.0 if place == taken else -2.0 for place in range(4))
    one = task.score(SAMPLE, Answer(weights=weights))
    several = task.score(SEVERAL, Answer(weights=weights))
    assert one.answer == several.answer == "ABCD"[taken]
    assert one.outcome is (Outcome.RIGHT if taken == 1 else Outcome.WRONG)
    assert several.outcome is (Outcome.RIGHT if taken in (0, 2) else Outcome.WRONG)


def test_weights_that_are_not_those_of_the_choices_are_refused() -> None:
    with pytest.raises(ValueError, match="3 weights for 4 choices"):
        ONE.score(SAMPLE, Answer(weights=(-1.0, -2.0, -3.0)))


@pytest.mark.parametrize("task", [ONE, ALL])
def test_without_a_right_choice_nothing_is_right(task: Task) -> None:
    answers = [
        *(Answer(text=letter) for letter in "ABCD"),
        Answer(text=""),
        Answer(text="None of them."),
        Answer(text=r"\boxed{ABCD}"),
        Answer(weights=(-1.0, -2.0, -3.0, -4.0)),
    ]
    for answer in answers:
        score = task.score(OPEN, answer)
        assert score.value == 0
        assert score.explanation == "the dataset names no right choice"
    assert task.gold(OPEN) == ()


def test_reference_answers_name_the_right_choices() -> None:
    assert ONE.gold(SEVERAL) == ("The answer is (A)", "\\boxed{A}")
    assert ALL.gold(SEVERAL) == ("The answer is (AC)", "\\boxed{AC}")


@pytest.mark.parametrize("task", [ONE, ALL])
def test_such_a_task_passes_its_own_check(task: Task) -> None:
    checks = {
        each.name: each for each in check_task(task, {}, task.protocols, Limits())
    }
    assert [each.problems for each in checks.values() if each.failed] == []
    full = checks["reference answers get full marks"]
    assert (full.looked_at, full.note) == (4, "samples without one: 1")
