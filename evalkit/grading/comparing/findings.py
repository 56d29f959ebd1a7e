"""What comparing two meanings comes to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Equal, not equal, or None where the time or memory allowed was not enough."""

    equal: bool | None
    rule: str

    @property
    def found(self) -> bool:
        return self.equal is True


UNDECIDED = Finding(None, "took too long")


def yes(rule: str) -> Finding:
    return Finding(True, rule)


def no(rule: str) -> Finding:
    return Finding(False, rule)


def every(findings: "list[Finding]", rule: str) -> Finding:
    """Equal where all parts are; not where one is not."""
    for each in findings:
        if each.equal is False:
            return each
    if any(each.equal is None for each in findings):
        return UNDECIDED
    return yes(rule)
