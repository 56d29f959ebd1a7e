"""Thoughts and answers told apart, whatever tags a model has for them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit import Completion, Thinking, known_thinking, tags_in
from evalkit.grading import without_thinking
from evalkit.thinking.glance import HEADS, may_think
from evalkit.thinking.tags import Entry, table
from tests.conftest import ROOT

KNOWN = known_thinking()
TABLE = table()


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.opens[0])
@pytest.mark.parametrize("number", [0, -1])
def test_every_kind_in_the_table(entry: Entry, number: int) -> None:
    opens, closes = entry.opens[number], entry.closes[number]
    told = KNOWN.part(f"{opens}\nIs it 7?\n{closes}\n\nIt is 8.")
    assert (told.answer, told.reasoning) == ("It is 8.", "Is it 7?")
    for text in (f"{opens}Is it 7?", f"{opens}\n", f"\n {opens} It is 7. {opens}"):
        told = KNOWN.part(text)
        assert (told.answer, told.unfinished) == ("", True)
    framed = "".join(entry.around) + "It is 8." + "".join(entry.around)
    assert KNOWN.part(f"{opens}7?{closes}{framed}").answer == "It is 8."
    assert entry.models
    assert all(each.startswith("https://") for each in entry.sources)


def test_a_first_look_passes_over_nothing_that_the_table_has() -> None:
    for entry in TABLE:
        for text in (*entry.opens, *entry.closes, *entry.around):
            assert text.startswith(HEADS), "add how it begins to HEADS"
    assert not may_think("The answer is 42.")


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.opens[0])
@pytest.mark.parametrize("behind", ["", "\n", "\n\n"])
def test_every_kind_where_the_template_opened_it(entry: Entry, behind: str) -> None:
    prompt = f"<|im_end|>\n<|im_start|>assistant\n{entry.opens[0]}{behind}"
    opened = KNOWN.opened(prompt, chat=True)
    assert opened == entry.tags
    closes = entry.closes[0]
    for written in ("", entry.opens[0]):  # some models open it once more
        told = KNOWN.part(f"{written}Is it 7?\n{closes}\n8", opened)
        assert (told.answer, told.reasoning) == ("8", "Is it 7?")
    for text in ("", "Is it 7?", "So the answer is 7."):
        told = KNOWN.part(text, opened)
        assert (told.answer, told.reasoning, told.unfinished) == ("", text, True)
    if entry.alone:  # nobody knows what the template does
        assert KNOWN.part(f"Is it 7?{closes}8").answer == "8"


THINK = KNOWN.opened("<think>", chat=False)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        # several, nested, of several kinds
        ("<think>a</think><think>b</think>8", "8"),
        ("<think>a</think>[THINK]b[/THINK]8", "8"),
        ("<think>a <thinking>b</thinking> c</think>8", "8"),
        ("<think>a<think>b</think>It is 7.</think>It is 8.", "It is 8."),
        ("<think>I open with <think> and close with </think>.\n</think>\n8", "8"),
        ("<think>7?</think>It is 8. <think>Or 9?</think>", "It is 8."),
        ("It is 8.\n<think>Or 9?</think>\nYes.", "It is 8.\n \nYes."),
        # what nothing has opened, or closed
        ("7?</think>8", "8"),
        ("</think>\n\n8", "8"),
        ("<think>a</think>b</think>8", "8"),
        ("<think>a</think>It is 8.</think>", "It is 8."),
        ("<think>a</think>", ""),
        ("It is 7. <think>Or", ""),
        ("<think>a</think> It is 7.\n<think>But", ""),
        # blanks
        ("<think>\n\n</think>\n\n8", "8"),
        (" \n<think></think> 8 \n", "8"),
        ("<think>a</think>\n\n    return 8\n", "    return 8"),
        ("  8\n", "  8\n"),
        # harmony, with what stands before its channels
        (
            "<|channel|>analysis<|message|>7?<|end|><|start|>assistant<|channel|>"
            "commentary<|message|>Now.<|end|><|start|>assistant<|channel|>final"
            "<|message|>It is 8.<|return|>",
            "It is 8.",
        ),
        ("<|channel|>final <|constrain|>json<|message|>8", "8"),
        ("It is 8.<|end|>", "It is 8."),
    ],
)
def test_thoughts_of_all_shapes(text: str, answer: str) -> None:
    assert KNOWN.part(text).answer == answer
    assert KNOWN.part(answer).answer == answer


@pytest.mark.parametrize(
    "text",
    [
        "8",
        "You can use <think> tags for that. It is 8.",
        "Write <think> first, then </think>. It is 8.",
        "Use `<think>` and `</think>` around it. It is 8.",
        'The tags "<think>...</think>" are for thoughts. It is 8.',
        "The closing </think> tag ends it. It is 8.",
        "Models end their thoughts with </think> and go on. It is 8.",
        "For example:\n```\n<think>\nhm\n```\nIt is 8.",
        "```xml\n<a><think></a>\n```\nIt is 8.",
        "It says <think>x</think>",
        "It is 8. Here is my thought process: 4 + 4.",
        "He asked (<think>, of all tags) and it is 8.",
        "你可以用 <think> 标签。答案是8。",
    ],
)
def test_tags_that_are_only_spoken_of_leave_an_answer_whole(text: str) -> None:
    told = KNOWN.part(text)
    assert (told.answer, told.reasoning, told.unfinished) == (text, "", False)
    assert without_thinking(text) == text


def test_a_tag_spoken_of_within_a_thought_does_not_end_it() -> None:
    for thought in ("I end with `</think>`.", "In `<think>..</think>`: is it 7?"):
        assert KNOWN.part(f"<think>{thought}</think>8").answer == "8"
        assert KNOWN.part(f"{thought}\n</think>\n8", THINK).answer == "8"
        assert KNOWN.part(f"<think>{thought} So it is 7").unfinished


@pytest.mark.parametrize(
    "prompt",
    [
        "<|im_start|>assistant\n",
        "<|im_start|>assistant\n<think>\n\n</think>\n\n",
        "Use <think> tags.<|im_end|>\n<|im_start|>assistant\n",
        "[INST] <think> [/INST]",
        "",
    ],
)
def test_prompts_that_open_no_thought(prompt: str) -> None:
    assert KNOWN.opened(prompt, chat=True) is None


def test_a_template_may_begin_the_thought_itself() -> None:
    assert KNOWN.opened("<|im_start|>assistant\n<think>\nOkay,", chat=True) == THINK
    assert KNOWN.opened("Question: <think> is a tag?\nAnswer:", chat=False) is None


class TestWhatUsersName:
    def test_a_pair(self) -> None:
        for text in ("<a>...</a>", " <a> … </a> "):
            thinking = KNOWN.knowing(tags_in(text))
            assert thinking.part("<a>7?</a>8").answer == "8"
            assert thinking.part("<a>7?").unfinished
            assert thinking.part("<think>7?</think>8").answer == "8"
            opened = thinking.opened("assistant\n<a>\n", chat=True)
            assert thinking.part("7?", opened).unfinished
        assert KNOWN.part("<a>7?</a>8").answer == "<a>7?</a>8"

    @pytest.mark.parametrize("text", ["...</b>", "…</think>"])
    def test_only_the_end_where_every_answer_begins_within(self, text: str) -> None:
        thinking = KNOWN.knowing(tags_in(text))
        opened = thinking.opened("", chat=True)
        assert thinking.part("So it is 7.", opened).unfinished
        closes = text.lstrip(".…")
        assert thinking.part(f"7?{closes}8", opened).answer == "8"
        assert thinking.opened("", chat=False) is None

    @pytest.mark.parametrize(
        "text", ["<a>", "<a></a>", "<a>...", "...", "a...b...c", "<a>...<a>"]
    )
    def test_what_is_none(self, text: str) -> None:
        assert tags_in("") == ()
        with pytest.raises(ValueError, match=r"<think>\.\.\.</think>, not"):
            tags_in(text)


def test_a_completion_that_ends_within_a_thought_was_cut_off() -> None:
    done = Completion(request_id="1", text="<think>So it is 7.", reasoning="First.")
    told = KNOWN.apart(done)
    assert (told.text, told.reasoning) == ("", "First.\nSo it is 7.")
    assert (told.finish, KNOWN.apart(told)) == ("length", told)
    plain = Completion(request_id="1", text="It is 8.")
    assert KNOWN.apart(plain) is plain


PARTS = [
    *("a", "8", ".", " ", "\n", "`", '"', "```\n", "the ", "use "),
    *("<think>", "</think>", "[THINK]", "[/THINK]", "<thinking>", "</thinking>"),
    *("<|channel|>analysis", "<|channel|>final", "<|message|>", "<|end|>"),
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)


@settings(max_examples=400)
@given(TEXTS, st.sampled_from([None, *(each.tags for each in TABLE[:3])]))
def test_any_mixture_of_tags(text: str, opened: object) -> None:
    thinking: Thinking = KNOWN
    found = thinking.found(text, opened)  # type: ignore[arg-type]
    place = 0
    for span in found.spans:
        assert place <= span.start <= span.first <= span.last <= span.end
        place = span.end
    assert place <= len(text)
    told = thinking.part(text, opened)  # type: ignore[arg-type]
    if told.unfinished:
        assert not told.answer
    blanked = without_thinking(text)
    assert len(blanked) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        *("<think>" * 40_000, "</think>" * 30_000, "<think></think>" * 20_000),
        *("a <think>" * 30_000, "`<think>` " * 30_000, "```\n<think>" * 30_000),
        *("<|end|>" * 40_000, "the </think> tag " * 20_000, "<" * 300_000),
        *("<|channel|>" * 30_000, " " * 300_000 + "</think>"),
    ],
    ids=lambda text: text[:14],
)
def test_no_text_takes_long(text: str) -> None:
    """In time that grows with its length: the test would not end otherwise."""
    for opened in (None, THINK):
        told = KNOWN.part(text, opened)
        assert len(told.answer) <= len(text)


def test_every_kind_is_documented() -> None:
    page = (ROOT / "docs" / "how-to" / "thinking.md").read_text().replace("\\|", "|")
    for entry in TABLE:
        assert f"`{entry.opens[-1]}`" in page or f"`{entry.opens[0]}`" in page
        assert f"`{entry.closes[0]}`" in page
