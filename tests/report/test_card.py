"""Cards and terminals show what models wrote, and are never steered by it."""

from pathlib import Path

import pytest

from evalkit import Estimate
from evalkit.report.words import (
    cell,
    code,
    estimate_line,
    markdown_table,
    short,
)
from evalkit.text import visible
from tests.conftest import Evalkit

NASTY = "\x1b[2J\x1b]0;pwned\x07 | <script>alert(1)</script> `x` [a](http://b)\n# title"


def test_a_cell_is_one_line_without_markup() -> None:
    shown = cell(NASTY, 200)
    assert "\n" not in shown
    assert "\x1b" not in shown
    for mark in "|<[`":
        assert mark not in shown.replace(f"\\{mark}", "")


def test_a_code_span_cannot_be_left() -> None:
    assert code("a`b`").count("`") == 2
    assert "\x1b" not in code(NASTY)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31mb", "a\\x1b[31mb"), ("a\nb\tc", "a\nb\tc"), ("‮abc", "\\x202eabc")],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_short_texts_are_cut_to_width() -> None:
    assert short("a  b\nc", 10) == "a b c"
    assert short("x" * 50, 10) == "x" * 9 + "…"


def test_estimates_are_percent_or_on_their_own_scale() -> None:
    rate = Estimate(metric="accuracy", value=0.375, low=0.301, high=0.4549, n=120)
    total = Estimate(metric="total", value=36.5, low=20, high=53, n=31, scale=100)
    assert estimate_line(rate) == "37.5 % (30.1 to 45.5)"
    assert estimate_line(total) == "36.5 of 100 (20.0 to 53.0)"


def test_a_table_aligns_numbers() -> None:
    assert markdown_table(("name", "n:"), [("a", "1")]) == (
        "| name | n |\n| --- | --: |\n| a | 1 |"
    )


def test_show_prints_the_prompt_the_answer_and_why(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit("run", "--tasks=counting", "--model=scripted:counting:odd_only")
    (folder,) = tmp_path.glob("runs/counting/*")
    table = evalkit("show", str(folder))
    assert table.returncode == 0
    assert "5 right, 5 wrong" in table.stdout
    sample = evalkit("show", str(folder), "--sample=q3").stdout
    assert "[user]\nWhat comes after 3?" in sample
    assert "outcome:   wrong" in sample
    assert "read:      '5'" in sample
    missing = evalkit("show", str(folder), "--sample=q33")
    assert missing.returncode == 2
    assert "no sample named 'q33'" in missing.stderr


def test_the_card_lists_questions_versions_and_the_digest(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit("run", "--tasks=counting", "--model=scripted:counting:odd_only")
    (path,) = tmp_path.glob("runs/counting/*/card.md")
    card = path.read_text()
    assert "| q3 | 0 | 1 | wrong | 5 | 4 |" in card
    assert "| accuracy | 50.0 % (23.7 to 76.3) | 10 | 95 %, Wilson |" in card
    assert f"- spec digest: `{path.parent.name[-8:]}" in card
    assert "- python: `3." in card
