"""Hungarian national finals in mathematics, May 2023: a school exam out of 100 points.

Questions, judges and the exam's own total; the wording and the marking of final
answers are evalkit's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from evalkit import (
    Answer,
    Chat,
    FewShot,
    Metric,
    Protocol,
    Sample,
    Sampling,
    Score,
    Task,
    hookimpl,
    verdict,
)
from evalkit.grading import final_of
from evalkit_tasks.hungarian_exam.exam_total import ExamTotal
from evalkit_tasks.hungarian_exam.questions import (
    questions,
    worked_examples,
)

__all__ = ["ExamTotal", "HungarianExam", "evalkit_tasks"]

INSTRUCTION = """\
{question}

Reason briefly, step by step, and show the values that your answer rests on. End with \
one line of the form

Final answer: ...

that holds the complete answer and nothing else: every element where several are asked \
for, parted by commas; a full equation where an equation is asked for; your verdict \
with its example where a claim is to be judged."""


@dataclass(frozen=True, kw_only=True)
class HungarianExam(Task):
    """The Hungarian national final exam in mathematics of May 2023, in English.

    The intermediate-level exam that Hungarian students sat in May 2023, set by the
    Hungarian Educational Authority: 33 sub-questions, 100 points, of which the
    problems 16 to 18 offer 17 each and the best two count. Keiran Paster first used
    it to test language models on mathematics that was published after their training
    data (dataset keirp/hungarian_national_hs_finals_exam, 2023). Here the wording is
    evalkit's own, under evalkit's license, and what the exam shows in figures is
    described in words; the questions come with evalkit, there is nothing to fetch.

    Answers are marked by their final answer, with full points or none. Question 15c
    asks for a proof: its 4 points cannot be earned without a judge or a person.

    Example: "The base-2 logarithm of x is 5. What is the base-2 logarithm of 2x?
    Justify your reply." is worth 2 points; the answer is 6.

    Published totals, marked by hand with partial credit: GPT-4 68, Grok-1 59,
    DeepSeek LLM 67B Chat 58, Claude 2 55, GPT-3.5 41, OpenChat 3.5 37, MetaMath
    Mistral 7B 29, Mistral 7B 22, Llemma 7B 23, Code Llama 7B 8. Partial credit for
    a method raises a total above the one given here; marks taken off for a faulty
    derivation of a right answer lower it.
    """

    name: ClassVar[str] = "hungarian_exam"
    version: ClassVar[int] = 1
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction=INSTRUCTION, sampling=Sampling(max_tokens=768)),
        FewShot(
            shots=5,
            question_prefix="Problem: ",
            answer_prefix="\nSolution:",
            sampling=Sampling(max_tokens=512, stop=("Problem:",)),
        ),
    )
    metrics: ClassVar[tuple[Metric, ...]] = (ExamTotal(),)

    def samples(self) -> Iterable[Sample]:
        return (each.sample() for each in questions())

    def exemplars(self) -> Sequence[Sample]:
        return worked_examples()

    def gold(self, sample: Sample) -> Sequence[str]:
        if sample.metadata["answer_type"] == "proof":
            return ()
        stated = f"Final answer: {sample.target}"
        return (stated, sample.solution) if sample.solution else (stated,)

    def score(self, sample: Sample, answer: Answer) -> Score:
        final = final_of(sample.metadata["answer_type"], sample.metadata["answer"])
        finished = answer.finish != "length"
        found = final.judge(sample.question, answer.text, finished=finished)
        value = 1.0 if found.right else 0.0
        return verdict(sample, answer, read=found.read, value=value, why=found.why)


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (HungarianExam,)
