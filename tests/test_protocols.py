"""How questions are put."""

import pytest

from evalkit import (
    Chat,
    Completion,
    Conversation,
    FewShot,
    Generate,
    Message,
    Sample,
    Sampling,
    Verbatim,
)

SAMPLE = Sample(id="1", question="How many?", target="3")
EXAMPLES = [
    Sample(id=f"e{n}", question=f"Example {n}?", target=str(n), solution=f"It is {n}.")
    for n in range(3)
]


def first(conversation: Conversation) -> Generate:
    return next(conversation)


def test_chat_fills_in_the_question_and_leaves_braces_alone() -> None:
    sample = Sample(id="1", question=r"\frac{1}{2} of {x}?", target="")
    chat = Chat(instruction="Solve {question} in {braces}.", system="Be brief.")
    assert first(chat.converse(sample, ())).prompt == (
        Message("system", "Be brief."),
        Message("user", r"Solve \frac{1}{2} of {x}? in {braces}."),
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
