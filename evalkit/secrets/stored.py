"""Secrets in what models wrote: noted when it comes, hidden when it is shown.

The note says where they stand, so that they are known for what they are on any day,
whether or not the environment still has them. What is made of an answer (what was read
from it, why it was judged so, a later prompt) is hidden before it is stored.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from evalkit.secrets.finding import Secrets, merged, without
from evalkit.secrets.span import SecretSpan
from evalkit.types import (
    Attempt,
    Completion,
    Request,
    SampleResult,
    Score,
    Turn,
    plain,
)

NONE = Secrets()
Part = Literal["text", "reasoning"]


def noted(
    completion: Completion, secrets: Secrets, asked: Request | None = None
) -> Completion:
    """A completion as it came, with a note of the secrets in what the model wrote; in
    all else they are hidden.

    `asked` is what it answers: if a conversation begins with that, no model has had a
    say in its prompt yet, and what looks like a piece of a secret there is none.
    """
    if not secrets:
        return completion
    spans = (
        *spans_in("text", completion.text, secrets),
        *spans_in("reasoning", completion.reasoning, secrets),
    )
    prompt = hidden_prompt(completion.prompt, secrets, asked)
    error = completion.error and secrets.hide(completion.error)
    same = prompt == completion.prompt and error == completion.error
    if same and not spans and not completion.secrets:
        return completion
    return replace(completion, prompt=prompt, error=error, secrets=spans)


def hidden_prompt(prompt: str, secrets: Secrets, asked: Request | None) -> str:
    """A prompt without the secrets that did not stand in what was asked."""
    spans = secrets.spans(prompt)
    if spans and asked is not None and not asked.turn:
        own = plain(asked.prompt)
        spans = tuple(each for each in spans if prompt[slice(*each)] not in own)
    return without(prompt, spans)


def spans_in(part: Part, text: str, secrets: Secrets) -> Iterable[SecretSpan]:
    """The secrets in one part of a completion."""
    for start, end in secrets.spans(text):
        yield SecretSpan(part=part, start=start, end=end)


def secrets_in(turns: Iterable[Turn]) -> Secrets:
    """What secrets stand in the turns, as they noted it."""
    pieces = [
        part_of(turn, span.part)[span.start : span.end]
        for turn in turns
        for span in turn.secrets
    ]
    return Secrets.of_pieces(pieces) if pieces else NONE


def part_of(turn: Turn, part: Part) -> str:
    """One part of what a model wrote."""
    return turn.text if part == "text" else turn.reasoning


def hidden_turn(turn: Turn, secrets: Secrets) -> Turn:
    """A turn as it may be shown; `secrets` are those of all its conversation."""
    return replace(
        turn,
        prompt=secrets.hide(turn.prompt),
        error=turn.error and secrets.hide(turn.error),
        text=secrets.hide(without(turn.text, noted_in(turn, "text"))),
        reasoning=secrets.hide(without(turn.reasoning, noted_in(turn, "reasoning"))),
        secrets=(),
    )


def noted_in(turn: Turn, part: Part) -> Iterable[tuple[int, int]]:
    return merged((each.start, each.end) for each in turn.secrets if each.part == part)


def hidden_score(score: Score, secrets: Secrets) -> Score:
    """A score that does not quote secrets of the answer."""
    if not secrets:
        return score
    return replace(
        score,
        answer=None if score.answer is None else secrets.hide(score.answer),
        explanation=secrets.hide(score.explanation),
        marks=tuple(replace(each, why=secrets.hide(each.why)) for each in score.marks),
    )


def as_stored(attempt: Attempt) -> Attempt:
    """An attempt with its answers as they came, and all that was made of them without
    the secrets that stand there."""
    secrets = secrets_in(attempt.turns)
    if not secrets:
        return attempt
    turns = tuple(
        replace(
            turn,
            prompt=secrets.hide(turn.prompt),
            error=turn.error and secrets.hide(turn.error),
        )
        for turn in attempt.turns
    )
    return Attempt(turns=turns, score=hidden_score(attempt.score, secrets))


def hidden_attempt(attempt: Attempt) -> Attempt:
    """An attempt as it may be shown."""
    secrets = secrets_in(attempt.turns)
    if not secrets:
        return attempt
    turns = tuple(hidden_turn(turn, secrets) for turn in attempt.turns)
    return Attempt(turns=turns, score=hidden_score(attempt.score, secrets))


def hidden_result(result: SampleResult) -> SampleResult:
    """A sample with its attempts as they may be shown."""
    if not any(turn.secrets for each in result.attempts for turn in each.turns):
        return result
    return replace(result, attempts=tuple(map(hidden_attempt, result.attempts)))
