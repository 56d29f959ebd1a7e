"""What a model thought aloud, told apart from what it answered: only that is marked."""

from evalkit.thinking.glance import may_think


def apart(text: str) -> tuple[str, str]:
    """What of a text is the answer, and what was thought in between, as it stood."""
    if not may_think(text):
        return text, ""
    from evalkit.thinking.parting import answer_of, known_thinking

    found = known_thinking().found(text)
    thoughts = (text[each.start : each.end].strip() for each in found.thoughts)
    return answer_of(text, found), "\n".join(thoughts)


def lacking(text: str, reasoning: str, *, unfinished: bool) -> str:
    """Why a text has nothing to be marked; empty if it has.

    `reasoning` is what was told apart from it before, and `unfinished` whether it was
    cut off there.
    """
    from evalkit.thinking.parting import known_thinking

    parted = known_thinking().part(text)
    if parted.answer.strip():
        return ""
    if parted.unfinished or (unfinished and reasoning.strip()):
        return "Nothing but thinking that was never finished."
    if parted.answer != text or reasoning.strip():
        return "Nothing but thinking."
    return "Nothing was written."
