"""A question with choices as plain text: what is filled in, and what never is."""

from string import ascii_uppercase

import pytest

from evalkit import Frame, Sample, letters, right_choices
from evalkit.choices.frame import letters_in_words

SAMPLE = Sample(
    id="1", question="What shines?", target="B", choices=("Moon", "Sun", "sand")
)
EVERYTHING = Frame(listed="{question}|{options}|{letters}|{last}")


def test_each_place_is_filled() -> None:
    assert EVERYTHING.asked(EVERYTHING.listed, SAMPLE) == (
        "What shines?|A. Moon\nB. Sun\nC. sand|A, B or C|C"
    )


def test_a_template_may_name_a_place_twice_or_not_at_all() -> None:
    frame = Frame()
    assert frame.asked("{last}{last} {question}", SAMPLE) == "CC What shines?"
    assert frame.asked("Well?", SAMPLE) == "Well?"


@pytest.mark.parametrize(
    "text",
    [
        "{options}",
        "{question} and {letters}",
        "{last}",
        "{choice} {letter}",
        "{}",
        "{0}",
        r"\frac{1}{2} \1 \g<0>",
        "{{question}}",
    ],
)
def test_what_a_question_or_a_choice_says_is_not_filled_again(text: str) -> None:
    sample = Sample(id="1", question=text, target="A", choices=(text, "no"))
    assert EVERYTHING.asked(EVERYTHING.listed, sample) == (
        f"{text}|A. {text}\nB. no|A or B|B"
    )


@pytest.mark.parametrize("text", ["{name}", "{Question}", "{ question }", "{", "}}"])
def test_other_braces_of_a_template_stay(text: str) -> None:
    assert Frame().asked(f"{text} {{question}}", SAMPLE) == f"{text} What shines?"


def test_options_have_the_form_that_the_frame_gives_them() -> None:
    frame = Frame(option="({letter}) {choice};", between=" ")
    assert frame.options(("{letter}", "x")) == "(A) {letter}; (B) x;"


def test_options_need_no_letters() -> None:
    assert Frame(option="- {choice}").options(("x", "y")) == "- x\n- y"


def test_worked_examples_stand_behind_the_description() -> None:
    frame = Frame(description="These are {{kind}}s.\n\n", separator="\n--\n")
    assert frame.prompt("Q3", ["Q1 a", "Q2 b"]) == (
        "These are {kind}s.\n\nQ1 a\n--\nQ2 b\n--\nQ3"
    )
    assert frame.prompt("Q1", []) == "These are {kind}s.\n\nQ1"
    assert Frame().prompt("Q1", []) == "Q1"


def test_there_are_as_many_letters_as_in_the_alphabet() -> None:
    assert letters(3) == "ABC"
    assert letters(26) == ascii_uppercase
    with pytest.raises(ValueError, match="27 choices, and letters for 26"):
        letters(27)


def test_more_choices_than_letters_are_refused_wherever_they_are_listed() -> None:
    choices = tuple(map(str, range(27)))
    sample = Sample(id="1", question="?", target="A", choices=choices)
    with pytest.raises(ValueError, match="27 choices"):
        Frame().asked("{options}", sample)
    with pytest.raises(ValueError, match="27 choices"):
        Frame().options(choices)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "A"), (2, "A or B"), (4, "A, B, C or D"), (0, "")]
)
def test_letters_in_words(count: int, words: str) -> None:
    assert letters_in_words(count) == words


@pytest.mark.parametrize(
    ("target", "places"), [("A", {0}), ("Z", {25}), ("CA", {0, 2}), ("", set[int]())]
)
def test_the_places_of_right_choices(target: str, places: set[int]) -> None:
    sample = Sample(id="1", question="?", target=target, choices=tuple("abc"))
    assert right_choices(sample) == places
