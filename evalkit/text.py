"""Texts of unknown origin, made safe to store and to show."""

import unicodedata


def visible(text: str) -> str:
    """A text as people may see it: it cannot steer a terminal, for control characters
    are written out, and tells none of the secrets that this process knows."""
    from evalkit.secrets.known import known_secrets  # not for `evalkit --help`

    text = known_secrets().hide(text)
    if text.isprintable():
        return text
    return "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else f"\\x{ord(c):02x}"
        for c in text
    )


def shown(value: object, width: int = 60) -> str:
    """Any value as an error shows it: in one line, not too long."""
    try:
        text = repr(value)
    except Exception:  # whatever a stranger's class raises
        text = f"<{type(value).__name__}>"
    line = visible(" ".join(text[: 4 * width].split()))
    return line if len(line) <= width else f"{line[:width]}…"


def whole(text: str) -> str:
    """The text itself if UTF-8 can hold it, else a copy that it can.

    JSON may smuggle in half of a surrogate pair, which no file of ours could store;
    it becomes the replacement character.
    """
    if is_whole(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_whole(text: str) -> bool:
    """Whether UTF-8 can hold a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
