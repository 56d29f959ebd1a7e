"""One plain notation for what models write in LaTeX, Unicode and Markdown.

After `plain`, commands that carry meaning are single characters: ``⁄`` opens a
fraction of two groups, ``√`` a root, ``⦃ ⦄`` are the braces of a set, while ``{ }``
only group. Wrappers such as ``\\mathbf`` are gone and their groups stay.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
ACCENTS = "\u0302\u0305\u20d7\u20d1\u200b\u2060\ufeff"
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉₊₋ₙ"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]{1,20}")
VULGAR = {
    **{"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4"},
    **{"⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6"},
    **{"⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"},
}

CHARACTERS: Mapping[int, str] = MappingProxyType(
    {
        **{ord(each): " " for each in SPACES + "\u200a\u202f\u205f\u3000\t$`"},
        **{ord(each): "-" for each in DASHES},
        **{ord(each): "" for each in ACCENTS + SUBSCRIPTS},
        **{ord(each): "*" for each in "×·⋅∙✕"},
        **{ord(each): "≈" for each in "≅≃≐∼"},
        **{ord(each): "→" for each in "↔⟷⟶"},
        **{ord(each): "⇒" for each in "⟹⟺⇔∴"},
        **{ord(each): f" {value}" for each, value in VULGAR.items()},
        ord("÷"): "/",
        ord("⟨"): "<",
        ord("⟩"): ">",
    }
)

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "sfrac"), "⁄"),
        **dict.fromkeys(("cdot", "times", "ast"), "*"),
        **dict.fromkeys(("approx", "simeq", "cong", "sim", "doteq"), "≈"),
        **dict.fromkeys(("leq", "le", "leqslant"), "≤"),
        **dict.fromkeys(("geq", "ge", "geqslant"), "≥"),
        **dict.fromkeys(("to", "rightarrow", "leftrightarrow"), "→"),
        **dict.fromkeys(("Rightarrow", "implies", "iff", "Leftrightarrow"), "⇒"),
        **dict.fromkeys(("{", "lbrace"), "⦃"),
        **dict.fromkeys(("}", "rbrace"), "⦄"),
        **dict.fromkeys(("dots", "ldots", "cdots"), "…"),
        **dict.fromkeys((",", ";", ":", "!", " ", "quad", "qquad"), " "),
        **dict.fromkeys(("(", ")", "[", "]", "$"), " "),
        **{"sqrt": "√", "pi": "π", "div": "/", "pm": "±", "circ": "°", "%": "%"},
        **{"lt": "<", "gt": ">", "langle": "<", "rangle": ">"},
        **{"in": "∈", "notin": "∉"},
        **{"nmid": "∤", "mid": "|", "neq": "≠", "ne": "≠", "&": " ", "\\": "; "},
        **{"ln": "ln", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan"},
    }
)

TEXT = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mbox|operatorname)\s?{([^{}]{0,200})}"
)
COMMAND = re.compile(r"\\([A-Za-z]{1,20}|.)", re.DOTALL)
MATRIX = re.compile(r"\\(begin|end){(?:[bpv]?matrix|array)}(?:{[clr|]{1,6}})?")
TIMES_TEN = re.compile(r"(?<=\d)\s?[xX]\s?(?=10\s?\^)")
POWER = re.compile(r"(?<=[0-9A-Za-z)])\*\*(?=\d)")
SUBSCRIPT = re.compile(r"(?<=[0-9A-Za-z)}])_(?:\{[^{}]{0,20}\}|\d{1,4}|[A-Za-z])")
WORDS = re.compile(r"(?<![A-Za-z])(?:sqrt|pi)(?![A-Za-z])")


def plain(text: str) -> str:
    """Text in the plain notation; the words between the formulas stay as they are."""
    text = MATRIX.sub(lambda m: "(" if m[1] == "begin" else ")", text)
    text = TEXT.sub(r"\1", text)
    text = COMMAND.sub(lambda m: SYMBOLS.get(m[1], ""), text)
    text = RAISED.sub(raised, text.translate(CHARACTERS))
    text = text.replace("{,}", ",").replace("^°", "°").replace("^{°}", "°")
    text = TIMES_TEN.sub("*", POWER.sub("^", text).replace("**", ""))
    text = SUBSCRIPT.sub("", text)
    return WORDS.sub(lambda m: "√" if m[0] == "sqrt" else "π", text)


def raised(match: re.Match[str]) -> str:
    """A row of superscripts as one exponent."""
    exponent = match[0].translate(SUPERSCRIPTS)
    return f"^{exponent}" if len(exponent) == 1 else f"^{{{exponent}}}"
