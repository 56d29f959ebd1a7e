"""How questions are put."""

import re
from collections.abc import Callable

import pytest

from evalkit import (
    Chat,
    Completion,
    Conversation,
    FewShot,
    Frame,
    Generate,
    Message,
    Sample,
    Sampling,
    Verbatim,
)
from evalkit.choices.protocols import GenerateChoice
from evalkit.families import Template

SAMPLE = Sample(id="1", question="How many?", target="3")
EXAMPLES = [
    Sample(id=f"e{n}", question=f"Example {n}?", target=str(n), solution=f"It is {n}.")
    for n in range(3)
]


def first(conversation: Conversation) -> Generate:
    return next(conversation)


def test_chat_fills_in_the_question_and_leaves_braces_alone() -> None:
    sample = Sample(id="1", question=r"\frac{1}{2} of {x}?", target="")
    instruction = 'Solve {question} in {{braces}}, {"a": {}}.'
    chat = Chat(instruction=instruction, system="Be brief.")
    assert first(chat.converse(sample, ())).prompt == (
        Message("system", "Be brief."),
        Message("user", r'Solve \frac{1}{2} of {x}? in {braces}, {"a": {}}.'),
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Chat(instruction="Spell {word} backwards."), "has no {question}: all"),
        (lambda: Chat(instruction="Spell it."), "instruction has no {question}"),
        (
            lambda: Chat(instruction="{question} Not {choices}."),
            "instruction has {choices}, and only {question} is put into it",
        ),
        (
            lambda: Chat(instruction="{question}", system="You get {question}"),
            "system has {question}, and only nothing is put into it",
        ),
        (
            lambda: GenerateChoice(instruction="{question} {option}"),
            "only {question}, {options}, {letters}, {last} is put into it: did you "
            "mean {options}?",
        ),
        (
            lambda: Chat(instruction="{question}", system="You are {name}."),
            "system has {name}, and only nothing is put into it: write {{name}} for "
            "the name in its braces",
        ),
        (lambda: Template(name="t", text="Q: {query}"), "'t': text has no {question}"),
        (lambda: Frame(listed="Pick one of {letters}"), "Frame.listed has no"),
        (lambda: Frame(option="{letter}"), "Frame.option has no {choice}"),
        (lambda: Frame(description="On {question}."), "Frame.description has"),
        (
            lambda: FewShot(question_prefix="{question}: "),
            "question_prefix has {question}",
        ),
    ],
)
def test_a_place_that_nothing_is_put_into_is_refused(
    make: Callable[[], object], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        make()


def test_a_chat_about_choices_has_a_system_message_too() -> None:
    sample = Sample(id="1", question="Which?", target="A", choices=("x", "y"))
    chat = GenerateChoice(instruction="{question} {options}", system="Be brief.")
    assert first(chat.converse(sample, ())).prompt == (
        Message("system", "Be brief."),
        Message("user", "Which? A. x\nB. y"),
    )


def test_few_shot_is_text_that_ends_where_the_answer_begins() -> None:
    request = first(FewShot(shots=2).converse(SAMPLE, EXAMPLES))
    assert request.prompt == (
        "Question: Example 0?\nAnswer: It is 0.\n\n"
        "Question: Example 1?\nAnswer: It is 1.\n\n"
        "Question: How many?\nAnswer:"
    )
    assert request.sampling.stop == ("Question:",)


def test_few_shot_says_when_examples_are_missing() -> None:
    with pytest.raises(ValueError, match="wants 5 worked examples, the task has 3"):
        first(FewShot(shots=5).converse(SAMPLE, EXAMPLES))


def test_verbatim_adds_nothing() -> None:
    assert first(Verbatim().converse(SAMPLE, ())).prompt == "How many?"


def test_the_answer_is_the_completions_text_and_finish() -> None:
    conversation = Chat(sampling=Sampling(max_tokens=3)).converse(SAMPLE, ())
    assert next(conversation).sampling.max_tokens == 3
    with pytest.raises(StopIteration) as end:
        conversation.send(Completion(request_id="", text="three", finish="length"))
    assert (end.value.value.text, end.value.value.finish) == ("three", "length")
