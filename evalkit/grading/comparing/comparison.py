"""Whether an answer means the same as the reference."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.grading.answers.intervals import REALS
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
from evalkit.grading.answers.understanding import understand
from evalkit.grading.answers.words import said, same_words, simplified
from evalkit.grading.comparing.amounts import Amounts
from evalkit.grading.comparing.equations import as_relation, same_relation, solution_set
from evalkit.grading.comparing.findings import UNDECIDED, Finding, every, no, yes
from evalkit.grading.comparing.numerals import numerals
from evalkit.grading.comparing.ratios import same_ratio
from evalkit.grading.comparing.regions import region, same_region
from evalkit.grading.comparing.shapes import (
    CHOICES,
    EMPTY,
    EVERYTHING,
    UNSOLVED,
    as_items,
    both_values,
    brackets,
    by_name,
    expanded,
    flat,
    has_names,
    has_only_names,
    is_constant,
    is_letter,
    is_multiple,
    is_single,
    plain,
    ratio_of_names,
    shape,
    signs_in,
    vector,
)
from evalkit.grading.comparing.symbolic import Symbolic
from evalkit.grading.maths.exact import rational
from evalkit.grading.maths.limits import MAX_PAIRINGS
from evalkit.grading.maths.nodes import names
from evalkit.grading.maths.tokens import UnreadableError

BARE = ("", "{}")
CALL = re.compile(r"[a-zA-Z]'*\(.*\)")
SEGMENT = re.compile(r"\|?[A-Z]{1,3}\|?")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares meanings; the reference comes first."""

    amounts: Amounts
    symbolic: Symbolic

    def same(self, reference: Meaning, answer: Meaning) -> Finding:
        if self.symbolic.left < 0:
            return UNDECIDED
        match reference, answer:
            case Letter() | Words(), _:
                return self.texts(reference, answer)
            case _, Letter() | Words():
                return self.stated(reference, answer)
            case Named() | Relation(), _:
                return self.relations(reference, answer)
            case _, Named(_, value):
                return self.same(reference, value)
            case Region() | Span(), _:
                return self.regions(reference, answer)
            case Items(), _:
                return self.listed(reference, answer)
            case Grid(), _:
                return self.grids(reference, answer)
            case Numeral(), _:
                return numerals(reference, answer)
            case Ratio(), _:
                return same_ratio(reference, answer, self.amounts)
            case Expression(), _:
                return self.expressions(reference, answer)

    def texts(self, reference: Letter | Words, answer: Meaning) -> Finding:
        """A reference in words or a choice's letter."""
        match reference, answer:
            case Letter(letter, ""), Letter(other):
                same = letter == other or (
                    letter in CHOICES and letter == other.upper()
                )
                return yes("same choice") if same else no("other choice")
            case Letter(letter, text), Letter(other, other_text):
                if letter == other:
                    return yes("same choice")
                same = same_words(text, other_text)
                return yes("same text") if same else no("other choice")
            case Letter(_, text), _ if text:
                return self.decided(understand(text), (answer,))[0]
            case Words(text, only), Words(other, other_only) if only or other_only:
                return yes("same text") if same_words(text, other) else no("other text")
            case Words(text), Letter(_, other) if other and len(simplified(text)) > 1:
                return yes("same text") if same_words(text, other) else no("other text")
            case Words(text), Items((), "{}") if simplified(text) == UNSOLVED:
                return yes("no solution")
            case _:
                return no("other text")

    def stated(self, reference: Meaning, answer: Letter | Words) -> Finding:
        """An answer in words, or with a choice's letter before it."""
        if isinstance(answer, Letter):
            if not answer.text or is_letter(reference):
                return no("a choice's letter")
            return self.decided((reference,), understand(answer.text))[0]
        if reference == EMPTY and simplified(answer.text) == UNSOLVED:
            return yes("no solution")
        if reference == REALS and simplified(answer.text) in EVERYTHING:
            return yes("all real numbers")
        if not is_single(reference) or not answer.only:
            return no("other text")
        numbers = said(answer.text)
        if numbers is None:
            return no("words, not a value")
        return self.decided((reference,), understand(numbers)[:1])[0]

    def decided(
        self, references: Sequence[Meaning], answers: Sequence[Meaning]
    ) -> tuple[Finding, tuple[Meaning, Meaning]]:
        """The first match, else the first open question, else the likeliest pair."""
        found: list[tuple[Finding, tuple[Meaning, Meaning]]] = []
        for pair in itertools.product(references, answers):
            found.append((self.same(*pair), pair))
            if found[-1][0].found:
                return found[-1]
        return next((each for each in found if each[0].equal is None), found[0])

    def relations(self, reference: Named | Relation, answer: Meaning) -> Finding:
        """A reference with an equals sign or inequality in it."""
        answer = both_values(answer)
        if isinstance(reference, Relation) and (called := ratio_of_names(reference)):
            return self.same(called, answer)
        if isinstance(reference, Named) and isinstance(answer, Named):
            if (found := self.named(reference, answer)) is not None:
                return found
        elif isinstance(reference, Named) and not (
            isinstance(answer, Relation) and isinstance(reference.value, Expression)
        ):
            return self.same(reference.value, answer)
        is_equation = isinstance(reference, Relation) and "=" in reference.signs
        if is_equation and isinstance(answer, Expression | Numeral | Ratio | Grid):
            return no("a value, not an equation")
        if isinstance(answer, Region | Span) and isinstance(reference, Relation):
            return self.regions(reference, answer)
        one, other = as_relation(reference), as_relation(answer)
        if one is not None and other is not None:
            return same_relation(one, other, self.symbolic)
        if isinstance(reference, Relation):
            return self.regions(reference, answer)
        return no("other relation")

    def named(self, reference: Named, answer: Named) -> Finding | None:
        """Two values with names; None where the names make it an equation."""
        one, other = reference.name, answer.name
        if one != other and reference.simple and answer.simple:
            if not (is_constant(reference.value) and is_constant(answer.value)):
                return None
            if one.casefold() != other.casefold():
                return no(f"{other} is named, not {one}")
        elif one != other and not (reference.simple or answer.simple):
            if SEGMENT.fullmatch(one) and SEGMENT.fullmatch(other):
                return no("another length named")
            if CALL.fullmatch(one) and CALL.fullmatch(other):
                return None if one[1:] == other[1:] else no("another value named")
        return self.same(reference.value, answer.value)

    def regions(self, reference: Meaning, answer: Meaning) -> Finding:
        """Intervals, inequalities and unions of them."""
        try:
            one, other = region(reference), region(answer)
        except UnreadableError:
            return self.solutions(reference, answer)
        return yes("same set") if same_region(one, other) else no("other set")

    def solutions(self, reference: Meaning, answer: Meaning) -> Finding:
        """Sets of which at least one has to be worked out."""
        one, other = solution_set(reference), solution_set(answer)
        if one is None or other is None:
            return no("no set of numbers")
        return self.symbolic.same_solutions(one, other)

    def listed(self, reference: Items, answer: Meaning) -> Finding:
        """Lists, sets, tuples, and what else may stand for them."""
        reference = expanded(reference)
        match answer:
            case Items():
                return self.lists(reference, expanded(answer))
            case Grid(rows):
                cells = vector(rows)
                if cells is None or reference.brackets not in ("()", "[]"):
                    return no("a matrix, not a list")
                return self.ordered(reference.items, cells)
            case Region() | Span():
                return self.regions(reference, answer)
            case Relation(_, signs) if "=" not in signs or has_only_names(reference):
                return self.regions(reference, answer)
            case Expression(node) if signs_in(node) and reference.brackets in BARE:
                return self.lists(reference, expanded(Items((answer,))))
            case _ if len(reference.items) == 1:
                return self.same(reference.items[0], answer)
            case _:
                return no("one answer, not several")

    def lists(self, reference: Items, answer: Items) -> Finding:
        one, other = reference.brackets, answer.brackets
        if {one, other} & {"[)", "(]"}:
            return self.regions(reference, answer)
        if " " in (one, other):
            return self.ordered(reference.items, answer.items)
        if one == "" and all(isinstance(each, Relation) for each in reference.items):
            if (found := self.regions(reference, answer)).found:
                return found
            return self.unordered(reference.items, answer.items)
        if one in BARE and other in BARE and not has_names(reference.items):
            return self.unordered(reference.items, answer.items)
        if one == other == "" or {one, other} in ({"", "()"}, {"", "{}"}):
            return self.assigned(reference, answer)
        if one == other:
            return self.ordered(reference.items, answer.items)
        is_list = len(reference.items) != 2  # two might be an interval
        if is_list and {one, other} in ({"", "[]"}, {"{}", "[]"}):
            return self.unordered(reference.items, answer.items)
        if {one, other} == {"", "[]"}:
            return self.ordered(reference.items, answer.items)
        return no("other brackets")

    def assigned(self, reference: Items, answer: Items) -> Finding:
        """Values in the order of their names, or by name where both have them."""
        named, tuples = has_names(reference.items), "()" in brackets(reference, answer)
        if (named and has_names(answer.items)) or not (named or tuples):
            return self.unordered(reference.items, answer.items)
        return self.ordered(reference.items, by_name(answer.items))

    def ordered(self, one: Sequence[Meaning], other: Sequence[Meaning]) -> Finding:
        if len(one) != len(other):
            return no(f"{len(other)} instead of {len(one)} items")
        findings = [self.same(a, b) for a, b in zip(one, other, strict=True)]
        return every(findings, "same items in order")

    def unordered(self, one: Sequence[Meaning], other: Sequence[Meaning]) -> Finding:
        """Each item has one of its own on the other side."""
        if len(one) != len(other):
            return no(f"{len(other)} instead of {len(one)} items")
        if len(one) ** 2 > MAX_PAIRINGS:
            return self.ordered(one, other)
        free = list(other)
        findings: list[Finding] = []
        for item in one:
            found = [self.same(item, each) for each in free]
            place = next((i for i, each in enumerate(found) if each.found), None)
            if place is None:
                open_ = any(each.equal is None for each in found)
                return Finding(None if open_ else False, "an item is missing")
            findings.append(found[place])
            del free[place]
        return every(findings, "same items")

    def grids(self, reference: Grid, answer: Meaning) -> Finding:
        """Matrices cell by cell; a vector may be written as a tuple."""
        match answer:
            case Grid(rows) if shape(rows) == shape(reference.rows):
                pairs = zip(flat(reference.rows), flat(rows), strict=True)
                return every([self.same(a, b) for a, b in pairs], "same matrix")
            case Items(items, "()" | "[]" | "") if cells := vector(reference.rows):
                return self.ordered(cells, items)
            case Expression(node, None) if rational(node) == 0:
                zeros = [self.same(each, answer) for each in flat(reference.rows)]
                return every(zeros, "both zero")
            case _:
                return no("other shape")

    def expressions(self, reference: Expression, answer: Meaning) -> Finding:
        """A single value or formula."""
        if signs_in(reference.node):
            return self.lists(expanded(Items((reference,))), expanded(as_items(answer)))
        match answer:
            case Expression(node) if signs_in(node):
                return self.alternatives(reference, expanded(Items((answer,))))
            case Expression():
                return self.amounts.same(reference, answer)
            case Numeral(value, text):
                digits = text.partition("_")[0] == plain(reference.node)
                same = digits or rational(reference.node) == value
                return yes("same number") if same else no("other number")
            case Ratio():
                return same_ratio(answer, reference, self.amounts)
            case Items((item,), "{}" | "[]" | ""):
                return self.same(reference, item)
            case Items(items, "") if len(items) > 1:
                return self.alternatives(reference, answer)
            case Grid(((cell,),)):
                return self.same(reference, cell)
            case Relation((Expression(left), Expression() as right), ("=",)) if (
                names(left) and not is_multiple(left) and not names(reference.node)
            ):
                return self.amounts.same(reference, right)
            case _:
                return no("another kind of answer")

    def alternatives(self, reference: Meaning, answer: Items) -> Finding:
        """Several forms of one value (2450 cents or 24.50 dollars); not two values."""
        first, *others = answer.items
        if all(self.same(first, each).found for each in others):
            return self.decided((reference,), answer.items)[0]
        return no("several answers, not one")
