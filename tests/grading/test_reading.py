"""Where a response states its final answer."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.grading import final_answer, without_thinking


@pytest.mark.parametrize(
    ("response", "text", "rule"),
    [
        (r"so \boxed{5}.", "5", "boxed"),
        (r"\boxed{4} no, \boxed{\frac{1}{2}}", r"\frac{1}{2}", "boxed"),
        (r"\fbox{7}", "7", "boxed"),
        (r"\boxed{\frac{1}{2}", r"\frac{1}{2}", "boxed"),
        ("\\boxed{5\nand so on", "5", "boxed"),
        (r"\boxed{3} and then \boxed{}", "3", "boxed"),
        (r"$x = \boxed{1}$ or $x = \boxed{2}$", "1, 2", "boxed"),
        (r"$\boxed{1}$ m and $\boxed{2}$ m", "1, 2", "boxed"),
        ("#### 18", "18", "####"),
        ("at 12 eggs #### $18", "$18", "####"),
        ("Final answer: 5", "5", "final answer"),
        ("**Final Answer:** 5", "5", "final answer"),
        ("**Final answer**: *5*", "5", "final answer"),
        ("### Final Answer\n\n\\[ x = 5 \\]\nDone.", r"\[ x = 5 \]", "final answer"),
        ("Final answer (in cm): 3.5 cm.", "3.5 cm", "final answer"),
        ("The final answer is 2.5. I hope so.", "2.5", "final answer"),
        ("Final answer: approx. 5 m", "approx. 5 m", "final answer"),
        ("Final answer: \\boxed{6}", "6", "boxed"),
        ("\\boxed{6}\n\nFinal answer: 7", "7", "final answer"),
        ("The answer is 18. Good.", "18", "answer"),
        ("Answer: 18", "18", "answer"),
        ("Final answer:\n- c\n- d\n\nDone.", "c; d", "final answer"),
        ("**Final answer:**\n\n1. t = 0.2\n2. t = 1", "t = 0.2; t = 1", "final answer"),
        ("Final answer: 10!/7! = 720. Good.", "10!/7! = 720", "final answer"),
        ("Final answer: 12! Hooray, 12!", "12", "final answer"),
        ("Final answer: 5. Wait, no.\n\\boxed{6}", "6", "boxed"),
        ("Wait, I see. \\boxed{6} I await your reply.", "6", "boxed"),
        ("**Answer:** 18", "18", "answer"),
        ("The answer is 17, no.\n\\boxed{18}\nThe answer is clear.", "18", "boxed"),
        ("<think>\\boxed{4}</think>\\boxed{5}", "5", "boxed"),
        ("hm \\boxed{4}</think> \\boxed{5}", "5", "boxed"),
        ("\\boxed{5} <think>or \\boxed{4}</think>", "5", "boxed"),
    ],
)
def test_a_marked_answer_is_found(response: str, text: str, rule: str) -> None:
    found = final_answer(response)
    assert found is not None
    assert (found.text, found.rule) == (text, rule)
    assert found.text[0] in response[slice(*found.span)]


@pytest.mark.parametrize(
    "response",
    [
        "",
        "It is five.",
        "\\boxed{}",
        "#### Step 2: count",
        "#### 1. Count",
        "Final answer:",
        "Final answer: 5. Wait, that is wrong. It is 6.",
        "\\boxed{5}\n\nActually, I forgot one, so there are six.",
        "I will give my final answer below",
        "<think>\\boxed{5}",
        "</think>",
        "<think>a</think> \\boxed{5} <think>but",
    ],
)
def test_an_unmarked_response_has_no_final_answer(response: str) -> None:
    assert final_answer(response) is None


def test_only_strong_marks_count_as_marked() -> None:
    strong, weak = final_answer("\\boxed{5}"), final_answer("The answer is 5")
    assert strong is not None
    assert weak is not None
    assert (strong.marked, weak.marked) == (True, False)


PARTS = ["a", " ", "\n", "<think>", "</think>"]
MARKS = ["\\boxed{", "}", "5", "Final answer: ", "\n", "#### "]


@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_blanking_thinking_moves_nothing(response: str) -> None:
    spoken = without_thinking(response)
    assert len(spoken) == len(response)
    pairs = zip(spoken, response, strict=True)
    assert all(left in (" ", right) for left, right in pairs)


@given(st.lists(st.sampled_from(MARKS)).map("".join))
def test_any_mixture_of_marks_is_read_or_not(response: str) -> None:
    found = final_answer(response)
    assert found is None or 0 <= found.span[0] <= found.span[1] <= len(response)


HOSTILE = [
    "<think>" * 140_000,
    "</think>" * 125_000,
    "<think></think>" * 66_000,
    "\\boxed{" * 140_000,
    "\\boxed{1} and " * 70_000,
    "\\boxed{}" * 125_000,
    "final answer " * 77_000,
    "final answer: " * 71_000,
    "final answer (" * 71_000,
    "the answer is " * 71_000,
    "final answer" + " " * 10**6,
    "final answer:" + "\n" * 10**6,
    "answer is " + "." * 10**6,
    "#" * 10**6,
    "#### " * 200_000,
    "*" * 10**6,
    "\n" * 10**6,
]


@pytest.mark.parametrize("response", HOSTILE, ids=lambda text: repr(text[:16]))
def test_hostile_text_is_read_in_linear_time(response: str) -> None:
    start = time.process_time()
    final_answer(response)
    assert time.process_time() - start < 2.0
