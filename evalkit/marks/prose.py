"""What a model wrote, as HTML: its formulas set, its paragraphs and tables kept.

Only what helps a reader is made of its Markdown: bold words, code, tables, headings,
and the indents of lists, whose numbers and dashes stay as they are. Everything is
escaped; no mark of the text becomes markup of the page in any other way.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from evalkit.marks.formulas import mathml

LONGEST = 40_000
"""Characters; a longer text is shown as it is."""

OPEN, CLOSE, ALONE = "\ue000", "\ue001", "\ue002"
"""Around the number of a piece that is set already; the last opens one that stands in
lines of its own. A readable text has none of them."""

PIECES = re.compile(
    r"""
      ^[ ]{0,3}```[^\n`]{0,80}\n(?P<fence>.{0,20000}?)(?:\n[ ]{0,3}```[ ]*$|\Z)
    | (?<!\\)\$\$(?P<dollars>.{1,2000}?)(?<!\\)\$\$
    | \\\[(?P<brackets>.{1,2000}?)\\\]
    | \\\((?P<parentheses>.{1,2000}?)\\\)
    | (?P<environment>\\begin\{(?P<name>align|equation|gather|eqnarray|multline|cases
        |[pbvBV]?matrix|array|displaymath|math)(?P<star>\*?)\}.{0,2000}?
        \\end\{(?P=name)(?P=star)\})
    | (?<!\\)\$(?P<dollar>[^\s$](?:[^$\n]{0,1000}?[^\s$\\])?)\$(?!\d)
    | `(?P<code>[^`\n]{1,1000})`
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
BOLD = re.compile(r"\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*")
HEADING = re.compile(r" {0,3}#{1,6} +(.*?) *#* *")
ITEM = re.compile(r"( *)((?:[-*+•]|\(?[0-9a-zA-Z]{1,3}[.)]) +)(.*)")
RULE = re.compile(r" *\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")
RULED_OFF = re.compile(r" {0,3}(?:-{3,}|\*{3,}|_{3,}) *")
PLACE = re.compile(f"[{OPEN}{ALONE}](\\d+){CLOSE}")


def prose(text: str) -> str:
    """A readable text as HTML."""
    if len(text) > LONGEST:
        return f"<pre>{escape(text)}</pre>"
    set_already: list[str] = []

    def keep(match: re.Match[str]) -> str:
        number = len(set_already)
        set_already.append(piece(match))
        if match["fence"] is None:
            return f"{OPEN}{number}{CLOSE}"
        return f"{ALONE}{number}{CLOSE}"

    rest = PIECES.sub(keep, text).replace(r"\$", "$")
    kept = escape(rest, quote=False)
    page = "\n".join(blocks(kept.split("\n")))
    return PLACE.sub(lambda match: set_already[int(match[1])], page)


def piece(match: re.Match[str]) -> str:
    """Code or a formula, set; its source where it cannot be."""
    groups = match.groupdict()
    if groups["fence"] is not None:
        return f"<pre>{escape(groups['fence'])}</pre>"
    if groups["code"] is not None:
        return f"<code>{escape(groups['code'])}</code>"
    inline = groups["dollar"] or groups["parentheses"]
    source = (
        inline or groups["dollars"] or groups["brackets"] or groups["environment"] or ""
    )
    formula = mathml(source, display=inline is None)
    return formula or f'<code class="source">{escape(match[0])}</code>'


def blocks(lines: Sequence[str]) -> Iterator[str]:
    """Escaped lines as paragraphs, items, headings and tables."""
    paragraph: list[str] = []
    place = 0
    while place < len(lines):
        rows = table_rows(lines, place)
        if rows:
            yield from ended(paragraph)
            yield table(lines[place : place + rows])
            place += rows
            continue
        single = single_line(lines[place])
        if single is None:
            paragraph.append(lines[place])
        else:
            yield from ended(paragraph)
            yield single
        place += 1
    yield from ended(paragraph)


def single_line(line: str) -> str | None:
    """The HTML of a line that stands for itself; None for one of a paragraph."""
    if not line.strip():
        return ""
    if line.startswith(ALONE):
        return line
    if RULED_OFF.fullmatch(line):
        return "<hr>"
    heading = HEADING.fullmatch(line)
    if heading:
        return f'<p class="heading">{inline(heading[1])}</p>'
    item = ITEM.fullmatch(line)
    if item:
        level = min(len(item[1]) // 2, 4)
        mark = "• " if item[2][0] in "-*+" else item[2]
        return f'<p class="item level{level}">{mark}{inline(item[3])}</p>'
    return None


def ended(paragraph: list[str]) -> Iterator[str]:
    """The paragraph so far, if there is one; its lines stay lines."""
    if paragraph:
        yield f"<p>{'<br>'.join(inline(line) for line in paragraph)}</p>"
        paragraph.clear()


def inline(line: str) -> str:
    """A line with its bold words."""
    return BOLD.sub(r"<strong>\1</strong>", line)


def table_rows(lines: Sequence[str], place: int) -> int:
    """How many lines from here on are a table; 0 if none starts here."""
    if "|" not in lines[place] or place + 1 >= len(lines):
        return 0
    if len(lines[place + 1]) > 500 or not RULE.fullmatch(lines[place + 1]):
        return 0
    end = place + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return end - place


def table(lines: Sequence[str]) -> str:
    """The lines of a table, the second of which only rules."""
    heading, _, *rows = lines
    head = "".join(f"<th>{inline(cell)}</th>" for cell in cells(heading))
    body = "".join(
        f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in cells(row))}</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def cells(line: str) -> list[str]:
    """The cells of a table's line."""
    return [
        cell.strip()
        for cell in line.strip().removeprefix("|").removesuffix("|").split("|")
    ]
