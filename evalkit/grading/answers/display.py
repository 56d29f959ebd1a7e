"""What a text was understood as, in a line for people."""

from evalkit.grading.answers.meanings import (
    Expression,
    Grid,
    Items,
    Letter,
    Meaning,
    Named,
    Numeral,
    Ratio,
    Region,
    Relation,
    Span,
    Words,
)
from evalkit.grading.maths.display import shown

MAX_SHOWN = 400


def described(meaning: Meaning) -> str:
    """The meaning in plain text, cut to a length that a line can hold."""
    text = full(meaning)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def full(meaning: Meaning) -> str:
    match meaning:
        case Expression(node, unit):
            return shown(node) if unit is None else f"{shown(node)} {unit.text}"
        case Numeral(_, text) | Words(text):
            return text
        case Items(parts, brackets):
            inside = ", ".join(full(each) for each in parts)
            return f"{brackets[:1]}{inside}{brackets[1:]}".strip()
        case Span(low, high, has_low, has_high):
            opening, closing = "[" if has_low else "(", "]" if has_high else ")"
            return f"{opening}{shown(low)}, {shown(high)}{closing}"
        case Region(spans):
            return " ∪ ".join(full(each) for each in spans) or "∅"
        case Grid(rows):
            return f"[{'; '.join(', '.join(full(c) for c in row) for row in rows)}]"
        case Relation(sides, signs):
            pairs = zip(signs, sides[1:], strict=True)
            rest = "".join(f" {sign} {full(each)}" for sign, each in pairs)
            return full(sides[0]) + rest
        case Named(name, value):
            return f"{name} = {full(value)}"
        case Ratio(_, texts, half):
            return ":".join(texts) + (f" {half}" if half else "")
        case Letter(letter, text):
            return f"{letter}: {text}" if text else letter
