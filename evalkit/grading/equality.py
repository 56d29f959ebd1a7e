"""Whether an answer equals the reference, and why."""

import re
from fractions import Fraction

from evalkit.grading.answers.display import MAX_SHOWN, described
from evalkit.grading.answers.meanings import Meaning
from evalkit.grading.answers.understanding import understand
from evalkit.grading.answers.words import spelled
from evalkit.grading.comparing.amounts import Amounts
from evalkit.grading.comparing.comparison import Comparison
from evalkit.grading.comparing.symbolic import Symbolic, algebra
from evalkit.grading.maths.limits import MAX_CHARS
from evalkit.grading.verdicts import Verdict

PLAIN = re.compile(r"\$?\\?\$?([-+]?\d{1,30}(?:\.\d{1,30})?)\.?\$?")
THOUSANDS = re.compile(r"\\?\$?([-+]?[1-9]\d{0,2}(?:,\d{3}){1,8}(?:\.\d{1,30})?)\.?")


def equal(reference: str, answer: str, *, tolerance: float | None = None) -> Verdict:
    """Whether an answer equals the reference, as a careful marker would say.

    `tolerance` is absolute and takes the place of the rules of rounding: without it
    a decimal reference with two or more decimal places may be given more exactly, and
    an exact reference as a decimal that is right to four or more significant digits.
    """
    one, other = simple(reference), simple(answer)
    if one is not None and one == other:
        return verdict("same number", reference, answer, equal=True)
    if tolerance is None and "." not in reference and is_other(one, other):
        return verdict("other number", reference, answer, equal=False)
    if max(len(reference), len(answer)) > MAX_CHARS:
        same = reference.strip() == answer.strip()
        return verdict("too long to read", cut(reference), cut(answer), equal=same)
    symbolic = Symbolic(algebra())
    comparison = Comparison(Amounts(symbolic, tolerance), symbolic)
    finding, sides = comparison.decided(
        meanings(reference), meanings(answer, loosely=True)
    )
    return Verdict(
        equal=finding.found,
        rule=finding.rule,
        reference=described(sides[0]),
        answer=described(sides[1]),
        undecided=finding.equal is None,
    )


def is_other(one: Fraction | None, other: Fraction | None) -> bool:
    """Whether two plain numbers differ, rounding out of the question."""
    if one is None or other is None:
        return False
    return 1 in (one.denominator, other.denominator)


def simple(text: str) -> Fraction | None:
    """The value of a plain number, which most answers are."""
    text = text.strip()
    if match := PLAIN.fullmatch(text):
        return Fraction(match[1])
    if match := THOUSANDS.fullmatch(text):
        return Fraction(match[1].replace(",", ""))
    return None


def verdict(rule: str, reference: str, answer: str, *, equal: bool) -> Verdict:
    return Verdict(equal=equal, rule=rule, reference=reference, answer=answer)


def cut(text: str) -> str:
    return text[:MAX_SHOWN]


def meanings(text: str, *, loosely: bool = False) -> tuple[Meaning, ...]:
    """All that a text may mean, its numbers also read where they are spelled out."""
    return (*understand(text, loosely=loosely), *spelled_out(text))


def spelled_out(text: str) -> tuple[Meaning, ...]:
    """What a text means with its numbers in digits."""
    changed = spelled(text)
    return understand(changed)[:1] if changed != text else ()
