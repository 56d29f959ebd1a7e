"""How a judge is asked about one answer: a conversation like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from evalkit.grading import without_thinking
from evalkit.judging.fence import defused, fence_key, fenced
from evalkit.judging.prompts import (
    filled,
    points_of,
    rubric_text,
    step_range,
    worked_text,
)
from evalkit.judging.verdict import BadReply, schema_of, verdict_in
from evalkit.protocol import Conversation
from evalkit.types import Answer, Completion, Generate, Message, Sample, Sampling

ASKS = 3
"""How often a judge is asked before a vote has failed: once, and twice again."""
SHOWN_REPLY = 4_000
"""Characters of an unusable reply that the judge is shown again."""
ENCODER = msgspec.json.Encoder()


class Unusable(Exception):
    """No reply of a judge could be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer that is to be marked."""

    run: str
    """The digest of the run that it belongs to."""
    sample: Sample
    attempt: int
    """From 0."""
    answer: str
    """What the model said, without its thinking."""

    @property
    def key(self) -> str:
        """What the lines around the answer bear."""
        return fence_key(self.run, f"{self.sample.id}\0{self.attempt}", self.answer)


def said(answer: str) -> str:
    """An answer without the thinking that came before it."""
    return without_thinking(answer).strip()


def words(case: Case, key: str) -> Mapping[str, str]:
    """What stands for the names in the prompt's parts."""
    sample = case.sample
    return {
        "key": key,
        "points": points_of(sample.points),
        "question": sample.question,
        "target": sample.target or "(none: any answer that meets the rubric)",
        "worked": worked_text(sample.solution),
        "rubric": rubric_text(sample.rubric),
        "steps": step_range(sample.rubric),
        "answer": fenced(case.answer),
    }


def first_messages(values: Mapping[str, str], *, system: bool) -> tuple[Message, ...]:
    """What a judge is told at first; in one message where it takes no system turn."""
    rules, task = filled("system", values), filled("ask", values)
    if system:
        return Message("system", rules), Message("user", task)
    return (Message("user", f"{rules}\n\n{task}"),)


def examine(case: Case, sampling: Sampling, *, system: bool) -> Conversation:
    """Have a judge mark one answer; the conversation's answer is the verdict as JSON.

    Raises Unusable when no reply was one.
    """
    key = case.key
    values = words(case, key)
    messages = first_messages(values, system=system)
    schema = schema_of(case.sample.rubric)
    problem = ""
    for _ in range(ASKS):
        reply = yield Generate(prompt=messages, sampling=sampling, schema=schema)
        if reply.cut:  # asking again would take more room still
            raise Unusable("the question did not fit into the model")
        try:
            verdict = verdict_in(told(reply), case.sample.rubric, key, case.answer)
        except BadReply as exc:
            problem = str(exc)
        else:
            return Answer(text=ENCODER.encode(verdict).decode())
        messages = (*messages, *asked_again(reply.text, problem, values))
    raise Unusable(f"no usable reply in {ASKS} tries; of the last one: {problem}")


def told(reply: Completion) -> str:
    """What a judge replied; raise BadReply if it was not done."""
    if reply.finish == "length" and not reply.text.rstrip().endswith(("}", "```")):
        raise BadReply("it was cut off, being too long")
    return reply.text


def asked_again(
    reply: str, problem: str, values: Mapping[str, str]
) -> Sequence[Message]:
    """A reply that cannot be used, and the request for another."""
    shown = defused(reply.strip())[:SHOWN_REPLY] or "(nothing)"
    again = filled("again", {**values, "problem": defused(problem)})
    return Message("assistant", shown), Message("user", again)
