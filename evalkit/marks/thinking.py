"""What a model thought aloud, told apart from what it answered: only that is marked."""

import re

from evalkit.grading import without_thinking

BLANKED = re.compile(" {7,}")
"""What thinking leaves behind; its shortest tag has so many letters."""


def apart(text: str) -> tuple[str, str]:
    """What of a text is the answer, and what was thought in between."""
    spoken = without_thinking(text)
    if spoken == text:
        return text, ""
    thoughts: list[str] = []

    def left_out(match: re.Match[str]) -> str:
        before = text[match.start() : match.end()]
        if before == match[0]:
            return before
        thoughts.append(before.strip())
        return " "

    answer = BLANKED.sub(left_out, spoken).strip()
    return answer, "\n".join(thoughts)


def lacking(text: str) -> str:
    """Why a text has nothing to be marked; empty if it has."""
    answer, thought = apart(text)
    if answer.strip():
        return ""
    if not thought:
        return "Nothing was written."
    if text.rfind("<think>") > text.rfind("</think>"):
        return "Nothing but thinking that was never finished."
    return "Nothing but thinking."
