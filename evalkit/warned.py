"""Warnings about a run that its counts give, none or one each."""

from evalkit.report.words import several
from evalkit.secrets.finding import HIDDEN


def cut_prompts(count: int) -> tuple[str, ...]:
    """The warning about prompts that lost their beginning, if any did."""
    if not count:
        return ()
    return (
        f"{count} prompts were longer than the model holds, and were cut on the left",
    )


def secret_answers(count: int) -> tuple[str, ...]:
    """The warning about answers that a key was written into, if any were."""
    if not count:
        return ()
    return (
        f"the key of this run stands in {several(count, 'answer')}: stored as it came, "
        f"and shown as {HIDDEN}",
    )
