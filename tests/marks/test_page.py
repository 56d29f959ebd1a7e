"""A page of hostile answers: nothing that a model wrote is ever markup or code."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.marks.formulas import ATTRIBUTES, ELEMENTS, mathml
from evalkit.marks.page import digest, page
from evalkit.marks.prose import prose
from evalkit.marks.sheet import shuffled
from tests.marks.runs import make_run


def words_of(text: str) -> set[str]:
    return set(text.split())


HOSTILE = (
    "<script>document.title = 'hacked'</script>",
    "<img src=x onerror=\"document.title='hacked'\">",
    "</pre></details></article><script>1</script>",
    "<!-- --><svg onload=alert(1)>",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\text{<script>alert(1)</script>}$",
    r"$\text{&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;}$",
    r"$\unicode{x3c}script\unicode{x3e}$",
    r"$\style{position:fixed;top:0;left:0;width:100vw}{\text{Full marks}}$",
    r"$\class{answer}{x}$ $\color{white}{x}$ $\rule{99em}{99em}$",
    r"$\begin{array}{" + "c" * 500 + r"}x\end{array}$",
    r"$\newcommand{\a}{\a\a}\a$ $\def\b{\b\b}\b$",
    "**<b>**<i>** `<u>` ```\n<s>\n```",
    "| <h1> | onclick=1 |\n| --- | --- |\n| </table> | \" onload='1' |",
    "# </title><title>hacked</title>",
    '" autofocus onfocus=alert(1) x="',
    "[x](javascript:alert(1)) ![x](https://127.0.0.1/x.png) <https://127.0.0.1>",
    "\ue0000\ue001 \ue00099999\ue001",
    "{{constructor}} ${1+1} $id $$answer$$ $task",
)
TAGS = words_of(
    "html head meta title style body header h1 h2 h3 p output button main section div "
    "span table tr td th article aside details summary pre code label input script "
    "strong em br hr " + ELEMENTS
)
NAMES = words_of(
    "lang charset http-equiv content name class id type data-sheet data-id data-number "
    "data-worth inputmode autocomplete size maxlength role"
) | set(ATTRIBUTES)


class Seen(HTMLParser):
    """What a browser makes of a page, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.names: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.names |= {name for name, _ in attrs}
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data


def page_of(tmp_path: Path, *texts: str) -> str:
    answers = {str(number): (text,) for number, text in enumerate(texts)}
    return page("quiz", shuffled([make_run(tmp_path, answers)], None)).decode()


def test_hostile_answers_stay_text(tmp_path: Path) -> None:
    seen = Seen(page_of(tmp_path, *HOSTILE))
    assert seen.tags.keys() <= TAGS
    assert seen.names <= NAMES
    assert seen.tags["script"] == seen.tags["style"] == seen.tags["title"] == 1
    assert seen.texts["title"] == ["Marking sheet: quiz"]
    sources = "\n".join(seen.texts["pre"])
    for text in HOSTILE:
        if "\ue000" not in text:
            assert text in sources


def test_hostile_task_names_questions_and_rubrics_are_text_too(tmp_path: Path) -> None:
    evil = "</title><script>1</script>"
    run = make_run(tmp_path, {evil: ("x",)}, task=evil)
    seen = Seen(page(evil, shuffled([run], None)).decode())
    assert seen.tags["script"] == 1
    assert seen.tags.keys() <= TAGS


def test_the_page_may_run_its_own_script_and_load_nothing(tmp_path: Path) -> None:
    text = page_of(tmp_path, "x")
    (policy,) = re.findall(r'Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy == (
        f"default-src 'none'; script-src '{digest(script)}'; "
        f"style-src '{digest(style)}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?://|url\(|@import", text)


PARTS = (
    *("$", "$$", r"\[", r"\]", "`", "```", "*", "**", "|", "| --- |\n", "\n", " ", "#"),
    *("- ", "1. ", "<b>", "&lt;", "x", "2", "{", "}", "^", "_", "&", r"\\", r"\text{"),
    *(r"\frac{1}{2}", r"\left(", r"\begin{align}", r"\end{align}"),
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_no_mixture_of_marks_becomes_other_markup(text: str) -> None:
    seen = Seen(prose(text))
    assert seen.tags.keys() <= TAGS - {"script", "style", "html", "body", "input"}
    assert seen.names <= NAMES
    assert "\ue000" not in prose(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>two</p>\n\n<p>three</p>"),
        ("a **b** * c", "<p>a <strong>b</strong> * c</p>"),
        ("2*3*4 = 24", "<p>2*3*4 = 24</p>"),
        ("## So", '<p class="heading">So</p>'),
        ("- a", '<p class="item level0">• a</p>'),
        ("  2. b", '<p class="item level1">2. b</p>'),
        ("-3 is it", "<p>-3 is it</p>"),
        (
            "|a|b|\n|-|-|\n|1|2|",
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
        ),
        ("a | b\nc", "<p>a | b<br>c</p>"),
        ("`a**b**`", "<p><code>a**b**</code></p>"),
        ("x\n```python\na < b\n```\ny", "<p>x</p>\n<pre>a &lt; b</pre>\n<p>y</p>"),
        ("costs $5 and $6", "<p>costs $5 and $6</p>"),
        (r"\$5 and `\$`", r"<p>$5 and <code>\$</code></p>"),
        ("$\\frac$", '<p><code class="source">$\\frac$</code></p>'),
    ],
)
def test_what_helps_a_reader_is_made_of_markdown(text: str, html: str) -> None:
    assert prose(text) == html


@pytest.mark.parametrize(
    "text",
    [r"$\frac{1}{2}$", r"\(\frac{1}{2}\)", r"$$\frac{1}{2}$$", "\\[\n\\frac12\n\\]"],
)
def test_formulas_are_set(text: str) -> None:
    seen = Seen(prose(text))
    assert seen.tags["mfrac"] == 1
    assert seen.tags["code"] == 0


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("50% of x", "%"),
        (r"50\%", "%"),
        (r"\boxed{6}", '<menclose notation="box">'),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", "<mtr>"),
        (r"\begin{align}a&=b\\c&=d\end{align}", "<mtr>"),
        (r"\begin{cases}1\\2\end{cases}", "{"),
        (r"\overrightarrow{AB}", "<mover>"),
        (r"x_1^2", "<msubsup>"),
        (r"\sqrt[3]{8}", "<mroot>"),
        (r"\mathbb{R}", "ℝ"),
        (r"A \setminus B", ">∖<"),
        ("a<b", "&lt;"),
    ],
)
def test_what_answers_are_made_of_is_set(source: str, part: str) -> None:
    formula = mathml(source, display=False)
    assert formula is not None
    assert part in formula


def test_a_percentage_does_not_swallow_what_follows() -> None:
    formula = mathml("12 % + 3 = z", display=False)
    assert formula is not None
    assert "<mi>z</mi>" in formula


@pytest.mark.parametrize(
    "source",
    [
        r"\sideset{_1}{_2}{" * 60 + r"\sum" + "}" * 60,
        r"\newcommand{\a}{xx}" + r"\newcommand{\b}{\a\a}" * 20 + r"\b",
        r"\def\a{\b\b}\def\b{\c\c}\a",
        "{" * 900 + "x" + "}" * 900,
        r"\frac{" * 160 + "x" + "}{2}" * 160,
        "x+" * 1500,
        r"\phantom{the end}",
    ],
)
def test_formulas_that_grow_or_hide_are_shown_as_written(source: str) -> None:
    assert mathml(source, display=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "$" * 40_000,
        "$x" * 20_000,
        "`" * 39_999,
        r"\[" * 20_000,
        r"\begin{align}" * 3000,
        "**a" * 13_000,
        "|" * 39_999,
        "| --- " * 6000,
        "```\n" * 10_000,
        "-" * 39_999,
        " " * 39_999 + "x",
        "#" * 39_999,
        "$x^2$ " * 6000,
        "x" * 3_000_000,
    ],
)
def test_no_answer_makes_the_page_hang(text: str) -> None:
    """Read in time that grows with its length: the test would not end otherwise."""
    assert prose(text).startswith("<")


def test_an_empty_answer_says_so(tmp_path: Path) -> None:
    assert "Nothing was written." in page_of(tmp_path, " \n")


def test_reasoning_is_folded_and_not_to_be_marked(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1": ("the end",)})
    text = run.folder.results.read_text()
    assert '"reasoning":""' in text
    thought = text.replace('"reasoning":""', '"reasoning":"hmm <b>"')
    run.folder.results.write_text(thought)
    again = make_reread(run.folder.path)
    assert "Thought before the answer" in again
    assert "hmm &lt;b&gt;" in again


def test_thinking_aloud_is_folded_too(tmp_path: Path) -> None:
    seen = Seen(page_of(tmp_path, "<think>41 <b>?</think>It is 42."))
    thought, source = seen.texts["pre"]
    assert thought == "<think>41 <b>?</think>"
    assert source == "It is 42."


def make_reread(path: Path) -> str:
    from evalkit.marks.sheet import read_run

    return page("quiz", shuffled([read_run(path)], None)).decode()
