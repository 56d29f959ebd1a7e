"""SVAMP: short word problems that are varied so that reading them matters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from evalkit import (
    Answer,
    Chat,
    DatasetRef,
    FewShot,
    Protocol,
    Row,
    Sample,
    Sampling,
    Score,
    Task,
    hookimpl,
)
from evalkit.grading import QUANTITY, judged, number
from evalkit_tasks._rows import RowTask

INSTRUCTION = """\
{question}

Reason step by step, then give the final number, without a unit, in \\boxed{}."""
WORKED = (
    Sample(
        id="worked-0",
        question="A bakery baked 48 rolls on Friday. By noon 19 of them were sold, and "
        "6 customers were waiting. How many rolls were left at noon?",
        target="29",
        solution="Of the 48 rolls, 19 were sold, which leaves 48 - 19 = 29.\n#### 29",
    ),
    Sample(
        id="worked-1",
        question="Nadia planted 7 rows of tulips with 12 tulips in each row. How many "
        "tulips did she plant?",
        target="84",
        solution="There are 7 rows of 12 tulips, so 7 * 12 = 84.\n#### 84",
    ),
    Sample(
        id="worked-2",
        question="A tram had 15 passengers when it left the depot. At the first stop 8 "
        "more got on and 4 got off. How many passengers were on the tram then?",
        target="19",
        solution="With 8 more there were 15 + 8 = 23 passengers. When 4 had left, "
        "23 - 4 = 19 remained.\n#### 19",
    ),
    Sample(
        id="worked-3",
        question="If 96 pencils are shared out equally among 8 classrooms, how many "
        "pencils does each classroom get?",
        target="12",
        solution="Each classroom gets 96 / 8 = 12 pencils.\n#### 12",
    ),
    Sample(
        id="worked-4",
        question="Omar read 35 pages on Monday and 52 pages on Tuesday. His sister "
        "read 60 pages. How many more pages did Omar read on Tuesday than on Monday?",
        target="17",
        solution="Omar read 52 pages on Tuesday and 35 on Monday, so 52 - 35 = 17 "
        "more. What his sister read does not matter.\n#### 17",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Svamp(RowTask):
    """SVAMP: 300 word problems of one step or two, with numbers that are not needed.

    Patel et al., "Are NLP Models really able to Solve Simple Math Word Problems?",
    arXiv 2103.07191, 2021. Dataset https://huggingface.co/datasets/ChilleD/SVAMP at
    revision 5e0bf1e5e7c0e9c4bc39180d224f41f3f801b7ef, license MIT; columns Body,
    Question, Equation, Answer ("145.0"), Type. The paper has 1000 problems; the dataset
    sets 700 of them apart as a train split.

    Metric: accuracy. A third of the bodies end without punctuation, nearly all of them
    in an if-clause: these get a comma before the question.

    The protocol `chat` asks for a box. `fewshot` shows 5 worked examples that were
    written for this task, with solutions in the style of GSM8K, and is meant for base
    models.

    Published: GPT-4 97.0, MathCoder-L-70B 84.9, WizardMath-70B 71.8 percent (Wang et
    al., arXiv 2310.03731, table 2). Such numbers are mostly over all 1000 problems.
    """

    name: ClassVar[str] = "svamp"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="ChilleD/SVAMP",
        revision="5e0bf1e5e7c0e9c4bc39180d224f41f3f801b7ef",
        files={"test": "**/test*"},
        columns=("Body", "Question", "Answer"),
    )
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction=INSTRUCTION, sampling=Sampling(max_tokens=512)),
        FewShot(
            shots=len(WORKED),
            sampling=Sampling(max_tokens=256, stop=("Question:",)),
        ),
    )

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its answer checked."""
        answer = row.text("Answer").strip()
        if number(answer) is None:
            raise row.wrong(f"column 'Answer' must be a number, not {answer!r}")
        body, asked = row.text("Body").strip(), row.text("Question").strip()
        return Sample(
            id=id,
            question=f"{closed(body)} {asked}",
            target=answer.removesuffix(".0"),
        )

    def exemplars(self) -> Sequence[Sample]:
        return WORKED

    def gold(self, sample: Sample) -> Sequence[str]:
        boxed = f"\\boxed{{{sample.target}}}"
        return (boxed, sample.solution) if sample.solution else (boxed,)

    def score(self, sample: Sample, answer: Answer) -> Score:
        return judged(sample, answer, kind=QUANTITY)


def closed(body: str) -> str:
    """A body that a question can follow."""
    return body if body.endswith((".", "?", "!", ",")) else f"{body},"


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Svamp,)
