"""MATH: problems of American competitions, from prealgebra to precalculus."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias, get_args

from evalkit import (
    Accuracy,
    Answer,
    CardSection,
    Chat,
    DatasetRef,
    Estimate,
    FewShot,
    Metric,
    Protocol,
    Results,
    Row,
    RunRecord,
    Sample,
    SampleResult,
    Sampling,
    Score,
    Task,
    hookimpl,
)
from evalkit.grading import MATH, final_answer, judged

Subject: TypeAlias = Literal[
    "",
    "algebra",
    "counting_and_probability",
    "geometry",
    "intermediate_algebra",
    "number_theory",
    "prealgebra",
    "precalculus",
]
Level: TypeAlias = Literal["", "1", "2", "3", "4", "5"]
SUBJECTS: tuple[str, ...] = get_args(Subject)[1:]
LEVELS: tuple[str, ...] = get_args(Level)[1:]

INSTRUCTION = """\
{question}

Reason step by step, then give the final answer in \\boxed{}."""
WORKED = (
    (
        r"For which real number $k$ does the line $y = 3x + k$ meet the parabola "
        r"$y = x^2 - 5x + 9$ in exactly one point?",
        r"Where they meet, $x^2 - 5x + 9 = 3x + k$, that is, $x^2 - 8x + (9 - k) = 0$. "
        r"This has exactly one solution if its discriminant is zero: "
        r"$64 - 4(9 - k) = 28 + 4k = 0$. So $k = \boxed{-7}$.",
    ),
    (
        r"Four different novels and three different atlases are to stand on a shelf. "
        r"In how many orders is no atlas next to another?",
        r"The novels can be ordered in $4! = 24$ ways. They leave five places for "
        r"atlases, before, between and behind them, and each takes at most one atlas. "
        r"The three atlases can be put there in $5 \cdot 4 \cdot 3 = 60$ ways. That "
        r"makes $24 \cdot 60 = \boxed{1440}$ orders.",
    ),
    (
        r"A circle of radius $13$ has a chord $PQ$ of length $24$. The tangents to the "
        r"circle at $P$ and $Q$ meet at $T$. Find $PT$.",
        r"Let $O$ be the center and $M$ the midpoint of $PQ$. Then $PM = 12$ and "
        r"$OM = \sqrt{13^2 - 12^2} = 5$. Triangles $OPT$ and $OMP$ have right angles "
        r"at $P$ and $M$ and share the angle at $O$, so they are similar, and "
        r"$\frac{PT}{PM} = \frac{OP}{OM}$. Hence "
        r"$PT = \frac{12 \cdot 13}{5} = \boxed{\frac{156}{5}}$.",
    ),
    (
        r"Write $\left( \frac{\sqrt{3} + i}{2} \right)^8$ in the form $a + bi$ with "
        r"real $a$ and $b$.",
        r"Since $\frac{\sqrt{3} + i}{2} = \cos \frac{\pi}{6} + i \sin \frac{\pi}{6}$, "
        r"the power is $\cos \frac{8\pi}{6} + i \sin \frac{8\pi}{6} = "
        r"\boxed{-\frac{1}{2} - \frac{\sqrt{3}}{2} i}$.",
    ),
)

BOX = re.compile(r"\\(?:boxed|fbox)\s*")
ALL = re.compile(r"\ball\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class CompetitionProblems(Task):
    """What MATH and its part MATH-500 have in common."""

    subject: Subject = ""
    """The only one to ask about; empty for all."""
    level: Level = ""
    """The only one to ask, from 1, the easiest, to 5; empty for all."""

    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction=INSTRUCTION, sampling=Sampling(max_tokens=2048)),
        FewShot(
            shots=len(WORKED),
            question_prefix="Problem:\n",
            answer_prefix="\n\nSolution:",
            sampling=Sampling(max_tokens=1024, stop=("Problem:",)),
        ),
    )

    def exemplars(self) -> Sequence[Sample]:
        return tuple(
            Sample(
                id=f"worked-{number}",
                question=problem,
                target=last_box(solution) or "",
                solution=solution,
            )
            for number, (problem, solution) in enumerate(WORKED)
        )

    def wanted(self, sample: Sample) -> bool:
        """Whether a sample is of the level and subject asked for."""
        return self.subject in ("", sample.metadata["subject"]) and self.level in (
            "",
            sample.metadata["level"],
        )

    def gold(self, sample: Sample) -> Sequence[str]:
        return (f"\\boxed{{{sample.target}}}",)

    def score(self, sample: Sample, answer: Answer) -> Score:
        return judged(sample, answer, kind=MATH)


class Math(CompetitionProblems):
    """MATH: 5000 competition problems of seven subjects, answers as formulas.

    Hendrycks et al., "Measuring Mathematical Problem Solving With the MATH Dataset",
    arXiv 2103.03874, 2021. Dataset
    https://huggingface.co/datasets/EleutherAI/hendrycks_math at revision
    21a5633873b6a120296cce3e2df9d5550074f4a3, license MIT; columns problem, level, type,
    solution.

    The answer is in the last box of the solution. In five problems that ask for "all"
    of several numbers, each has a box of its own, and together they are the answer; the
    authors' code takes the last for the whole.

    Metric: accuracy; a card has it by level and by subject too. `chat` asks for a box.
    `fewshot` shows four solved problems of evalkit's own, in algebra, counting,
    geometry and precalculus, neither from MATH nor those of Minerva.

    Published: Minerva 62B 27.6, 540B 33.6, with a vote over many answers 43.4 and 50.3;
    LLaMA 65B 10.6 (Touvron et al., arXiv 2302.13971, table 7); WizardMath 70B 22.7,
    MathCoder-L 70B 45.1, GPT-4 42.5 percent (Wang et al., arXiv 2310.03731, table 2).
    """

    name: ClassVar[str] = "math"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="EleutherAI/hendrycks_math",
        revision="21a5633873b6a120296cce3e2df9d5550074f4a3",
        files={subject: f"{subject}/test*" for subject in SUBJECTS},
        columns=("problem", "level", "solution"),
    )

    def samples(self) -> Iterator[Sample]:
        for subject in SUBJECTS:
            if self.subject in ("", subject):
                for number, row in enumerate(self.data.rows(self.dataset, subject)):
                    read = self.sample(f"{subject}-{number}", subject, row)
                    if self.wanted(read):
                        yield read

    def sample(self, id: str, subject: str, row: Row) -> Sample:
        """A row of the dataset, its answer taken out of the solution."""
        level = row.place("level", [f"Level {each}" for each in LEVELS], what="level")
        return Sample(
            id=id,
            question=row.text("problem"),
            target=answer_of(row),
            solution=row.text("solution"),
            metadata={"subject": subject, "level": LEVELS[level]},
        )


class Math500(CompetitionProblems):
    """MATH-500: 500 of the competition problems of MATH, drawn at random.

    Lightman et al., "Let's Verify Step by Step", arXiv 2305.20050, 2023, drew them.
    Dataset https://huggingface.co/datasets/HuggingFaceH4/MATH-500 at revision
    6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be, whose card states no license (MATH has the
    MIT license); columns problem, solution, answer, subject, level, unique_id.

    Protocols and metric are those of `math`.

    Published: DeepSeek-R1 97.3, o1-mini 90.0, GPT-4o-0513 74.6 percent (the README of
    DeepSeek-R1).
    """

    name: ClassVar[str] = "math500"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="HuggingFaceH4/MATH-500",
        revision="6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
        files={"test": "test*"},
        columns=("problem", "solution", "answer", "subject", "level", "unique_id"),
        name_column="unique_id",
    )

    def samples(self) -> Iterator[Sample]:
        read = map(self.sample, self.data.rows(self.dataset, "test"))
        return filter(self.wanted, read)

    def sample(self, row: Row) -> Sample:
        """A row of the dataset."""
        level = row.place("level", LEVELS, what="level")
        said = row.text("subject")
        subject = said.strip().lower().replace("&", "and").replace(" ", "_")
        if subject not in SUBJECTS:
            raise row.wrong(f"column 'subject' has {said!r}, which is no subject")
        return Sample(
            id=row.text("unique_id"),
            question=row.text("problem"),
            target=row.text("answer"),
            solution=row.text("solution"),
            metadata={"subject": subject, "level": LEVELS[level]},
        )


def answer_of(row: Row) -> str:
    """The answer that a solution has in boxes."""
    solution = row.text("solution")
    last = last_box(solution)
    if not last:
        raise row.wrong("column 'solution' must have its answer in \\boxed{}")
    if ALL.search(row.text("problem")):
        several = final_answer(solution)
        if several is not None and several.rule == "boxed":
            return several.text
    return last


def last_box(solution: str) -> str | None:
    """What the last box holds; None if there is no box, or if it never closes."""
    boxes = list(BOX.finditer(solution))
    if not boxes:
        return None
    start, depth = boxes[-1].end(), 0
    for place in range(start, len(solution)):
        depth += (solution[place] == "{") - (solution[place] == "}")
        if depth == 0:
            return solution[start + 1 : place].strip()
    return None


@dataclass(frozen=True, kw_only=True)
class AccuracyWithin(Accuracy):
    """The accuracy on the problems of one level or of one subject."""

    key: Literal["level", "subject"]
    value: str

    @property
    def name(self) -> str:
        return f"math_{self.title.replace(' ', '_')}"

    @property
    def title(self) -> str:
        """What the problems have in common, in words."""
        words = self.value.replace("_", " ")
        return f"level {words}" if self.key == "level" else words

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        """An estimate over no sample at all says so."""
        within = (each for each in results if each.metadata.get(self.key) == self.value)
        found = super().estimate(within)
        return found if found.n else replace(found, note=f"{self.name}: no samples")


BREAKDOWN: tuple[AccuracyWithin, ...] = (
    *(AccuracyWithin(key="level", value=each) for each in LEVELS),
    *(AccuracyWithin(key="subject", value=each) for each in SUBJECTS),
)


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Math, Math500)


@hookimpl
def evalkit_metrics() -> Iterable[Metric]:
    return BREAKDOWN


@hookimpl
def evalkit_card_sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    if record.spec.task not in (Math.name, Math500.name):
        return
    found = ((each.title, each.estimate(results)) for each in BREAKDOWN)
    rows = [
        f"| {title} | {100 * e.value:.1f} % ({100 * e.low:.1f} to {100 * e.high:.1f}) "
        f"| {e.n} | {e.method} |"
        for title, e in found
        if e.n
    ]
    head = (
        "| problems | accuracy (95 % interval) | samples | kind of interval |",
        "| :-- | --: | --: | :-- |",
    )
    yield CardSection("By level and subject", "\n".join((*head, *rows)), rank=15)
