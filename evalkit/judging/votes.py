"""From a judge's votes on an answer to its marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

import msgspec

from evalkit.dialogue import Dialogue
from evalkit.judging.asking import Case
from evalkit.judging.verdict import Verdict
from evalkit.marks.store import MarkedAnswer, score_of
from evalkit.secrets.finding import Secrets
from evalkit.secrets.stored import secrets_in
from evalkit.types import EMPTY, Attempt, Mark, Outcome, Score, Turn


@dataclass(slots=True)
class Ballot:
    """The votes on one answer, as they come in."""

    case: Case
    index: int
    """Of the sample in its task."""
    wanted: int
    turns: dict[int, Sequence[Turn]] = field(default_factory=dict[int, Sequence[Turn]])
    verdicts: dict[int, Verdict] = field(default_factory=dict[int, Verdict])
    problems: dict[int, str] = field(default_factory=dict[int, str])

    def take(self, number: int, dialogue: Dialogue) -> None:
        """Count what came of one vote."""
        self.turns[number] = tuple(dialogue.turns)
        if dialogue.answer is None:
            self.problems[number] = dialogue.error or "no reply"
        else:
            text = dialogue.answer.text
            self.verdicts[number] = msgspec.json.decode(text, type=Verdict)

    @property
    def is_complete(self) -> bool:
        return len(self.verdicts) + len(self.problems) == self.wanted

    @property
    def all_turns(self) -> tuple[Turn, ...]:
        """What was asked and replied, vote after vote."""
        return tuple(turn for vote in sorted(self.turns) for turn in self.turns[vote])

    def marked(self) -> MarkedAnswer:
        """The median of the votes, by the vote that comes nearest to it.

        Votes that failed do not count; without any other there are no marks.
        """
        sample = self.case.sample
        if not self.verdicts:
            first = self.problems[min(self.problems)]
            return unmarked(self.case, first)
        verdicts = [self.verdicts[number] for number in sorted(self.verdicts)]
        totals = [min(each.total, sample.points) for each in verdicts]
        middle = median(totals)
        nearest = min(range(len(totals)), key=lambda n: abs(totals[n] - middle))
        return MarkedAnswer(
            id=sample.id,
            attempt=self.case.attempt,
            points=totals[nearest],
            marks=verdicts[nearest].marks(sample.rubric),
            comment=told_failures(self.problems, self.wanted),
            votes=tuple(totals),
        )


def told_failures(problems: Mapping[int, str], wanted: int) -> str:
    """What is said of votes that failed where others did not."""
    if not problems:
        return ""
    first = problems[min(problems)]
    return f"{len(problems)} of {wanted} votes failed, the first: {first}"


def unmarked(case: Case, why: str) -> MarkedAnswer:
    """An answer that the judge could not mark."""
    return MarkedAnswer(id=case.sample.id, attempt=case.attempt, points=0.0, error=why)


def empty(case: Case) -> MarkedAnswer:
    """No points for an answer that says nothing: nobody is asked."""
    return MarkedAnswer(
        id=case.sample.id,
        attempt=case.attempt,
        points=0.0,
        marks=tuple(
            Mark(step=each.step, worth=each.points, points=0.0, why=EMPTY)
            for each in case.sample.rubric
        ),
        comment=f"{EMPTY}; the judge was not asked",
    )


def shown_answer(dialogue: Dialogue) -> str:
    """The answer that a dialogue ended with, as a judge may see it: its model may be
    another's, and a key of the one under test is not for it."""
    text = dialogue.answer.text if dialogue.answer else ""
    return secrets_in(dialogue.turns).hide(text)


def hidden_marks(marked: MarkedAnswer, secrets: Secrets) -> MarkedAnswer:
    """Marks that do not quote secrets of the judge's replies."""
    if not secrets:
        return marked
    return replace(
        marked,
        marks=tuple(replace(each, why=secrets.hide(each.why)) for each in marked.marks),
        comment=secrets.hide(marked.comment),
        error=secrets.hide(marked.error),
    )


def as_attempt(marked: MarkedAnswer, turns: Sequence[Turn], worth: float) -> Attempt:
    """The judge's work on one answer in the form of an attempt, to be told of."""
    if marked.error:
        score = Score(value=0.0, outcome=Outcome.ERROR, explanation=marked.error)
    else:
        score = score_of(marked, worth)
    return Attempt(turns=tuple(turns), score=score)
