"""Many attempts at a question in few words: in the terminal, on the card, by `show`."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from evalkit.commands.show import sample_lines
from evalkit.folder import RunFolder
from evalkit.report.card import answers, outcomes, question_table
from evalkit.report.terminal import question_table as terminal_table
from evalkit.results import Results
from evalkit.types import Attempt, Outcome, SampleResult, Score
from tests.exam.finished import write_results
from tests.marks.runs import make_run

RIGHT = Score(value=1, points=1, outcome=Outcome.RIGHT, answer="42")
WRONG = Score(value=0, outcome=Outcome.WRONG, answer="41")
ODD = Score(value=0, outcome=Outcome.WRONG, answer="7")
NONE = Score(value=0, outcome=Outcome.NO_ANSWER)


def result(*scores: Score) -> SampleResult:
    return SampleResult(
        index=0,
        id="q1",
        question="6 times 7?",
        target="42",
        max_points=1,
        metadata={},
        attempts=tuple(Attempt(turns=(), score=each) for each in scores),
    )


@pytest.mark.parametrize(
    ("scores", "became", "read"),
    [
        ([RIGHT], "right", "42"),
        ([NONE], "no answer", "–"),
        ([RIGHT, RIGHT], "2 right", "42 (2 times)"),
        ([WRONG, RIGHT], "1 right, 1 wrong", "41; 42"),
        (
            [WRONG] * 26 + [RIGHT] * 5 + [ODD],
            "5 right, 27 wrong",
            "41 (26 times); 42 (5 times); 7",
        ),
        ([NONE] * 3 + [RIGHT], "1 right, 3 no answer", "– (3 times); 42"),
    ],
)
def test_attempts_are_counted(scores: list[Score], became: str, read: str) -> None:
    found = result(*scores)
    assert (outcomes(found), answers(found)) == (became, read)
    assert f"| {became} |" in question_table([found])
    shown = sample_lines(found, ())
    assert (f"outcomes:  {became}" in shown) == (len(scores) > 1)
    assert (f"read:      {read}" in shown) == (len(scores) > 1)


def test_thirty_two_attempts_fit_a_terminal(tmp_path: Path) -> None:
    record = make_run(tmp_path, {"q1": ["41"] * 32}, model="small", task="sums").record
    found = result(*[WRONG] * 27, *[RIGHT] * 5)
    write_results(RunFolder(tmp_path), [found])
    table = terminal_table(record, Results(RunFolder(tmp_path).results), 80)
    out = StringIO()
    Console(file=out, width=80).print(table)
    assert "5 right, 27 wrong" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80
