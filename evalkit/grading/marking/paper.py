"""A response as a marker sees it: its statements, its sentences, its final answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, zip_longest

from evalkit.grading.finals.final import Finding
from evalkit.grading.marking.cleaning import readable
from evalkit.grading.marking.floats import numbers_in, real_value
from evalkit.grading.marking.statements import Statement, statements
from evalkit.grading.maths.nodes import Node, walk
from evalkit.grading.spoken import without_thinking

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|;\s+(?![^()\n]{0,40}\))")
MAX_SENTENCES = 3000
MAX_LINE = 1000
"""Characters of a line in which a phrase is looked for."""
MAX_NUMBERS = 20_000
RUN = 4
"""Words in a row that are compared with those of the question."""
REPEATED = 0.5
"""Share of such runs in a sentence that only says the question again."""
MAX_STATED = 400
"""A text that states more different numbers than this is told by none of them."""
ROUGH = 0.01
"""Share of a number by which rounding may change it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number that a response comes to."""

    number: float
    worked: bool
    """Whether a calculation for it is written out; it may be merely stated too."""
    place: int
    """Position of its statement among all statements."""
    kept: bool = True
    """Whether what it is said to equal agrees: 20 · 1.9 = 36 does not come to 38."""
    parts: frozenset[float] = frozenset()
    """The plain numbers in the expression that it is the value of."""
    whole: bool = False
    """Whether that expression is no part of another one."""


def pairs_of(statement: Statement) -> list[tuple[Node, Node]]:
    """The sides of a statement two by two: neighbours, and the first with the last."""
    sides = [each for each in statement.sides if each is not None]
    ends = [(sides[0], sides[-1])] if len(sides) > 2 else []
    return [*pairwise(sides), *ends]


def agrees(side: Node, following: Node | None) -> bool:
    """Whether a calculation is worked out rightly, as far as that can be told."""
    one = real_value(side)
    other = None if following is None else real_value(following)
    return one is None or other is None or abs(one - other) <= ROUGH * abs(one)


@dataclass(frozen=True, eq=False)
class Paper:
    """What one response says, read once for all checks of a scheme."""

    question: str
    response: str
    finding: Finding
    """The final answer, as the question's type of answer judges it."""

    @cached_property
    def _spoken(self) -> str:
        return without_thinking(self.response)

    @property
    def says(self) -> bool:
        """Whether there is anything to mark."""
        return bool(self._spoken.strip())

    @cached_property
    def _read(self) -> tuple[str, tuple[Statement, ...]]:
        return statements(self._spoken)

    @cached_property
    def _asked(self) -> tuple[Statement, ...]:
        return statements(self.question)[1]

    @cached_property
    def asked(self) -> frozenset[Node]:
        """The expressions of the question, and their parts."""
        every = (side for each in self._asked for side in each.sides)
        sides = (side for side in every if side is not None)
        return frozenset(part for side in sides for part in walk(side))

    @cached_property
    def asked_equations(self) -> frozenset[tuple[Node, Node]]:
        """The pairs of sides that the question itself says are equal."""
        return frozenset(pair for each in self._asked for pair in pairs_of(each))

    @property
    def statements(self) -> tuple[Statement, ...]:
        return self._read[1]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines that statements name by number, in lower case."""
        return tuple(line[:MAX_LINE] for line in self._read[0].lower().split("\n"))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """In lower case, with the signs of mathematics as single characters."""
        text = readable(self._spoken).lower()
        pieces = (" ".join(each.split()) for each in SENTENCE.split(text))
        asked = shingles(" ".join(readable(self.question).lower().split()))
        said = (each for each in pieces if each and not repeats(each, asked))
        return tuple(said)[-MAX_SENTENCES:]

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """Every number in every statement, and those of the parts of calculations."""
        found: list[Value] = []
        for place, statement in enumerate(self.statements):
            for side, following in zip_longest(statement.sides, statement.sides[1:]):
                if side is None:
                    continue
                kept = agrees(side, following)
                found += [
                    Value(number, worked, place, kept, parts, node is side)
                    for node, number, worked, parts in numbers_in(side)
                ]
            if len(found) > MAX_NUMBERS:
                break
        plain = {each.number for each in found if not each.worked}
        return tuple(each for each in found if each.worked or len(plain) <= MAX_STATED)

    def results(self, place: int) -> Iterator[float]:
        """The numbers that the sides of a statement come to."""
        for side in self.statements[place].sides:
            value = None if side is None else real_value(side)
            if value is not None:
                yield value

    @cached_property
    def equations(self) -> tuple[tuple[Node, Node, int], ...]:
        """Pairs of sides that are said to be equal, with their statement's place.

        What the question says itself is not among them.
        """
        return tuple(
            (*pair, place)
            for place, statement in enumerate(self.statements)
            for pair in pairs_of(statement)
            if pair not in self.asked_equations
        )

    def around(self, statement: Statement) -> str:
        """The line of a statement, behind the last line that says anything."""
        above = (self.lines[n] for n in range(statement.line - 1, -1, -1))
        before = next((line for line in above if line.strip()), "")
        return f"{before} {self.lines[statement.line]}"

    def quote(self, place: int) -> str:
        """A statement as evidence, shortened."""
        written = " ".join(self.statements[place].written.split())
        return written if len(written) <= 80 else written[:77] + "..."


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """All runs of a few words in a text."""
    words = re.findall(r"\w+", text)
    return frozenset(tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def repeats(sentence: str, asked: frozenset[tuple[str, ...]]) -> bool:
    """Whether a sentence only says the question again."""
    runs = shingles(sentence)
    return bool(runs) and len(runs & asked) > REPEATED * len(runs)
