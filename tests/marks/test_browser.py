"""The sheet in a real browser: what its script does, and what answers cannot do."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from evalkit.marks.importing import markings_from
from evalkit.marks.page import page
from evalkit.marks.reading import read_sheet
from evalkit.marks.sheet import MarkedRun, shuffled
from tests.conftest import wait_for
from tests.marks.browser import Browser, browser
from tests.marks.runs import make_run
from tests.marks.test_page import HOSTILE

ANSWERS = {str(number): (text,) for number, text in enumerate(HOSTILE)}


@pytest.fixture
def run(tmp_path: Path) -> MarkedRun:
    return make_run(tmp_path, ANSWERS)


@pytest.fixture
def sheet(tmp_path: Path, run: MarkedRun) -> Path:
    path = tmp_path / "sheet.html"
    path.write_bytes(page("quiz", shuffled([run], None)))
    return path


@pytest.fixture
def opened(tmp_path: Path, sheet: Path) -> Generator[Browser]:
    with browser(tmp_path / "profile") as held:
        held.open(sheet)
        name(held, "Ann")
        yield held


def name(opened: Browser, marker: str) -> None:
    """Type a marker's name."""
    opened.value(
        f"""(() => {{
        const field = document.getElementById("marker");
        field.value = {marker!r};
        field.dispatchEvent(new Event("input", {{ bubbles: true }}));
        }})()"""
    )


def write(opened: Browser, place: int, points: str, comment: str = "") -> Any:
    """Type into the fields of an answer."""
    return opened.value(
        f"""(() => {{
        const answer = document.querySelectorAll("article.answer")[{place}];
        const [points, comment] = answer.querySelectorAll("input");
        points.value = {points!r}; comment.value = {comment!r};
        for (const field of [points, comment])
          field.dispatchEvent(new Event("input", {{ bubbles: true }}));
        return answer.querySelector(".problem").textContent;
        }})()"""
    )


def state(opened: Browser) -> Any:
    return opened.value("document.getElementById('state').textContent")


def test_hostile_answers_do_nothing(opened: Browser) -> None:
    assert opened.value("document.title") == "Marking sheet: quiz"
    assert opened.value("document.scripts.length") == 1
    loaded = "document.querySelectorAll('img, svg, iframe, object, a, link').length"
    assert opened.value(loaded) == 0
    addressed = "document.querySelectorAll('[style], [href], [src], [onload]').length"
    assert opened.value(addressed) == 0
    said = [
        each["params"] for each in opened.events if each["method"].startswith("Log")
    ]
    assert said == []
    assert opened.value("document.querySelectorAll('article.answer').length") == len(
        ANSWERS
    )


def test_the_policy_refuses_any_other_script(opened: Browser) -> None:
    opened.value(
        """(() => { const s = document.createElement("script");
        s.textContent = "document.title = 'hacked'"; document.body.append(s); })()"""
    )
    assert opened.value("document.title") == "Marking sheet: quiz"


def test_points_are_counted_and_checked(opened: Browser) -> None:
    n = len(ANSWERS)
    assert state(opened) == f"0 of {n} marked, 0 points given"
    assert write(opened, 0, "2,5") == ""
    assert write(opened, 1, "3") == ""
    assert state(opened) == f"2 of {n} marked, 5.5 points given"
    for wrong in ("3.5", "1.3", "-1", "x", "1e0"):
        assert write(opened, 2, wrong) == "whole or half points from 0 to 3"
    assert state(opened) == f"2 of {n} marked, 5.5 points given, 1 to correct"


def test_marks_are_kept_in_the_browser(opened: Browser, sheet: Path) -> None:
    write(opened, 0, "2.5", "a 'slip'")
    opened.open(sheet)
    assert state(opened).startswith("1 of")
    assert opened.value("document.querySelector('input.comment').value") == "a 'slip'"


def shown(opened: Browser, place: int) -> Any:
    """What the fields of an answer hold."""
    return opened.value(
        f"""[...document.querySelectorAll("article.answer")[{place}]
        .querySelectorAll("input")].map((field) => field.value)"""
    )


def test_nobody_marks_without_a_name(opened: Browser) -> None:
    count = "document.querySelectorAll('article input:disabled').length"
    assert opened.value(count) == 0
    write(opened, 0, "1")
    name(opened, " ")
    assert opened.value(count) == 2 * len(ANSWERS)
    assert shown(opened, 0) == ["", ""]
    name(opened, "ann ")
    assert shown(opened, 0) == ["1", ""]


def test_markers_and_copies_have_marks_of_their_own(
    tmp_path: Path, opened: Browser, sheet: Path
) -> None:
    write(opened, 0, "1", "mine")
    name(opened, "Ben")
    assert shown(opened, 0) == ["", ""]
    name(opened, "Ann")
    assert shown(opened, 0) == ["1", "mine"]
    copy = tmp_path / "copy.html"
    copy.write_bytes(sheet.read_bytes())
    opened.open(copy)
    name(opened, "Ann")
    assert shown(opened, 0) == ["", ""]


def test_a_new_tab_asks_who_is_marking(opened: Browser, sheet: Path) -> None:
    write(opened, 0, "1")
    opened.turn_to({})
    opened.open(sheet)
    assert opened.value("document.getElementById('marker').value") == ""
    assert shown(opened, 0) == ["", ""]


def test_two_tabs_lose_none_of_each_others_marks(opened: Browser, sheet: Path) -> None:
    first = opened.turn_to({})
    opened.open(sheet)
    name(opened, "Ann")
    write(opened, 1, "2", "second tab")
    second = opened.turn_to(first)
    wait_for(lambda: shown(opened, 1) == ["2", "second tab"])
    write(opened, 0, "1", "first tab")
    opened.turn_to(second)
    wait_for(lambda: shown(opened, 0) == ["1", "first tab"])
    write(opened, 1, "3", "second tab")
    opened.open(sheet)
    assert shown(opened, 0) == ["1", "first tab"]
    assert shown(opened, 1) == ["3", "second tab"]
    assert state(opened).startswith("2 of")


def asks(opened: Browser) -> bool:
    """Whether a question is open; the page itself says nothing meanwhile."""
    opened.call("Page.getNavigationHistory")
    return any(
        each["method"] == "Page.javascriptDialogOpening" for each in opened.events
    )


@pytest.mark.parametrize("sure", [True, False])
def test_all_is_cleared_after_a_question(
    opened: Browser, sheet: Path, sure: bool
) -> None:
    name(opened, "Ben")
    write(opened, 0, "2", "another's")
    name(opened, "Ann")
    write(opened, 0, "1", "a slip")
    opened.value("setTimeout(() => document.getElementById('clear').click())")
    wait_for(lambda: asks(opened))
    opened.call("Page.handleJavaScriptDialog", accept=sure)
    opened.open(sheet)
    assert shown(opened, 0) == (["", ""] if sure else ["1", "a slip"])
    name(opened, "Ben")
    assert shown(opened, 0) == ["2", "another's"]


def test_what_is_downloaded_can_be_imported(
    tmp_path: Path, opened: Browser, run: MarkedRun
) -> None:
    for place in range(len(ANSWERS)):
        write(opened, place, ("0", "1,5", "3")[place % 3], '=1+1, "so" ő')
    folder = tmp_path / "downloads"
    opened.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    opened.value("document.getElementById('download').click()")
    wait_for(lambda: any(folder.glob("*.csv")))
    (path,) = folder.glob("*.csv")
    content = path.read_text(encoding="utf-8-sig")
    assert """'=1+1, ""so"" ő""" in content
    assert path.name.endswith("-Ann.csv")
    assert content.count(',"Ann"') == len(ANSWERS)
    (marking,) = markings_from(read_sheet(path), [run], marker="human")
    assert len(marking.answers) == len(ANSWERS)
    assert {each.points for each in marking.answers} == {0, 1.5, 3}
    assert {each.comment for each in marking.answers} == {'=1+1, "so" ő'}
