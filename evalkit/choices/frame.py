"""How a question with choices is written out as plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from evalkit.places import check_places, filled
from evalkit.types import Sample

PLACES = ("question", "options", "letters", "last")
LEAST = 2
"""Fewer choices than this leave nothing to choose."""
MOST = len(ascii_uppercase)
"""Choices beyond this many have no letter."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The texts around a question and its choices.

    ``{question}`` stands for the sample's question, ``{options}`` for its choices one
    after the other, ``{letters}`` for the letters that may be answered, such as "A, B,
    C or D", and ``{last}`` for the last of them.
    """

    question: str = "Question: {question}\nAnswer:"
    """What a choice's text is ranked behind."""
    listed: str = "Question: {question}\n{options}\nAnswer:"
    """What a choice's letter is ranked behind."""
    option: str = "{letter}. {choice}"
    """One choice within ``{options}``; ``{letter}`` may stand before it."""
    between: str = "\n"
    """Parts the options."""
    delimiter: str = " "
    """Stands between a prompt and what is ranked behind it."""
    description: str = ""
    """Stands once, before everything."""
    separator: str = "\n\n"
    """Parts worked examples."""

    def __post_init__(self) -> None:
        for name in ("question", "listed"):
            needed = ("question", "options")
            check_places(f"Frame.{name}", getattr(self, name), PLACES, needed=needed)
        places = ("letter", "choice")
        check_places("Frame.option", self.option, places, needed=("choice",))
        check_places("Frame.description", self.description, ())

    def asked(self, template: str, sample: Sample) -> str:
        """A sample in one of the templates, up to where the answer begins."""
        texts = {
            "question": sample.question,
            "options": self.options(sample.choices),
            "letters": letters_in_words(len(sample.choices)),
            "last": letters(len(sample.choices))[-1:],
        }
        return filled(template, texts)

    def options(self, choices: Sequence[str]) -> str:
        """The choices with their letters."""
        return self.between.join(
            filled(self.option, {"letter": letter, "choice": choice})
            for letter, choice in zip(letters(len(choices)), choices, strict=True)
        )

    def prompt(self, asked: str, worked: Sequence[str]) -> str:
        """The whole prompt: description, worked examples, what is asked."""
        before = filled(self.description, {})
        return before + self.separator.join((*worked, asked))


def letters(count: int) -> str:
    """The letters of so many choices; raise ValueError if there are not as many."""
    if count > MOST:
        raise ValueError(f"{count} choices, and letters for {MOST} of them")
    return ascii_uppercase[:count]


def letters_in_words(count: int) -> str:
    """The letters of so many choices as a text has them: "A, B, C or D"."""
    known = letters(count)
    others, last = known[:-1], known[-1:]
    return f"{', '.join(others)} or {last}" if others else last


def right_choices(sample: Sample) -> frozenset[int]:
    """The places of a sample's right choices, from 0."""
    return frozenset(ascii_uppercase.index(letter) for letter in sample.target)


def choice_problem(sample: Sample) -> str:
    """Why a sample cannot be asked by its choices: it has none, more than there are
    letters, or a target that is not made of their letters."""
    count = len(sample.choices)
    if count < LEAST:
        return f"sample {sample.id!r} has {count} choices"
    try:
        known = letters(count)
    except ValueError as exc:
        return f"sample {sample.id!r}: {exc}"
    if set(sample.target) <= set(known):
        return ""
    return (
        f"sample {sample.id!r}: the target {sample.target!r} names choices by letters "
        f"that are not among {known}"
    )
