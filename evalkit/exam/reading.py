"""From an exam's folder to the exam, with everything about it checked.

What the schemas cannot say is checked here: that names and sums agree, that answers are
of their types, that rubrics can be marked by. Each error is one line.
"""

import dataclasses
import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from evalkit.exam.files import (
    HEADING,
    QUESTIONS,
    WORKED,
    Place,
    place,
    read_lines,
    read_object,
)
from evalkit.exam.paper import (
    ExamPaper,
    ExamPart,
    Question,
    WorkedExample,
    as_json,
)
from evalkit.grading import FINALS, SchemeError, final_of
from evalkit.registry import unknown

AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
"""How msgspec says what is wrong, and where."""
REMARK = "note"
"""The field of an answer that is a remark for readers, whatever its type."""
REMARKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "number": ("exact",),
        "number_plus_proof": ("exact",),
        "number_set": ("exact",),
        "vector_up_to_scale": ("equivalence",),
        "line_equation": ("equivalence", "form"),
        "table_plus_argument": ("differences",),
    }
)
"""What else answers of a type may say to readers; nothing is marked by it."""


def read_heading(folder: Path) -> ExamPaper:
    """An exam without its questions: what exam.json says."""
    found = read_object(folder, HEADING, "exam")
    where = place(folder, HEADING)
    parts = tuple(ExamPart(**each) for each in found.pop("parts"))
    names = [each.name for each in parts]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise where.wrong(f"parts[{number}].name: another part is {name!r} too")
    notes = tuple(found.pop("notes", ()))
    return ExamPaper(**found, parts=parts, notes=notes)


def read_exam(folder: Path | str) -> ExamPaper:
    """The exam in a folder; a DataError, in one line, if anything is wrong with it."""
    folder = Path(folder)
    paper = read_heading(folder)
    seen: dict[str, int | None] = {}
    questions: list[Question] = []
    for where, found in read_lines(folder, QUESTIONS, "questions"):
        rubric = tuple(found.pop("rubric"))
        question = Question(**found, rubric=rubric)
        first = seen.setdefault(question.number, where.line)
        if first != where.line:
            raise where.wrong(f"number: line {first} is {question.number!r} too")
        check_question(question, paper, where)
        questions.append(question)
    if not questions:
        raise place(folder, QUESTIONS).wrong("holds no questions")
    check_points(paper, questions, place(folder, HEADING))
    return dataclasses.replace(
        paper, questions=tuple(questions), worked=tuple(read_worked(folder))
    )


def read_worked(folder: Path) -> Iterable[WorkedExample]:
    """The worked examples, if there is a file of them."""
    if not (folder / WORKED).exists():
        return
    seen: set[str] = set()
    for where, found in read_lines(folder, WORKED, "worked"):
        example = WorkedExample(**found)
        if example.id in seen:
            raise where.wrong(f"id: another worked example is {example.id!r} too")
        seen.add(example.id)
        if example.answer_type:
            check_answer(example, where)
        yield example


def check_question(question: Question, paper: ExamPaper, where: Place) -> None:
    """Refuse a question that cannot be asked or marked."""
    parts = [each.name for each in paper.parts]
    if question.part not in parts:
        raise where.wrong(f"part: {unknown('part', question.part, parts)}")
    check_answer(question, where)
    check_rubric(question, where)


def check_answer(question: Question | WorkedExample, where: Place) -> None:
    """Refuse an answer that is none of its type."""
    kind = question.answer_type
    if kind not in FINALS:
        raise where.wrong(f"answer_type: {unknown('kind', kind, FINALS)}")
    check_fields(question.answer, kind, where)
    try:
        final = final_of(kind, as_json(question.answer))
        target = final.target
    except msgspec.ValidationError as exc:
        raise where.wrong(answer_problem(str(exc), kind)) from None
    except (ValueError, TypeError, ArithmeticError, LookupError) as exc:
        raise where.wrong(f"answer: is none of the kind {kind!r}: {exc}") from None
    if not target.strip():
        raise where.wrong(f"answer: says nothing for the kind {kind!r}")


def check_fields(answer: Mapping[str, Any], kind: str, where: Place) -> None:
    """Refuse a field that the type has not: a tolerance that is ignored, for one."""
    known = [each.name for each in dataclasses.fields(FINALS[kind])]  # type: ignore[arg-type]  # each of them is a dataclass
    remarks = (REMARK, *REMARKS.get(kind, ()))
    for name in answer:
        if name not in known and name not in remarks:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            raise where.wrong(
                f"answer: no field named {name!r}.{meant} A {kind!r} has: "
                f"{', '.join(known)}; and {REMARK!r} for remarks"
            )


def answer_problem(said: str, kind: str) -> str:
    """What msgspec says of an answer, with the field in front."""
    found = AT.match(said)
    what, path = (found["what"], found["path"] or "") if found else (said, "")
    words = what.replace("`", "'")
    lacks = re.fullmatch(r"Object missing required field '(?P<name>\w+)'", words)
    if lacks:
        return f"answer{path}: has no field {lacks['name']!r}, as a {kind!r} must"
    return f"answer{path}: {words[:1].lower()}{words[1:]}, for a {kind!r}"


def check_rubric(question: Question, where: Place) -> None:
    """Refuse a rubric that does not add up, or that answers cannot be marked by."""
    worth = math.fsum(each["points"] for each in question.rubric)
    if worth != question.points:
        raise where.wrong(
            f"rubric: its steps add up to {worth:g} points, and the question is worth "
            f"{question.points:g}"
        )
    for number, step in enumerate(question.rubric, start=1):
        for needed in step.get("needs", ()):
            if needed >= number:
                why = "there is none" if needed > len(question.rubric) else "not before"
                raise where.wrong(
                    f"rubric[{number - 1}].needs: step {number} can only need steps "
                    f"before it, and not {needed} ({why})"
                )
    try:
        _ = question.scheme
    except SchemeError as exc:
        raise where.wrong(scheme_problem(exc)) from None


def scheme_problem(error: SchemeError) -> str:
    """What is wrong with a rubric, with the field in front."""
    if error.step is None:
        return f"rubric: {error.what}"
    return f"rubric[{error.step - 1}].check: {error.what} (in step {error.step})"


def check_points(paper: ExamPaper, questions: Sequence[Question], where: Place) -> None:
    """Refuse parts without questions, and sums that do not agree."""
    worth = [
        part_worth(part, problems_of(part, questions), f"parts[{number}]", where)
        for number, part in enumerate(paper.parts)
    ]
    if math.fsum(worth) != paper.points:
        pairs = zip(paper.parts, worth, strict=True)
        sums = ", ".join(f"{part.name}: {points:g}" for part, points in pairs)
        raise where.wrong(
            f"points: the exam is worth {paper.points:g}, and its questions add up to "
            f"{math.fsum(worth):g} ({sums})"
        )


def problems_of(part: ExamPart, questions: Iterable[Question]) -> Mapping[str, float]:
    """A part's problems and what each is worth."""
    problems: dict[str, float] = {}
    for each in questions:
        if each.part == part.name:
            problems[each.problem] = problems.get(each.problem, 0.0) + each.points
    return problems


def part_worth(
    part: ExamPart, problems: Mapping[str, float], field: str, where: Place
) -> float:
    """What a part can earn, with no more problems counted than are to be chosen."""
    if not problems:
        raise where.wrong(f"{field}: no question is of part {part.name!r}")
    if part.choose is None:
        return math.fsum(problems.values())
    if part.choose > len(problems):
        raise where.wrong(
            f"{field}.choose: {part.choose} of {len(problems)} problems cannot be "
            "chosen"
        )
    if len(set(problems.values())) > 1:
        each = ", ".join(f"{name}: {points:g}" for name, points in problems.items())
        raise where.wrong(
            f"{field}.choose: problems to choose from must be worth the same ({each})"
        )
    return part.choose * next(iter(problems.values()))
