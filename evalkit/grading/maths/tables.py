r"""The many spellings of mathematics, each with the one sign it is read as."""

from collections.abc import Mapping
from types import MappingProxyType

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₙₖ", "0123456789nk", strict=True))
VULGAR = {
    **{"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4"},
    **{"⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6"},
    **{"⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅐": "1/7", "⅑": "1/9"},
}
SPACES = "\u00a0\u2002\u2003\u2009\u200a\u202f\u3000\u2062"
NOTHING = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
GREEK_LETTERS = "αβγδεζηθκλμνξρστφχψωΓΔΘΛΣΦΨΩ"
GREEK_SPELLED = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "rho",
    "sigma",
    "tau",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Sigma",
    "Phi",
    "Psi",
    "Omega",
]
UNICODE: Mapping[int, str] = MappingProxyType(
    {
        **{ord(each): "-" for each in "−‐‑‒–—﹣－"},
        **{ord(each): "*" for each in "×·⋅∙✕＊"},
        **{ord(each): " " for each in SPACES},
        **{ord(each): "" for each in NOTHING},
        **{ord(a): b for a, b in zip("（），；：！", "(),;:!", strict=True)},
        **{ord(each): chr(48 + i) for i, each in enumerate("０１２３４５６７８９")},
        **{ord(each): f"\\frac{{{v[0]}}}{{{v[2]}}}" for each, v in VULGAR.items()},
        **{ord("÷"): "/", ord("∕"): "/", ord("⁄"): "/", ord("∶"): ":"},
        **{ord("＋"): "+", ord("＝"): "=", ord("％"): "%", ord("、"): ","},
        **{ord("′"): "'", ord("’"): "'", ord("″"): "''", ord("º"): "°"},
        **{ord("⩽"): "≤", ord("⩾"): "≥", ord("≦"): "≤", ord("≧"): "≥"},
        **{
            ord(a): f"\\{b} " for a, b in zip(GREEK_LETTERS, GREEK_SPELLED, strict=True)
        },
        **{ord("｛"): "\\{", ord("｝"): "\\}", ord("｜"): "|", ord("∣"): "|"},
    }
)
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "sfrac"), "frac"),
        **dict.fromkeys(("binom", "dbinom", "tbinom"), "binom"),
        **dict.fromkeys(("cdot", "times", "ast", "bullet"), "*"),
        **dict.fromkeys(("le", "leq", "leqslant", "leqq"), "≤"),
        **dict.fromkeys(("ge", "geq", "geqslant", "geqq"), "≥"),
        **dict.fromkeys(("ne", "neq", "not="), "≠"),
        **dict.fromkeys(("approx", "simeq", "thickapprox", "sim", "cong"), "≈"),
        **dict.fromkeys(("to", "rightarrow", "mapsto", "longrightarrow"), "→"),
        **dict.fromkeys(("vert", "lvert", "rvert", "mid"), "|"),
        **dict.fromkeys(("{", "lbrace"), "⦃"),
        **dict.fromkeys(("}", "rbrace"), "⦄"),
        **dict.fromkeys(("dots", "ldots", "cdots"), "…"),
        **dict.fromkeys(("circ", "degree"), "°"),
        **dict.fromkeys(("varnothing", "emptyset"), "∅"),
        **dict.fromkeys(("implies", "Rightarrow", "iff", "Leftrightarrow"), "⇒"),
        **dict.fromkeys(("land", "wedge"), "∧"),
        **dict.fromkeys(("lor", "vee"), "∨"),
        **dict.fromkeys(("langle",), "("),
        **dict.fromkeys(("rangle",), ")"),
        **{"sqrt": "√", "surd": "√", "pi": "π", "div": "/", "pm": "±", "mp": "∓"},
        **{"lt": "<", "gt": ">", "in": "∈", "cup": "∪", "cap": "∩"},
        **{"infty": "∞", "infin": "∞", "setminus": "∖", "backslash": "∖"},
        **{"lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "over": "over"},
        **{"%": "%", "equiv": "≡", "colon": ":", "prime": "'", "\\": "\\\\", "&": "&"},
        **{"sum": "sum", "prod": "prod", "int": "int", "lim": "lim", "pmod": "pmod"},
        **{"bmod": "mod", "mod": "mod", "ell": "ℓ", "notin": "∉"},
        **{"$": "money", "pounds": "£", "euro": "€", "yen": "¥"},
        **{"#": "#", "deg": "°"},
        **{"newline": "\\\\", "cr": "\\\\", "infinity": "∞", "subset": "∈"},
    }
)
# Commands that lay out and mean nothing.
LAYOUT_NAMES = """
, ; : ! > / quad qquad left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr
displaystyle textstyle limits nolimits hspace vspace hfill ( ) [ ] rm bf it middle
boldsymbol mathbf mathit mathsf mathcal mathscr bm vec hat tilde underline boxed text
textbf textit textrm mathrm mbox operatorname fbox color noindent Large LARGE huge
checkmark square blacksquare qed widehat overrightarrow overleftarrow overline bar dot
cline hline therefore because small large normalsize bold scriptstyle mathop phantom
"""

FUNCTION_NAMES = """
sin cos tan cot sec csc arcsin arccos arctan asin acos atan arccot sinh cosh tanh
exp ln log lg sqrt abs gcd lcm min max floor ceil det sgn
"""

GREEK_NAMES = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda
mu nu xi rho sigma tau upsilon phi varphi chi psi omega hbar Gamma Delta Theta Lambda Xi
Pi Sigma Phi Psi Omega triangle angle
"""
LAYOUT = frozenset(LAYOUT_NAMES.split())
FUNCTIONS = frozenset(FUNCTION_NAMES.split())
GREEK = frozenset(GREEK_NAMES.split())
SPELLED = MappingProxyType({"pi": "π", "infty": "∞", "oo": "∞", "inf": "∞"})
RELATIONS = MappingProxyType(
    {"<=": "≤", "=<": "≤", ">=": "≥", "!=": "≠", "=>": "⇒", "==": "=", "**": "^"}
)
BOARD = MappingProxyType({"R": "ℝ", "Z": "ℤ", "N": "ℕ", "Q": "ℚ", "C": "ℂ"})
BASES = MappingProxyType(
    {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
    | {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "sixteen": 16}
)
