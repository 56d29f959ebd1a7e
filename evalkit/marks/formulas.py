"""LaTeX formulas as MathML, for a page that must not trust them.

What models write goes through `latex2mathml`; what comes out is written anew from a
list of elements and attributes that can neither run, load, hide nor cover anything.
What cannot be set is None: the page then shows its source.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from evalkit.text import visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST = 2000
DEEPEST = 60

REFUSED = re.compile(
    # These define words or double their arguments: a line can grow without bound.
    r"\\(?:newcommand|renewcommand|providecommand|def|DeclareMathOperator"
    r"|newenvironment|sideset"
    # These draw, address or hide, which no answer needs to.
    r"|skew|unicode|rule|href|class|style|[hv]?phantom)(?![A-Za-z])"
)
PERCENT = re.compile(r"(?<!\\)%")
"""What starts a comment in LaTeX, but is a percentage in what models write."""

ALIGNED = re.compile(
    r"\\(begin|end)\s*\{(?:aligned|alignedat|gather|gathered|eqnarray|multline)\*?\}"
)
UNNUMBERED = re.compile(r"\\(begin|end)\s*\{align\}")
BARE = re.compile(r"\\(?:begin|end)\s*\{(?:equation|displaymath|math)\*?\}")
RARE = str.maketrans({"⧵": "∖"})
"""Signs that few fonts have, and what stands for them."""
ENTITY = re.compile(r"&#x([0-9A-Fa-f]{1,6});")

ELEMENTS = (
    " math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts none mtable mtr mtd mstyle mpadded menclose "
    "merror "
)
ATTRIBUTES = {
    "display": r"block|inline",
    "displaystyle": r"true|false",
    "scriptlevel": r"[+-]?[0-3]",
    "mathvariant": r"[a-z-]{1,30}",
    "stretchy": r"true|false",
    "fence": r"true|false",
    "separator": r"true|false",
    "largeop": r"true|false",
    "movablelimits": r"true|false",
    "accent": r"true|false",
    "accentunder": r"true|false",
    "form": r"prefix|infix|postfix",
    "linebreak": r"newline",
    "linethickness": r"0|[01](?:\.\d)?(?:pt|em|px)",
    "notation": r"[a-z ]{1,40}",
    "columnalign": r"(?:left|right|center|l|r|c)(?: (?:left|right|center))*",
    "width": r"[0-3]?(?:\.\d{1,4})?em",
    "minsize": r"[0-3](?:\.\d{1,4})?em",
    "maxsize": r"[0-3](?:\.\d{1,4})?em",
}


@lru_cache(maxsize=4096)
def mathml(source: str, *, display: bool) -> str | None:
    """A formula as MathML, None if it cannot be set."""
    if len(source) > LONGEST or not source.strip() or REFUSED.search(source):
        return None
    # Its table of symbols takes a moment to read, and only pages need it.
    from latex2mathml.converter import convert_to_element

    try:
        element = convert_to_element(
            prepared(source), display="block" if display else "inline"
        )
        return "".join(written(element, 0))
    except Exception:  # whatever it trips over, the source is shown
        return None


def prepared(source: str) -> str:
    """A source in the words that the converter knows."""
    source = BARE.sub("", PERCENT.sub(r"\\%", source))
    source = ALIGNED.sub(r"\\\1{align*}", source)
    return UNNUMBERED.sub(r"\\\1{align*}", source)


def written(element: "Element", depth: int) -> Iterator[str]:
    """An element and all within it, as far as they are on the lists."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    tag = element.tag if f" {element.tag} " in ELEMENTS else "mrow"
    attributes = "".join(
        f' {name}="{escape(value)}"'
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and re.fullmatch(ATTRIBUTES[name], value)
    )
    yield f"<{tag}{attributes}>"
    yield shown(element.text)
    for child in element:
        yield from written(child, depth + 1)
        yield shown(child.tail)
    yield f"</{tag}>"


def shown(text: str | None) -> str:
    """A text with the converter's own entities as letters, and then made harmless."""
    if not text:
        return ""
    plain = ENTITY.sub(lambda match: chr(int(match[1], 16)), text)
    return escape(visible(plain).translate(RARE))
