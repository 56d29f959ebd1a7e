"""What can be told of a task without a model: samples, prompts, reference answers.

Each check is a sentence that holds or does not, with the samples that break it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from evalkit.checked import given_items
from evalkit.errors import TaskError, Unsound, boundary, guarded
from evalkit.finding import exemplars_of
from evalkit.ordered import Case, scored
from evalkit.prompts import Apart, damage, prompts, same_question
from evalkit.protocol import Protocol
from evalkit.record import encode
from evalkit.report.words import points, quoted
from evalkit.scoring import Limits, ScoringPool
from evalkit.seams import SAMPLE, several
from evalkit.task import Task, task_label
from evalkit.text import shown, whole
from evalkit.types import Answer, Outcome, Request, Sample, Score

MOST_GOLD = 1000
FEW = 5
"""So many problems of each check are kept to be shown."""


@dataclass(slots=True)
class Check:
    """One thing that must hold, and what breaks it."""

    name: str
    unit: str
    """What is counted."""
    looked_at: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list[str])
    """The first few."""
    note: str = ""

    def see(self, problem: str = "") -> None:
        """Count one thing, and what is wrong with it."""
        self.looked_at += 1
        self.failed += bool(problem)
        if problem and len(self.problems) < FEW:
            self.problems.append(problem)


def check_task(
    task: Task,
    words: dict[str, str],
    protocols: Sequence[Protocol],
    limits: Limits | None = None,
    *,
    examples: bool = True,
) -> Iterator[Check]:
    """Every check of a task, each as soon as it is done.

    `words` are the task's options as scoring processes are told them; `examples` says
    whether its worked examples are at hand. Raises TaskError if the task cannot even
    be read.
    """
    exemplars = exemplars_of(task) if examples else ()
    digests: list[bytes] = []
    yield from check_samples(task, digests)
    yield check_second_reading(task, digests)
    yield check_exemplars(task, exemplars)
    if task.damaged:
        yield check_damage(task)
    for protocol in protocols:
        yield from check_prompts(task, protocol, exemplars)
    yield from check_marks(task, words, exemplars, limits or Limits())


def samples_of(task: Task) -> Iterator[Sample]:
    """The task's samples, those among them that are not sound too; whatever it raises
    or gives besides is named as its failure."""
    where = f"{task_label(task)}, samples()"
    return guarded(TaskError, where, partial(given_samples, task))


def given_samples(task: Task) -> Iterator[Sample]:
    """What a task gives, as far as it is samples."""
    for sample in given_items(task, None):
        if not isinstance(sample, Sample):
            raise Unsound(f"a Sample is meant, not {shown(sample)}")
        yield sample


def sound_samples(task: Task) -> Iterator[Sample]:
    """The task's samples but for those that another check has named."""
    return (each for each in samples_of(task) if not unsoundness(each))


def unsoundness(sample: Sample) -> str:
    """Why a sample is not what a sample must be; empty if it is."""
    try:
        SAMPLE(sample)
    except Unsound as exc:
        return f"sample {shown(sample.id)}: {exc}"
    return ""


def check_samples(task: Task, digests: list[bytes]) -> Iterator[Check]:
    """Whether samples can be kept, told apart and marked; notes what they were."""
    storable = Check("samples can be stored and read back", "samples")
    unique = Check("ids are unique", "ids")
    worth = Check("points are positive", "samples")
    seen: set[str] = set()
    for sample in samples_of(task):
        digests.append(digest(sample))
        problem = storing_problem(sample)
        storable.see(problem)
        if problem:
            continue
        unique.see(f"two samples {sample.id!r}" if sample.id in seen else "")
        seen.add(sample.id)
        worth.see(
            "" if sample.points else f"sample {sample.id!r}: {sample.points} points"
        )
    if not digests:
        raise TaskError(f"{task_label(task)} has no samples")
    yield from (storable, unique, worth)


def storing_problem(sample: Sample) -> str:
    """Why a sample is not sound, or cannot be sent to another process."""
    problem = unsoundness(sample)
    if problem:
        return problem
    try:
        encode(sample)
    except ValueError as exc:
        return f"sample {sample.id!r}: {exc}"
    return ""


def digest(sample: Sample) -> bytes:
    """What tells a sample from another."""
    if storing_problem(sample):
        content = shown(sample, 10_000).encode("utf-8", "surrogatepass")
    else:
        content = encode(sample)
    return hashlib.sha256(content).digest()[:16]


def check_second_reading(task: Task, digests: Sequence[bytes]) -> Check:
    """Whether the samples are the same, in the same order, when asked for again."""
    check = Check("a second reading gives the same samples", "samples")
    for sample in samples_of(task):
        place = check.looked_at
        same = place < len(digests) and digests[place] == digest(sample)
        check.see("" if same else f"sample {sample.id!r} was not there before")
    for _ in range(check.looked_at, len(digests)):
        check.see(f"fewer samples than the {len(digests)} of the first reading")
    return check


def check_exemplars(task: Task, exemplars: Sequence[Sample]) -> Check:
    """Whether what few-shot prompts give away is asked."""
    check = Check("worked examples are not in the test", "worked examples")
    asked_as = {same_question(each): "" for each in exemplars}
    for sample in samples_of(task):
        if not storing_problem(sample) and same_question(sample) in asked_as:
            asked_as[same_question(sample)] = sample.id
    for each in exemplars:
        asked = asked_as[same_question(each)]
        check.see(f"worked example {each.id!r} is sample {asked!r}" if asked else "")
    return check


def check_prompts(
    task: Task, protocol: Protocol, exemplars: Sequence[Sample]
) -> Iterator[Check]:
    """Whether a protocol can ask every sample, in characters that mean something, and
    asks what each of them is about."""
    whose = f"prompts of protocol {protocol.name!r}"
    check = Check(f"{whose} are undamaged", "prompts")
    fitting = Check(f"{whose} are about their samples", "samples")
    apart = Apart(exemplars)
    for sample in sound_samples(task):
        said = next(iter(gold(task, sample)), "")
        asked: list[Request] = []
        try:
            with boundary(TaskError, f"sample {sample.id!r}"):
                for request in prompts(protocol, sample, exemplars, said):
                    asked.append(request)
                    known = task.damaged and came_damaged(sample)
                    problem = "" if known else damage(request.prompt)
                    check.see(f"sample {sample.id!r}: {problem}" if problem else "")
                problem = apart.problem(sample, asked)
                fitting.see(f"sample {sample.id!r}: {problem}" if problem else "")
        except TaskError as exc:
            check.see(str(exc))
    if problem := apart.all_alike():
        fitting.see(problem)
    elif apart.repeated:
        fitting.note = f"{apart.repeated} of them ask what another one asks"
    yield from (check, fitting)


def check_damage(task: Task) -> Check:
    """Whether the dataset has just the broken samples that it is known to have."""
    check = Check("no samples are damaged but those known to be", "samples")
    found = 0
    for sample in sound_samples(task):
        found += came_damaged(sample)
        check.see()
    if found != task.damaged:
        check.see(f"{found} are damaged, and {task.damaged} known to be")
    check.note = f"{task.damaged} known to be damaged in the dataset"
    return check


def came_damaged(sample: Sample) -> bool:
    """Whether a sample's own texts have broken characters, whoever asks it."""
    return any(map(damage, (sample.question, *sample.choices)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A response whose marks are known beforehand."""

    name: str
    """Whose response it is."""
    points: float
    response: str
    check: Check

    def see(self, score: Score) -> None:
        """Compare the marks with those that the response must get."""
        if self.response:
            marks = score.value, score.outcome, score.points
            good = marks == (1.0, Outcome.RIGHT, self.points)
        else:
            good = score.value == 0 and score.outcome is not Outcome.ERROR
        self.check.see("" if good else self.problem(score))

    def problem(self, score: Score) -> str:
        """What was made of the response."""
        return (
            f"{self.name}: {quoted(self.response)} is {score.outcome.replace('_', ' ')}"
            f", {points(score.points)} of {points(self.points)} points; "
            f"read {quoted(score.answer)}; {score.explanation or 'no reason given'}"
        )


def check_marks(
    task: Task, words: dict[str, str], exemplars: Sequence[Sample], limits: Limits
) -> Iterator[Check]:
    """Whether reference answers get full marks and silence gets none."""
    full = Check("reference answers get full marks", "answers")
    none = Check("an empty response gets no points", "samples")
    with ScoringPool([(task, words)], limits) as pool:
        for case, score in scored(pool, trials(task, exemplars, full, none)):
            case.subject.see(score)
    yield from (full, none)


def trials(
    task: Task, exemplars: Sequence[Sample], full: Check, none: Check
) -> Iterator[Case[Trial]]:
    """Each reference answer, those of worked examples too, and silence."""
    for sample in exemplars:
        for text in gold(task, sample):
            yield trial(sample, f"worked example {sample.id!r}", text, full)
    without = 0
    for sample in samples_of(task):
        if storing_problem(sample):  # it is named by another check
            continue
        name = f"sample {sample.id!r}"
        answers = gold(task, sample)
        without += not answers
        for text in answers:
            yield trial(sample, name, text, full)
        yield trial(sample, name, "", none)
    full.note = f"samples without one: {without}" if without else ""


def trial(sample: Sample, name: str, response: str, check: Check) -> Case[Trial]:
    """A response to be scored."""
    subject = Trial(name=name, points=sample.points, response=response, check=check)
    return Case(subject=subject, sample=sample, answer=Answer(text=response))


def gold(task: Task, sample: Sample) -> Sequence[str]:
    """A task's reference answers to a sample, as they can be sent elsewhere."""
    with boundary(TaskError, f"{task_label(task)}, gold() of sample {sample.id!r}"):
        found = several(task.gold(sample), MOST_GOLD, "reference answers")
        return tuple(map(text_of, found))


def text_of(given: object) -> str:
    """A text as files can hold it."""
    if not isinstance(given, str):
        raise Unsound(f"a text is meant, not {shown(given)}")
    return whole(given)
