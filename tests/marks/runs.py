"""Small runs to be marked, as they would lie on disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from evalkit.folder import RunFolder
from evalkit.marks.sheet import MarkedRun, read_run
from evalkit.record import RunRecord, RunSpec
from evalkit.types import Attempt, Outcome, SampleResult, Score, Step, Turn

RUBRIC = (Step(points=1, step="sets up $2x=4$"), Step(points=2, step="solves it"))
MODEL = "acme/secret-model-7b"


def make_run(
    root: Path,
    answers: Mapping[str, Sequence[str]],
    *,
    model: str = MODEL,
    points: float = 3,
    task: str = "quiz",
) -> MarkedRun:
    """A finished run whose questions have these answers, one for each attempt."""
    path = root / model.replace("/", "-")
    path.mkdir(parents=True, exist_ok=True)
    attempts = len(next(iter(answers.values())))
    spec = RunSpec(
        task=task,
        task_version=1,
        task_options={},
        dataset=None,
        protocol="chat",
        protocol_options={},
        backend="scripted",
        backend_options={},
        model=model,
        model_identity={},
        attempts=attempts,
    )
    record = RunRecord(
        spec=spec,
        samples=len(answers),
        samples_sha256="",
        data_origin="package",
        outcomes={"wrong": attempts * len(answers)},
        estimates=(),
    )
    folder = RunFolder(path)
    folder.write_record(record)
    lines = (
        msgspec.json.encode(result_of(index, id, texts, points))
        for index, (id, texts) in enumerate(answers.items())
    )
    folder.results.write_bytes(b"\n".join(lines) + b"\n")
    return read_run(path)


def result_of(index: int, id: str, texts: Sequence[str], points: float) -> SampleResult:
    score = Score(value=0.0, outcome=Outcome.WRONG)
    return SampleResult(
        index=index,
        id=id,
        question=f"Question {id}: what is $x$ if $2x=4$?",
        target="2",
        max_points=points,
        metadata={},
        attempts=tuple(
            Attempt(turns=(Turn(prompt="?", text=text, finish="stop"),), score=score)
            for text in texts
        ),
        rubric=RUBRIC,
    )
