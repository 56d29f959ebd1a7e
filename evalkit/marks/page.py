"""A marking sheet as one HTML file: to mark in any browser, offline, or to print.

The page may run one script, which its policy names by digest, and load nothing.
"""

import base64
import hashlib
import string
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from evalkit.marks.csv_sheet import LONGEST
from evalkit.marks.prose import prose
from evalkit.marks.sheet import Row, readable
from evalkit.report.words import points
from evalkit.titles import Titles
from evalkit.types import SampleResult

FRAME = string.Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src '$script_digest'; style-src '$style_digest'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Marking sheet: $task</title>
<style>$style</style>
</head>
<body data-sheet="$sheet">
<header>
<h1>Marking sheet: $task</h1>
$title<p>$answers answers to $questions questions. Give each answer the points that its
steps earn by the rubric, whole or half, and never more than the question is worth. A
right step that follows from an earlier slip keeps its points. Nothing here tells which
model wrote an answer, and nothing leaves this page: your marks stay in this browser,
under your name and for this file, until you download them.</p>
<p class="who"><label>Your name <input id="marker" autocomplete="off" maxlength="80">\
</label> <span id="nameless">is needed before you can mark.</span></p>
</header>
<p class="bar"><output id="state"></output>
<button type="button" id="next">Next without points</button>
<button type="button" id="download">Download CSV</button>
<button type="button" id="clear">Clear all</button></p>
<main>
$body
</main>
<script>$script</script>
</body>
</html>
""")
QUESTION = string.Template("""\
<section class="question">
<h2>Question $number <span class="worth">$worth points</span></h2>
$part<div class="asked">$question</div>
<div class="key">
<div class="reference"><h3>Reference</h3>$reference</div>
<div class="rubric"><h3>Rubric</h3><table>$rubric</table></div>
</div>
$rows
</section>""")
ANSWER = string.Template("""\
<article class="answer" data-id="$id" data-number="$number" data-worth="$worth">
<h3>Question $number, answer $place of $count</h3>
<div class="columns">
<div class="written">$answer</div>
<aside><table>$rubric</table></aside>
</div>
$reasoning<details><summary>As it was written</summary><pre>$source</pre></details>
<p class="marking"><label>Points <input class="points" inputmode="decimal" \
autocomplete="off" size="4"> of $worth</label>
<label class="comment">Comment <input class="comment" autocomplete="off"></label>
<span class="problem" role="status"></span> <span class="id">$id</span></p>
</article>""")


def page(
    task: str, questions: Sequence[Sequence[Row]], titles: Titles | None = None
) -> bytes:
    """The sheet as a page that holds everything it needs."""
    titles = titles or Titles()
    script, style = part("page.js"), part("page.css")
    ids = "".join(sorted(row.id for rows in questions for row in rows))
    return FRAME.substitute(
        task=escape(task),
        title=paragraph(titles.task),
        script=script,
        style=style,
        script_digest=digest(script),
        style_digest=digest(style),
        sheet=hashlib.sha256(ids.encode()).hexdigest()[:16],
        answers=sum(map(len, questions)),
        questions=len(questions),
        body="\n".join(question(rows, titles) for rows in questions),
    ).encode()


def part(name: str) -> str:
    """A file that lies beside this module."""
    return files("evalkit.marks").joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """How a policy names what it allows."""
    hashed = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(hashed).decode()}"


def paragraph(title: str) -> str:
    """A title, where there is one."""
    return f'<p class="title">{escape(readable(title))}</p>\n' if title else ""


def question(rows: Sequence[Row], titles: Titles) -> str:
    """A question with all the answers to it."""
    first = rows[0]
    result = first.result
    return QUESTION.substitute(
        number=escape(readable(result.id)),
        worth=points(result.max_points),
        part=paragraph(part_of(result, titles)),
        question=prose(readable(result.question)),
        reference=prose(readable(result.target)),
        rubric=rubric(first),
        rows="\n".join(
            answer(row, place, len(rows)) for place, row in enumerate(rows, start=1)
        ),
    )


def part_of(result: SampleResult, titles: Titles) -> str:
    """The part of the exam that a question is of, where the parts have titles."""
    name = result.metadata.get("part", "")
    return f"Part {titles.part(name)}" if name in titles.parts else ""


def answer(row: Row, place: int, count: int) -> str:
    """An answer, with room for its points."""
    text = row.answer
    return ANSWER.substitute(
        id=row.id,
        number=escape(readable(row.result.id)),
        worth=points(row.result.max_points),
        place=place,
        count=count,
        answer=f"<p><em>{row.lack}</em></p>" if row.lack else prose(text),
        source=escape(text),
        rubric=rubric(row),
        reasoning=folded(row.reasoning),
    )


def folded(reasoning: str) -> str:
    """What a model thought before it answered, out of the way."""
    if not reasoning.strip():
        return ""
    shown = reasoning[: 4 * LONGEST]
    return (
        "<details><summary>Thought before the answer (not to be marked)</summary>"
        f"<pre>{escape(shown)}</pre></details>\n"
    )


def rubric(row: Row) -> str:
    """The steps with their points."""
    return "".join(
        f"<tr><td>{points(each.points)}</td><td>{prose(readable(each.step))}</td></tr>"
        for each in row.rubric
    )
