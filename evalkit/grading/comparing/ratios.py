"""Ratios and times of day, which look alike."""

from evalkit.grading.answers.meanings import Expression, Meaning, Ratio
from evalkit.grading.comparing.amounts import Amounts
from evalkit.grading.comparing.findings import Finding, every, no, yes
from evalkit.grading.maths.nodes import Product, Quotient


def same_ratio(reference: Ratio, answer: Meaning, amounts: Amounts) -> Finding:
    """3:4 is 6:8 and 3/4; 3:30 pm is 15:30 and nothing else."""
    match answer:
        case Ratio() if is_time(reference) and is_time(answer):
            return (
                yes("same time") if same_time(reference, answer) else no("other time")
            )
        case Ratio() if len(reference.parts) == len(answer.parts):
            first, second = reference.parts[0], answer.parts[0]
            pairs = zip(reference.parts[1:], answer.parts[1:], strict=True)
            findings = [
                amounts.numbers(Product((first, b)), Product((second, a)))
                for a, b in pairs
            ]
            return every(findings, "same ratio")
        case Expression(node, None) if len(reference.parts) == 2:
            return amounts.numbers(Quotient(*reference.parts), node)
        case _:
            return no("no ratio")


def is_time(ratio: Ratio) -> bool:
    """Whether it is written as a time: two digits for minutes and seconds."""
    hours, *rest = ratio.texts
    if not all(each.isdigit() for each in ratio.texts) or len(ratio.texts) > 3:
        return False
    return len(hours) <= 2 and all(len(each) == 2 and int(each) < 60 for each in rest)


def same_time(one: Ratio, other: Ratio) -> bool:
    if not (one.half and other.half) and bool(one.half) != bool(other.half):
        return seconds(one) == seconds(other) or clock(one) == clock(other)
    return seconds(one) == seconds(other)


def clock(ratio: Ratio) -> int:
    """Seconds as on a clock face, without the half of the day."""
    return seconds(Ratio(ratio.parts, ratio.texts)) if ratio.half else seconds(ratio)


def seconds(ratio: Ratio) -> int:
    hours, minutes, *rest = (int(each) for each in ratio.texts)
    if ratio.half:
        hours = hours % 12 + (12 if ratio.half == "pm" else 0)
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)
