"""Results of exams whose points are plain to see, and a finished run that has them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit import Attempt, Mark, Outcome, RunRecord, SampleResult, Score, Step, Turn
from evalkit.exam.total import ExamTotal
from evalkit.folder import RunFolder
from evalkit.plugins import Plugins
from evalkit.record import RunSpec
from evalkit.results import ResultsWriter
from evalkit.work import write_card

UNCHECKED = "needs a judge or a person"


def result(
    number: str,
    *earned: float,
    worth: float = 2.0,
    part: str = "I",
    choose: int | None = None,
    full: float = 100,
    **metadata: str,
) -> SampleResult:
    """A question with an attempt for each number of points."""
    return SampleResult(
        index=0,
        id=number,
        question=f"What is {number}?",
        target="42",
        max_points=worth,
        metadata={
            "part": part,
            "problem": number.rstrip("abcd"),
            "full_marks": f"{full:g}",
            **({} if choose is None else {"choose": str(choose)}),
            **metadata,
        },
        attempts=tuple(attempt(points, worth) for points in earned),
    )


def attempt(points: float, worth: float, *marks: Mark) -> Attempt:
    """An answer that earned so many points."""
    some = Outcome.PARTIAL if points else Outcome.WRONG
    return Attempt(
        turns=(Turn(prompt="?", text="An answer.", finish="stop"),),
        score=Score(
            value=points / worth,
            points=points,
            outcome=Outcome.RIGHT if points == worth else some,
            answer="41",
            explanation="read from: An answer.",
            marks=marks,
        ),
    )


def marked(
    number: str,
    *marks: Mark,
    part: str = "I",
    choose: int | None = None,
    full: float = 7,
    **metadata: str,
) -> SampleResult:
    """A question with one attempt that was marked step by step."""
    worth = sum(each.worth for each in marks)
    got = attempt(sum(each.points for each in marks), worth, *marks)
    asked = result(number, worth=worth, part=part, choose=choose, full=full, **metadata)
    rubric = tuple(Step(points=each.worth, step=each.step) for each in marks)
    return replace(asked, attempts=(got,), rubric=rubric)


def step(text: str, points: float, worth: float = 1.0, why: str = "not found") -> Mark:
    """What a step of a rubric earned."""
    return Mark(step=text, worth=worth, points=points, why=why)


def finished_run(root: Path, results: Sequence[SampleResult]) -> RunFolder:
    """A run folder as an exam leaves it."""
    spec = RunSpec(
        task="finals",
        task_version=1,
        task_options={},
        dataset=None,
        protocol="chat",
        protocol_options={},
        backend="scripted",
        backend_options={},
        model="answers",
        model_identity={},
    )
    folder = RunFolder.of(root, spec)
    folder.path.mkdir(parents=True)
    write_results(folder, results)
    outcomes = [each.score.outcome for one in results for each in one.attempts]
    folder.write_record(
        RunRecord(
            spec=spec,
            samples=len(results),
            samples_sha256="0" * 64,
            data_origin="package",
            outcomes={each.value: outcomes.count(each) for each in Outcome},
            estimates=(ExamTotal().estimate(results),),
        )
    )
    renew_card(folder)
    return folder


def write_results(folder: RunFolder, results: Iterable[SampleResult]) -> None:
    """Put results in their place, over any that were there."""
    writer = ResultsWriter(folder.results)
    for index, each in enumerate(results):
        writer.add(replace(each, index=index))
    writer.finish()


def renew_card(folder: RunFolder) -> str:
    """Write a run's card anew, and read it."""
    write_card(folder, folder.read_record(), Plugins(third_party=False))
    return folder.card.read_text()
