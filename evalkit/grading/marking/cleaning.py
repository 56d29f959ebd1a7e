r"""Taking the layout off a response, so that its lines are words and mathematics.

Units and asides in brackets go as well: ``15√3 cm² · 3 cm`` is ``15√3 · 3``, and
``10 (choices) * 9 (choices)`` is ``10 * 9``; an aside follows in a line of its own.
"""

import re
from types import MappingProxyType

from evalkit.grading.maths.lexer import normal

MAX_CHARS = 40_000
"""Of a response; what stands before them is not looked at."""
EDGE = re.compile(
    r"\\(?:begin|end)\s?\{[a-zA-Z]{1,16}\*?\}(?:\s?\{[clr|@{} ]{1,40}\})?"
)
WORDED = re.compile(
    r"\\(?:text(?:bf|it|rm|normal|sf|tt)?|mathrm|mbox|operatorname\*?|rm)\s?"
    r"\{([^{}]{0,300})\}"
)
DRESSED = re.compile(
    r"\\(?:math(?:bf|it|cal|sf)|boldsymbol|bm|vec|overrightarrow|overline|hat|bar|boxed"
    r"|fbox|underline)\s?(?=\{|[A-Za-z])"
)
LAID_OUT = re.compile(r"\\(?:left|right|[Bb]igg?[lr]?|displaystyle|limits)(?![A-Za-z])")
GAP = re.compile(r"\\(?:quad|qquad)(?![A-Za-z])")
THIN = re.compile(r"\\[,;:! >]")
SIGNS = (
    (re.compile(r"\\(?:approx|simeq|thickapprox|cong|sim|doteq)(?![A-Za-z])"), " ≈ "),
    (re.compile(r"(?i)\\(?:(?:long)?(?:left)?rightarrow|implies|iff|to)(?!\w)"), "⇒"),
    (re.compile(r"\\therefore(?![A-Za-z])"), " ⇒ "),
    (re.compile(r"\\(?:neq?|not=)(?![A-Za-z])"), " ≠ "),
    (re.compile(r"\\(?:leq?|leqslant)(?![A-Za-z])"), " ≤ "),
    (re.compile(r"\\(?:geq?|geqslant)(?![A-Za-z])"), " ≥ "),
    (re.compile(r"\\(?:dots|ldots|cdots)(?![A-Za-z])|\.\.\."), " … "),
    (re.compile(r"!="), " ≠ "),
    (re.compile(r"\\[{]"), " ⦃ "),
    (re.compile(r"\\[}]"), " ⦄ "),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"=>|⟹|⟺|⇔|→|↔|∴"), " ⇒ "),
    (re.compile(r"[≅≃≐∼]|~(?=\s?\d)"), " ≈ "),
    (re.compile(r"\\(?:log|ln|lg)_\{?(\d{1,3})\}?"), r"\\log_{\1}"),
    (re.compile(r"(?<![A-Za-z\\])log(\d{1,2})\s?(?=\()"), r"log_{\1}"),
)  # fmt: skip
POWER = re.compile(r"(?<=[0-9A-Za-z)])\*\*(?=[\d(a-z])(?!\w+\*\*)")
BULLET = re.compile(r"^[ \t>]*(?:[-*•+]|\(?[a-z\d]{1,2}[.)])[ \t]+(?=\S)", re.MULTILINE)
HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]*", re.MULTILINE)
SUBSCRIPT = re.compile(r"_\{\s{0,3}([^{}]{0,40}?)\s{0,3}\}")
GROUPED = re.compile(
    r"(?<![\d.,])[1-9]\d{0,2}(?:(?:,|\{,\}|\\,|[ \u00a0\u202f\u2009])\d{3})+(?![\d])"
)
INDEXED = re.compile(r"(?<![\w\\^{.])([A-Za-z])(\d{1,2})(?=\s?[=≈])")
PERCENT = re.compile(r"(?<![\d.])(\d{1,9}(?:\.\d{1,16})?)\s?(?:%|percent\b|per cent\b)")
TIMES = re.compile(r"(?<=[\d)}²³])[ ]{0,2}[xX][ ]{0,2}(?=[\d(√\\])")
RATIO = re.compile(r"(?<=\d)[ ]?:[ ]?(?=\d[\d.]{0,12}[ ]?=)")
"""The colon of a division, as it is written in much of Europe."""
CHOOSE = re.compile(
    r"\b(?:n?C|choose|binom|comb)\s?\(\s?(\d{1,3})\s?[,;]\s?(\d{1,3})\s?\)"
)
CHOSEN = (
    re.compile(
        r"(?:\^\{?(\d{1,3})\}?|_\{?(\d{1,3})\}?|\b(\d{1,3}))\s?C\s?_?\{?(\d{1,3})\}?(?![\d(])"
    ),
    re.compile(r"\b()()(\d{1,3})\s{1,2}choose\s{1,2}(\d{1,3})\b"),
)
CHOSEN_SET = re.compile(r"\bC_\{?(\d{1,3})\}?\^\{?(\d{1,3})\}?")
UNIT = re.compile(
    r"(?<=[\d)}°π²³])\s{0,3}(?:(?:square|cubic|sq|cu)\.?\s)?(?:"
    r"(?:centi|milli|deci|kilo)?(?:met(?:er|re)s?|units?)"
    r"|(?:[cmdk]?m|cc)\s?(?:\^\s?\{?[23]\}?|²|³)?(?:\s?/\s?s\s?(?:\^\s?\{?2\}?|²)?)?"
    r"|millions?|Ft|HUF|Fts|forints?|seconds?|sec|s|years?|degrees?|points?|ways|teams"
    r"|balls|cards|dollars?|choices|colou?rs)(?![A-Za-z0-9\\])"
)
SINGLE = MappingProxyType(
    {
        letter: re.compile(
            rf"(?<![\w)}}/\\°π²³.'’])(?<![\d)}}°π²³]\s)(?<!in\s)(?<!\()"
            rf"{letter}(?![\w/²³^'’]|\s?\^)"
        )
        for letter in ("m", "s")
    }
)
"""Units that are names where they stand by themselves, with no number before."""
MONEY = re.compile(r"[€£¥]")
ASIDE = re.compile(r"\(([^()\n]{0,300}[A-Za-z]{3}[^()\n]{0,300})\)")
FACTORIALS = re.compile(r"!(?=\d)")
ARTICLE = re.compile(r"(?<![A-Za-z\\)*^_=+-])\s[aAI](?=\s+\d)")
FUNCTION_WORD = re.compile(
    r"(?:sqrt|frac|cdot|times|binom|sin|cos|tan|log|ln|lg|pi|alpha|beta|circ|div|pm)(?![A-Za-z])"
)
SPOKEN = (
    (re.compile(r"\s?\^\s?\{?\s?\\(?:circ|degree)\s?\}?|\\degree(?![a-z])"), "°"),
    (re.compile(r"\\pm(?![A-Za-z])"), "±"),
    (re.compile(r"\\(?:cdot|times)(?![A-Za-z])"), "·"),
    (re.compile(r"\\[dt]?frac\s?\{([^{}]{1,30})\}\s?\{([^{}]{1,30})\}"), r"\1/\2"),
    (re.compile(r"\\[dt]?frac\s?(\d)\s?(\d)"), r"\1/\2"),
    (re.compile(r"\^\s?\{?\s?(-?\w{1,4})\s?\}?"), r"^\1"),
    (re.compile(r"_\s?\{\s?(\w{1,8})\s?\}"), r"_\1"),
    (re.compile(r"\\sqrt|\bsqrt"), "√"),
    (re.compile(r"\\(?=[A-Za-z])|[{}]"), " "),
)  # fmt: skip
"""Spellings of signs, each with the one that phrases use."""
SPACES = re.compile(r"[ \t\u00a0]{2,}")


def cleaned(text: str) -> str:
    """A response with one notation for everything that a marking looks at."""
    text = without_layout(text[-MAX_CHARS:])
    text = SPACES.sub(" ", one_notation(text))
    return SPACES.sub(" ", without_asides(without_units(text)))


def without_units(text: str) -> str:
    """Numbers without the units behind them; 25m keeps an m that is a name."""
    names = {letter for letter, pattern in SINGLE.items() if pattern.search(text)}
    return UNIT.sub(lambda m: m[0] if m[0].strip() in names else " ", text)


def readable(text: str) -> str:
    """A response as words and signs, for looking for phrases."""
    text = signed(without_layout(text[-MAX_CHARS:]))
    for pattern, sign in SPOKEN:
        text = pattern.sub(sign, text)
    return text.replace("*", "·")


def without_layout(text: str) -> str:
    """Lines of words and formulas, without marks of Markdown and LaTeX."""
    text = EDGE.sub("\n", text).replace("\\\\", "\n").replace("&", " ")
    text = SUBSCRIPT.sub(
        lambda m: "_" + re.sub(r"\W", "", m[1]), WORDED.sub(r" \1 ", text)
    )
    text = re.sub(r"\$\$|\\\[|\\\]", "\n", text)
    text = re.sub(r"\\[()]|[$`]", " ", text)
    text = LAID_OUT.sub(" ", DRESSED.sub(" ", text))
    text = HEADING.sub("", POWER.sub("^", text).replace("**", "").replace("__", " "))
    lines = (table_row(line) for line in text.split("\n"))
    return BULLET.sub("", "\n".join(lines))


def table_row(line: str) -> str:
    """The cells of a row of a table, parted; any other line as it is."""
    return line.replace("|", " ¦ ") if line.count("|") > 1 else line


def one_notation(text: str) -> str:
    """Signs, grouped digits, percentages and binomial coefficients in one spelling."""
    text = GROUPED.sub(lambda m: re.sub(r"\D", "", m[0]), text)
    text = signed(text)
    text = indexed(text)
    text = PERCENT.sub(r"(\1/100)", text)
    text = CHOOSE.sub(r"\\binom{\1}{\2}", text)
    for pattern in CHOSEN:
        text = pattern.sub(
            lambda m: rf"\binom{{{m[1] or m[2] or m[3]}}}{{{m[4]}}}", text
        )
    text = CHOSEN_SET.sub(
        lambda m: (
            rf"\binom{{{max(m[1], m[2], key=int)}}}{{{min(m[1], m[2], key=int)}}}"
        ),
        text,
    )
    text = FACTORIALS.sub("!*", TIMES.sub(" * ", RATIO.sub("/", text)))
    return ARTICLE.sub(" ", MONEY.sub("", text))


def indexed(text: str) -> str:
    """Names with a number behind them as names with an index: t1 as t_1."""
    named = {match[0] for match in INDEXED.finditer(text)}
    if not named:
        return text
    whole = "|".join(sorted(named, key=len, reverse=True))
    return re.sub(rf"(?<![\w\\^{{.])({whole})(?![\w.])", one_index, text)


def one_index(match: re.Match[str]) -> str:
    return f"{match[0][0]}_{match[0][1:]}"


def signed(text: str) -> str:
    """Relations and dots as single signs, Unicode in the lexer's spelling."""
    text = THIN.sub(" ", GAP.sub(" ; ", text))
    for pattern, sign in SIGNS:
        text = pattern.sub(sign, text)
    return normal(text)


def without_asides(text: str) -> str:
    """Remarks in brackets put behind their lines; brackets of formulas stay."""
    lines: list[str] = []
    for line in text.split("\n"):
        asides = [m[1] for m in ASIDE.finditer(line) if is_remark(m[1])]
        kept = ASIDE.sub(lambda m: " " if is_remark(m[1]) else m[0], line)
        lines += [kept, *asides]
    return "\n".join(lines)


def is_remark(text: str) -> bool:
    """Whether a text in brackets has words besides the names of functions."""
    return re.search(r"[A-Za-z]{3}", FUNCTION_WORD.sub(" ", text)) is not None
