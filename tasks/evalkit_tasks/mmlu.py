"""MMLU: questions of 57 subjects, from school to the professions.

The subjects differ in nothing but their name, so their classes are made from it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, cast

from evalkit import (
    ChoiceTask,
    DatasetRef,
    Frame,
    Row,
    Sample,
    Task,
    choice_protocols,
    hookimpl,
)
from evalkit_tasks._rows import RowTask, letters_of

REVISION = "c30699e8356da336a370243923dbaf21066bb9fe"
SHOTS = 5
SUBJECTS: tuple[str, ...] = (
    "abstract_algebra",
    "anatomy",
    "astronomy",
    "business_ethics",
    "clinical_knowledge",
    "college_biology",
    "college_chemistry",
    "college_computer_science",
    "college_mathematics",
    "college_medicine",
    "college_physics",
    "computer_security",
    "conceptual_physics",
    "econometrics",
    "electrical_engineering",
    "elementary_mathematics",
    "formal_logic",
    "global_facts",
    "high_school_biology",
    "high_school_chemistry",
    "high_school_computer_science",
    "high_school_european_history",
    "high_school_geography",
    "high_school_government_and_politics",
    "high_school_macroeconomics",
    "high_school_mathematics",
    "high_school_microeconomics",
    "high_school_physics",
    "high_school_psychology",
    "high_school_statistics",
    "high_school_us_history",
    "high_school_world_history",
    "human_aging",
    "human_sexuality",
    "international_law",
    "jurisprudence",
    "logical_fallacies",
    "machine_learning",
    "management",
    "marketing",
    "medical_genetics",
    "miscellaneous",
    "moral_disputes",
    "moral_scenarios",
    "nutrition",
    "philosophy",
    "prehistory",
    "professional_accounting",
    "professional_law",
    "professional_medicine",
    "professional_psychology",
    "public_relations",
    "security_studies",
    "sociology",
    "us_foreign_policy",
    "virology",
    "world_religions",
)
DESCRIPTION = """\
MMLU, {spaced}: multiple choice questions, one of 57 subjects.

Hendrycks et al., "Measuring Massive Multitask Language Understanding", arXiv
2009.03300, 2021. Dataset https://huggingface.co/datasets/cais/mmlu, config
{subject}, at revision
{revision}, license MIT; columns question, choices,
answer (place of the right choice, from 0).

Metric: accuracy. `letter` ranks the four letters behind a list of the choices, as the
authors do and lm-evaluation-harness does, whose prompts it has. Worked examples are
the five rows of the dev split, in order.

Published for all subjects together, with five worked examples: LLaMA 65B 63.4 percent
(Touvron et al., arXiv 2302.13971). How choices are ranked matters as much as the
model: for the same one the authors' code gives 63.6, HELM 63.7, and ranking whole
texts, as the Open LLM Leaderboard once did, 48.8 (Hugging Face, "What's going on with
the Open LLM Leaderboard?", 2023)."""


INFORMATION = "This question refers to the following information."
"""How questions of history begin; then a source, and what is asked in a last line."""


@dataclass(frozen=True, kw_only=True)
class SubjectQuestions(RowTask, ChoiceTask):
    """What the subjects have in common."""

    worked: ClassVar[Collection[int]] = range(SHOTS)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its choices and its answer checked."""
        choices = row.texts("choices")
        right = row.number_below("answer", len(choices))
        return Sample(
            id=id,
            question=row.text("question").strip(),
            choices=choices,
            target=letters_of(row, choices)[right],
        )

    def cluster(self, sample: Sample) -> str:
        """The source that questions of history share."""
        if not sample.question.startswith(INFORMATION):
            return ""
        return sample.question.rpartition("\n")[0]


def frame(subject: str) -> Frame:
    """The texts around a subject's questions."""
    return Frame(
        description=(
            "The following are multiple choice questions (with answers) about "
            f"{subject.replace('_', ' ')}.\n\n"
        ),
        question="{question}\nAnswer:",
        listed="{question}\n{options}\nAnswer:",
    )


def dataset(subject: str) -> DatasetRef:
    """The files of a subject."""
    return DatasetRef(
        id="cais/mmlu",
        revision=REVISION,
        files={"test": f"{subject}/test*"},
        example_files={"dev": f"{subject}/dev*"},
        columns=("question", "choices", "answer"),
    )


DAMAGED: Mapping[str, int] = MappingProxyType({"management": 1, "professional_law": 78})
"""Questions with characters that a wrong encoding left."""


def task_of(subject: str) -> type[Task]:
    """The class of a subject's task, as if it had been written out here."""
    words = f"Mmlu{subject.title().replace('_', '')}"
    facts = {
        "__module__": __name__,
        "__qualname__": words,
        "__doc__": DESCRIPTION.format(
            spaced=subject.replace("_", " "), subject=subject, revision=REVISION
        ),
        "name": f"mmlu_{subject}",
        "version": 1,
        "dataset": dataset(subject),
        "damaged": DAMAGED.get(subject, 0),
        "protocols": choice_protocols(frame(subject), first="letter", shots=SHOTS),
    }
    return cast(type[Task], type(words, (SubjectQuestions,), facts))


TASKS = tuple(map(task_of, SUBJECTS))


def __getattr__(name: str) -> type[Task]:
    """The classes by name: this is how scoring processes find them."""
    for each in TASKS:
        if each.__name__ == name:
            return each
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return TASKS
