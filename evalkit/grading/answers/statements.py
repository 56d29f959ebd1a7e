"""What a whole answer means: lists, relations, intervals, matrices, quantities."""

from collections.abc import Sequence
from dataclasses import replace

from evalkit.grading.answers.brackets import enclosed, split, turned
from evalkit.grading.answers.clocks import clock
from evalkit.grading.answers.intervals import LEAST, MOST, REALS, spans_of
from evalkit.grading.answers.meanings import (
    Expression,
    Grid,
    Items,
    Meaning,
    Numeral,
    Region,
    Relation,
    Span,
    Words,
)
from evalkit.grading.answers.naming import is_word, named, naming, unstyled
from evalkit.grading.answers.quantities import quantity
from evalkit.grading.answers.units import Unit
from evalkit.grading.answers.words import is_prose
from evalkit.grading.maths.limits import MAX_ITEMS
from evalkit.grading.maths.nodes import Negative, Num, names
from evalkit.grading.maths.tokens import Token, UnreadableError, sign

RELATION_SIGNS = frozenset("=<>≤≥≠≈≡∈")
SEPARATORS = frozenset((",", ";", "\\\\", "∨", "∧"))
EITHER = frozenset(("or", "∨", ", or", "或"))
JOINING = frozenset(
    ("and", "or", "and/or", ", and", ", or", "or else", "&", "和", "或")
)
MATRICES = frozenset(
    ("matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array")
)


def statement(found: Sequence[Token]) -> list[Meaning]:
    """The readings of a whole answer."""
    found = turned(trimmed(found))
    if not found:
        raise UnreadableError("nothing there")
    if listed := spaced_list(found):
        return [listed]
    if ratio := clock(found):
        return [ratio]
    pieces, separators = split(found, separates)
    if len(pieces) == 1:
        return relation(pieces[0])
    either = any(each.text.strip().lower() in EITHER for each in separators)
    return [replace(items(pieces, ""), either=either)]


def trimmed(found: Sequence[Token]) -> list[Token]:
    """Tokens without the signs that may stand around an answer."""
    start, end = 0, len(found)
    while start < end and sign(found[start], "=", "≈", ":", ".", ","):
        start += 1
    while end > start and sign(found[end - 1], ".", ",", ";", ":", "\\\\", "#", "="):
        end -= 1
    return list(found[start:end])


def separates(token: Token) -> bool:
    if token.kind == "sign":
        return token.text in SEPARATORS
    return token.kind in ("name", "word") and token.text.lower().strip() in JOINING


def items(pieces: Sequence[Sequence[Token]], brackets: str) -> Items:
    """Several statements as one meaning; nothing may stand between two commas."""
    if len(pieces) > MAX_ITEMS:
        raise UnreadableError("too many items")
    kept = [each for each in pieces if each]
    if not kept:
        raise UnreadableError("nothing there")
    return Items(tuple(single(each) for each in kept), brackets)


def single(found: Sequence[Token]) -> Meaning:
    """The likeliest reading of one item."""
    return relation(trimmed(found))[0]


def spaced_list(found: Sequence[Token]) -> Meaning | None:
    """Numbers with nothing but spaces between them."""
    numbers = [each for each in found if each.kind == "number"]
    if len(numbers) < 2 or any(
        each.kind != "number" and not sign(each, "-") for each in found
    ):
        return None
    nodes: list[Meaning] = []
    negative = False
    for place, each in enumerate(found):
        if each.kind == "number":
            node = Num(each.value, each.places, each.digits, each.decimal)
            nodes.append(Expression(Negative(node) if negative else node))
            negative = False
            continue
        after = found[place + 1] if place + 1 < len(found) else None
        if negative or after is None or after.spaced or (place and not each.spaced):
            return None
        negative = True
    return Items(tuple(nodes), " ")


def relation(found: Sequence[Token]) -> list[Meaning]:
    """Sides with relation signs between them, or a term alone."""
    pieces, signs = split(found, lambda each: sign(each, "⇒", "→"))
    if signs:
        found = pieces[-1]
    sides, signs = split(found, lambda each: sign(each, *RELATION_SIGNS))
    texts = [each.text for each in signs]
    if not signs and any(sign(each, "pmod") for each in found):
        return [congruence(found)]
    if not signs:
        return term(found)
    if "≡" in texts:
        return [named(sides[0], congruence(sides[1]))]
    if "∈" in texts:
        return [named(sides[0], term(sides[1])[0])]
    if set(texts) == {"≈"}:
        return approximate(sides)
    if "≈" in texts:
        end = texts.index("≈")
        sides, texts = sides[: end + 1], texts[:end]
    if set(texts) == {"="}:
        return equation(sides)
    return [Relation(tuple(term(each)[0] for each in sides), tuple(texts))]


def approximate(sides: Sequence[Sequence[Token]]) -> list[Meaning]:
    """A name for a rounded value, or an exact value that is also given rounded."""
    value = term(sides[-1])[0]
    if naming(sides[0]) or (is_value(value) and not is_value(term(sides[0])[0])):
        return [named(sides[0], value)]
    return term(sides[0])


def is_value(meaning: Meaning) -> bool:
    return isinstance(meaning, Expression) and not names(meaning.node)


def congruence(found: Sequence[Token]) -> Meaning:
    """A residue, its modulus left out."""
    for place, each in enumerate(found):
        if each.text in ("mod", "pmod"):
            end = place - 1 if place and sign(found[place - 1], "(") else place
            residue = term(found[:end])[0]
            modulus = "".join(part.text for part in found[place + 1 :]).strip("{}() ")
            if isinstance(residue, Expression) and residue.unit is None:
                return replace(residue, unit=Unit("residue", None, f"mod {modulus}"))
            return residue
    return term(found)[0]


def equation(sides: Sequence[Sequence[Token]]) -> list[Meaning]:
    """An equation, or a value with a name before it."""
    sides = [unstyled(each) for each in sides]
    if naming(sides[0]):
        return [named(sides[0], value) for value in term(sides[-1])]
    if len(sides) == 2 and len(sides[1]) == 1 and naming(sides[1]):
        return [named(sides[1], term(sides[0])[0])]
    meanings = tuple(term(each)[0] for each in sides)
    if all(is_value(each) for each in meanings):
        return [meanings[-1]]  # 3 + 4 = 7 states 7
    return [Relation(meanings, ("=",) * (len(sides) - 1))]


def term(found: Sequence[Token]) -> list[Meaning]:
    """Anything that may stand on one side of a relation."""
    found = list(found)
    if not found:
        raise UnreadableError("nothing there")
    if len(found) == 1 and (alone := alone_meaning(found[0])) is not None:
        return [alone]
    if len(found) == 2 and sign(found[0], "-") and found[1].kind == "based":
        return [Numeral(-found[1].value, f"-{found[1].text}")]
    pieces, signs = split(found, lambda each: sign(each, "∪"))
    if signs:
        return [joined(pieces)]
    if any(sign(each, "∖") for each in found):
        return [without(found)]
    if enclosed(found):
        inside = bracketed(found)
        if inside is not None:
            return inside
    if (ratio := clock(found)) is not None:
        return [ratio]
    if all(map(is_word, found)):
        return [Words(" ".join(each.text for each in found))]
    if found[0].kind == "word" and len(found) > 1:
        return said_of(found)
    return quantity(found)


def said_of(found: Sequence[Token]) -> list[Meaning]:
    """A number with words before it."""
    if not is_prose(found[0].text):
        raise UnreadableError("words that change the number")
    readings = [each for each in quantity(found[1:]) if is_value(each)]
    if not readings:
        raise UnreadableError("words")
    return readings


def alone_meaning(token: Token) -> Meaning | None:
    if token.kind == "based":
        return Numeral(token.value, token.text)
    if sign(token, "∅"):
        return Items((), "{}")
    if sign(token, "ℝ"):
        return REALS
    if token.kind == "word":
        return Words(token.text)
    return None


def joined(pieces: Sequence[Sequence[Token]]) -> Meaning:
    """A union of intervals and sets of points."""
    spans: list[Span] = []
    for each in pieces:
        spans += spans_of(term(each)[0])
    return Region(tuple(spans))


def without(found: Sequence[Token]) -> Meaning:
    """All real numbers but a few."""
    pieces, _ = split(found, lambda each: sign(each, "∖"))
    left, right = term(pieces[0])[0], term(pieces[1])[0]
    if left != REALS or not isinstance(right, Items):
        raise UnreadableError("no such difference")
    points = [each.node for each in right.items if isinstance(each, Expression)]
    if len(points) != len(right.items) or len(points) != 1:
        raise UnreadableError("no such difference")
    return Region(
        (Span(LEAST, points[0], False, False), Span(points[0], MOST, False, False))
    )


def bracketed(found: Sequence[Token]) -> list[Meaning] | None:
    """What stands in brackets; None for a mere pair of parentheses."""
    first, inside = found[0], found[1:-1]
    if first.kind == "begin":
        return [grid(first.text.rstrip("*"), inside)]
    if not inside:
        return [Items((), "{}")] if first.text in "⦃{" else None
    brackets = first.text + found[-1].text
    brackets = "{}" if first.text in "⦃{" else brackets
    pieces, signs = split(inside, lambda each: sign(each, ",", ";"))
    if brackets == "{}" and (bar := condition(inside)) is not None:
        return bar
    if not signs:
        if brackets == "()":
            return statement(inside) if not is_product_only(inside) else None
        if brackets in ("[]", "()") and inside[0].kind == "begin" and enclosed(inside):
            return bracketed(inside)
        if first.text == "{":
            return relation(inside)
        return (
            [Items((single(inside),), brackets)] if brackets in ("{}", "[]") else None
        )
    listed = items(pieces, brackets)
    if brackets == "[]" and (rows := rows_of(listed)) is not None:
        return [rows]
    return [listed]


def is_product_only(inside: Sequence[Token]) -> bool:
    return len(inside) == 1 and inside[0].kind == "name" and len(inside[0].text) == 1


def condition(inside: Sequence[Token]) -> list[Meaning] | None:
    """The condition of a set {x | x > 3}."""
    pieces, signs = split(inside, lambda each: sign(each, "|", ":"))
    if len(signs) == 1 and pieces[0] and pieces[0][0].kind == "name":
        return statement(pieces[1])
    return None


def rows_of(listed: Items) -> Grid | None:
    """A list of lists of one length is a matrix."""
    rows = [each.items for each in listed.items if isinstance(each, Items)]
    if len(rows) != len(listed.items) or len({len(each) for each in rows}) != 1:
        return None
    if any(each.brackets != "[]" for each in listed.items if isinstance(each, Items)):
        return None
    return Grid(tuple(rows))


def grid(environment: str, inside: Sequence[Token]) -> Meaning:
    """A matrix, or the lines of a system as a list."""
    lines, _ = split(inside, lambda each: sign(each, "\\\\"))
    lines = [each for each in lines if each]
    if environment not in MATRICES:
        cleaned = [[each for each in line if not sign(each, "&")] for line in lines]
        return items(cleaned, "")
    rows: list[tuple[Meaning, ...]] = []
    for line in lines:
        cells, _ = split(line, lambda each: sign(each, "&"))
        rows.append(tuple(term(cell)[0] for cell in cells))
    if not rows or len({len(each) for each in rows}) != 1:
        raise UnreadableError("no matrix")
    if sum(len(each) for each in rows) > MAX_ITEMS:
        raise UnreadableError("too large a matrix")
    return Grid(tuple(rows))
