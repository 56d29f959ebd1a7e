"""What a model thought aloud, told apart from what it answered: only that is marked."""

from evalkit.grading.spoken import CLOSING, OPENING, thoughts


def apart(text: str) -> tuple[str, str]:
    """What of a text is the answer, and what was thought in between."""
    spans = thoughts(text)
    if not spans:
        return text, ""
    starts, ends = zip(*spans, strict=True)
    between = zip((0, *ends), (*starts, len(text)), strict=True)
    said = (text[start:end].strip(" ") for start, end in between)
    answer = " ".join(filter(None, said)).strip()
    return answer, "\n".join(text[start:end].strip() for start, end in spans)


def lacking(text: str) -> str:
    """Why a text has nothing to be marked; empty if it has."""
    answer, thought = apart(text)
    if answer.strip():
        return ""
    if not thought:
        return "Nothing was written."
    if text.rfind(OPENING) > text.rfind(CLOSING):
        return "Nothing but thinking that was never finished."
    return "Nothing but thinking."
