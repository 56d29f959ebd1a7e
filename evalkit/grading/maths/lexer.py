r"""Cutting LaTeX, plain mathematics and Unicode into the same tokens.

What only lays out (``\left``, ``\,``, ``\displaystyle``, ``$``) is gone afterwards, and
every way to write a sign is one sign: ``\times``, ``×``, ``\cdot`` and ``*`` are ``*``.
"""

import re

from evalkit.grading.maths.limits import MAX_CHARS, MAX_TOKENS
from evalkit.grading.maths.numerals import GROUPED, UNGROUPED, number
from evalkit.grading.maths.tables import (
    BOARD,
    COMMANDS,
    FUNCTIONS,
    GREEK,
    LAYOUT,
    RELATIONS,
    SPELLED,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    UNICODE,
)
from evalkit.grading.maths.tokens import Token, UnreadableError

REST = (
    r"|(?P<word>\\(?:text(?:bf|it|rm|normal|sf|tt)?|mathrm|mbox|operatorname|mathbb|rm)"
    r"\*?\s?\{(?P<inner>[^{}]{0,400})\})"
    r"|\\(?:textcolor|color|[hv]space\*?|h?phantom|tag)\s?\{[^{}]{0,20}\}"
    r"|(?P<edge>\\(?:begin|end)\s?\{[a-zA-Z]{1,16}\*?\}(?:\s?\{[clr|@{} ]{1,40}\})?)"
    r"|(?P<command>\\(?:[a-zA-Z]+|.))"
    r"|(?P<name>[A-Za-z]+)"
    r"|(?P<relation><=|>=|!=|=<|=>|==|\*\*)"
    r"|(?P<space>\s+)"
    r"|(?P<sign>.)"
)
OPEN_COMMA = re.compile(UNGROUPED + REST, re.DOTALL)
GROUPED_COMMA = re.compile(GROUPED + REST, re.DOTALL)
STYLED_NUMBER = re.compile(
    r"\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox|rm|bf)\s?\{\s?([-−+]?[\d.]+)\s?\}"
)
ROW_GAP = re.compile(r"\\\\\s?\[[\d.]{1,4}\s?(?:pt|em|ex|mm|cm)\]")
RAISED = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
LOWERED = re.compile(f"[{''.join(SUBSCRIPTS)}]+")


def normal(text: str) -> str:
    """Text with Unicode's mathematical signs in their ASCII or LaTeX spelling."""
    if "\\" in text:
        text = STYLED_NUMBER.sub(r" \1", text)
        text = ROW_GAP.sub(r"\\\\ ", text).replace("\\not=", "\\neq ")
    if text.isascii():
        return text
    text = RAISED.sub(
        lambda m: "^{" + "".join(SUPERSCRIPTS[c] for c in m[0]) + "}", text
    )
    text = LOWERED.sub(
        lambda m: "_{" + "".join(SUBSCRIPTS[c] for c in m[0]) + "}", text
    )
    return text.translate(UNICODE)


def tokens(text: str, *, grouped: bool = True) -> list[Token]:
    """The tokens of a text; `grouped` takes the comma of 1,234 as a separator.

    Within brackets a bare comma never groups digits: (1,234) is a pair.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableError("too long")
    text = normal(text)
    found: list[Token] = []
    place, depth, spaced = 0, 0, False
    while place < len(text):
        pattern = GROUPED_COMMA if grouped and depth == 0 else OPEN_COMMA
        match = pattern.match(text, place)
        if match is None:
            raise UnreadableError("not a token")
        place = match.end()
        kind = match.lastgroup
        if kind == "space":
            spaced = True
            continue
        token: Token | None
        if match["number"] or match["continental"]:
            token, place = number(match, text, spaced)
        else:
            token = other(match, spaced)
        if token is None:
            spaced = spaced or kind == "command"
            continue
        depth += (token.text in "([⦃") - (token.text in ")]⦄") if token.text else 0
        depth = max(depth, 0)
        found.append(token)
        spaced = False
        if len(found) > MAX_TOKENS:
            raise UnreadableError("too many tokens")
    return found


def other(match: re.Match[str], spaced: bool) -> Token | None:
    """Anything but a number; None for what only lays out."""
    if match["word"] is not None:
        return worded(match["word"], match["inner"], spaced)
    if match["edge"]:
        kind = "begin" if match["edge"].startswith("\\begin") else "end"
        return Token(kind, match["edge"].partition("{")[2].partition("}")[0], spaced)
    if match["command"]:
        return command(match["command"][1:], spaced)
    if match["name"]:
        name = match["name"]
        if name in SPELLED:
            return Token("sign", SPELLED[name], spaced)
        return Token("name", name, spaced)
    if match["relation"]:
        return Token("sign", RELATIONS[match["relation"]], spaced)
    sign = match["sign"]
    if sign is None or sign in "$~`\u0000":
        return None
    return Token("sign", sign, spaced)


def worded(word: str, inner: str, spaced: bool) -> Token | None:
    r"""What a \text holds: letters that mean themselves, or words."""
    inner = inner.strip(" ~\t\n")
    if word.startswith("\\mathbb"):
        return Token("sign", BOARD.get(inner, inner), spaced)
    if not inner:
        return None
    if inner in FUNCTIONS or (
        len(inner) == 1 and word.startswith(("\\mathrm", "\\rm"))
    ):
        return Token("name", inner, True)
    return Token("word", inner, True)


def command(name: str, spaced: bool) -> Token | None:
    """A LaTeX command as a sign or name; None for what only lays out."""
    if name in LAYOUT:
        return None
    if (sign := COMMANDS.get(name)) is not None:
        kind = "name" if sign in ("mod",) else "sign"
        return Token(kind, sign, spaced)
    if name in FUNCTIONS or name in GREEK:
        return Token("name", name, True)
    if name.isspace():
        return None
    raise UnreadableError(f"unknown command \\{name[:20]}")
