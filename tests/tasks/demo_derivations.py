"""The questions of demo_exam, worked out from their own numbers by computer algebra.

Nothing here looks at the key, but for the list that question 11 leaves to the writer.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Matrix, Rational, S, Symbol, pi, sqrt

EXAMPLE = (2, 5, 9, 11, 14, 19)
"""The list that the key of question 11 gives."""

x, k, n, p, q, r, h, w, y = (Symbol(each) for each in "xknpqrhwy")


@dataclass(frozen=True, kw_only=True)
class Derived:
    """What follows from a question's data."""

    answer: Mapping[str, Any]
    """Fields of the final answer, as they must be."""
    values: tuple[Any, ...] = ()
    """Numbers on the way to it, and those of other ways."""
    roots: tuple[Any, ...] = ()
    """Sets of solutions of the equations on the way."""
    points: tuple[Mapping[Any, Any], ...] = ()
    """Values of names for which all equations of the rubric hold."""
    terms: tuple[Any, ...] = ()
    right: Mapping[str, Any] | None = None
    """The right values of names that later steps follow from."""


def exponential() -> Derived:
    ys = sympy.solveset(y**2 - 2 ** (1) * y - 35, y, S.Reals)
    (x0,) = [sympy.log(each, 2) for each in ys if each > 0]
    assert sympy.simplify(4**x0 - 2 ** (x0 + 1) - 35) == 0
    dropped = min(ys)
    return Derived(
        answer={"value": x0},
        values=(*ys, x0),
        roots=(ys,),
        points=({x: x0}, {x: sympy.log(dropped, 2)}),
    )


def symmetric() -> Derived:
    functions = {
        "p": sympy.Abs(x - 3) + sympy.Abs(x + 3),
        "q": (x - 2) ** 2 + 4 * x,
        "r": x * sympy.cos(x),
        "s": 2**x,
    }
    mirrored = {name: f.subs(x, -x) for name, f in functions.items()}
    even = [
        name
        for name, f in functions.items()
        if all(
            sympy.simplify((f - mirrored[name]).subs(x, t)) == 0
            for t in (1, 2, Rational(7, 2), 5)
        )
    ]
    return Derived(
        answer={"value": even, "of": list(functions)},
        values=(mirrored["s"].subs(x, 1), mirrored["s"].subs(x, 2)),
        terms=(mirrored["r"], mirrored["s"]),
    )


def integers() -> Derived:
    bounds = sympy.solveset(2 * n**2 - 9 * n - 18, n, S.Reals)
    found = [i for i in range(-100, 100) if 2 * i**2 < 9 * i + 18]
    return Derived(answer={"value": found}, values=tuple(bounds), roots=(bounds,))


def touching() -> Derived:
    gap = x**2 + k * x + 13 - (2 * x + 4)
    ks = sympy.solveset(sympy.discriminant(gap, x), k, S.Reals)
    points = tuple({k: each, x: sympy.solve(gap.subs(k, each), x)[0]} for each in ks)
    assert all(len(sympy.solve(gap.subs(k, each), x)) == 1 for each in ks)
    return Derived(
        answer={"value": sorted(ks)}, values=tuple(ks), roots=(ks,), points=points
    )


def parallelogram() -> Derived:
    am = p + Rational(2, 3) * q
    an = q + p / 2
    mc, cn = p + q - am, an - (p + q)
    mn = sympy.expand(an - am)
    answer = {"p": mn.coeff(p), "q": mn.coeff(q)}
    return Derived(answer={"coefficients": answer}, terms=(am, an, mc, cn))


def bisector_of_a_segment() -> Derived:
    one, other = Matrix([-1, 7]), Matrix([5, -1])
    middle, along = (one + other) / 2, other - one
    point = Matrix([x, y])
    far = [(point - each).dot(point - each) for each in (one, other)]
    line = sympy.expand(far[0] - far[1])
    left = along.dot(point - middle)
    assert sympy.simplify(line - 2 * left) == 0
    poly = sympy.Poly(line / 4, x, y)
    answer = [poly.coeff_monomial(x), poly.coeff_monomial(y), -poly.coeff_monomial(1)]
    along_line = {x: x, y: sympy.solve(line, y)[0]}
    turned = [along.dot(point) / d for d in (1, -1, 2, -2)]
    slope = along[1] / along[0]
    return Derived(
        answer={"line": answer},
        values=(*middle, *along, slope, -1 / slope),
        points=(along_line,),
        terms=(far[0], far[1], *turned),
    )


def bisector_of_an_angle() -> Derived:
    u, v = Matrix([3, 4]), Matrix([12, 5])
    units = [u / u.norm(), v / v.norm()]
    along = units[0] + units[1]
    cosines = [along.dot(each) / along.norm() for each in units]
    assert sympy.simplify(cosines[0] - cosines[1]) == 0
    degrees = [sympy.deg(sympy.atan2(each[1], each[0])) for each in (u, v)]
    scaled = along * 65 / 11
    return Derived(
        answer={"direction": list(scaled)},
        values=(
            *(u.norm(), v.norm(), *units[0], *units[1], *(13 * u), *(5 * v)),
            *(sympy.Float(round(float(each), 2)) for each in degrees),
        ),
        points=({x: scaled[0], y: scaled[1]},),
    )


def inscribed() -> Derived:
    angle = sympy.rad(120)
    square = 11**2 + 24**2 - 2 * 11 * 24 * sympy.cos(angle)
    side = sqrt(square)
    area = Rational(1, 2) * 11 * 24 * sympy.sin(angle)
    perimeter = 11 + 24 + side
    radius = sympy.simplify(2 * area / perimeter)
    return Derived(
        answer={"value": radius},
        values=(square, side, area, perimeter, perimeter / 2, radius),
        points=({r: radius},),
        right={"a": side, "s": area},
    )


def letters() -> Derived:
    union, both, only_u = set("cehknrt"), set("en"), set("ht")
    found = [
        set(each)
        for size in range(len(union) + 1)
        for each in itertools.combinations(sorted(union), size)
        if union - set(each) == only_u and both <= set(each)
    ]
    assert len(found) == 1
    assert only_u | both | found[0] == union
    return Derived(answer={"value": sorted(found[0])})


def prime_sums() -> Derived:
    found = [
        [one, other]
        for one, other in itertools.combinations(range(1, 8), 2)
        if sympy.isprime(one + other)
    ]
    return Derived(answer={"edges": found})


def no_triangle() -> Derived:
    """What the proof claims, for all labels up to 40."""
    for three in itertools.combinations(range(1, 41), 3):
        pairs = itertools.combinations(three, 2)
        assert not all(sympy.isprime(sum(each)) for each in pairs)
    return Derived(answer={})


def six_numbers() -> Derived:
    ordered = sorted(EXAMPLE)
    assert len(ordered) == 6
    assert ordered[0] > 0
    middle = Rational(ordered[2] + ordered[3], 2)
    spread = ordered[-1] - ordered[0]
    return Derived(
        answer={"count": 6, "median": middle, "range": spread, "example": ordered}
    )


def two_events() -> Derived:
    tosses = list(itertools.product("HT", repeat=5))
    heads = sum(each.count("H") == 3 for each in tosses)
    throws = list(itertools.product(range(1, 7), repeat=2))
    apart = sum(abs(one - other) >= 3 for one, other in throws)
    chances = {"A": Rational(heads, len(tosses)), "B": Rational(apart, len(throws))}
    more = max(chances, key=lambda each: chances[each])
    return Derived(
        answer={"value": more, "probabilities": chances},
        values=(heads, len(tosses), apart, len(throws), *chances.values()),
    )


def one_pair() -> Derived:
    codes = itertools.product(range(8), repeat=5)
    good = sum(
        sorted(each.count(d) for d in set(each)) == [1, 1, 1, 2] for each in codes
    )
    chance = Rational(good, 8**5)
    pairs, rest = 8 * sympy.binomial(5, 2), 7 * 6 * 5
    chosen, ordered = sympy.binomial(8, 4) * 4, sympy.factorial(5) / 2
    assert pairs * rest == chosen * ordered == good
    return Derived(
        answer={"value": chance},
        values=(8**5, good, chance, pairs, rest, chosen, ordered),
        right={"n": good},
    )


def paper_cup() -> Derived:
    arc = Rational(210, 360) * 2 * pi * 12
    radius = arc / (2 * pi)
    depth = sqrt(12**2 - radius**2)
    volume = pi * radius**2 * depth / 3
    slipped = pi * radius**2 * 12 / 3
    return Derived(
        answer={"value": volume},
        values=(arc, radius, depth, depth**2, volume, slipped),
        terms=(12**2 - r**2, pi * r**2 * h / 3),
        right={"a": arc, "r": radius, "h": depth},
    )


def half_full() -> Derived:
    (water,) = sympy.solveset((w / 10) ** 3 - Rational(1, 2), w, S.Reals)
    return Derived(
        answer={"value": 10 - water},
        values=(water, water / 10, 10 - water),
        roots=({water}, {water / 10}),
        right={"w": water},
    )


def debt(months: int) -> Any:
    owed: Any = Rational(12000)
    for _ in range(months):
        owed = owed * Rational(1005, 1000) - 240
    return owed


def a_year_of_debt() -> Derived:
    grown = 12000 * Rational(1005, 1000) ** 12
    owed = debt(12)
    return Derived(
        answer={"value": owed},
        values=(Rational(1005, 1000), grown, grown - owed, *map(debt, (1, 6, 11, 12))),
        right={"p": grown - owed},
    )


def the_last_payment() -> Derived:
    rate = Rational(1005, 1000)
    power = Symbol("power")
    (factor,) = sympy.solve(12000 * power - 240 * (power - 1) / (rate - 1), power)
    months = sympy.log(factor) / sympy.log(rate)
    last = next(i for i in itertools.count(1) if debt(i) <= 0)
    assert last == sympy.ceiling(months)
    return Derived(
        answer={"value": last},
        values=(months, debt(57), last),
        roots=({months},),
        points=({n: months},),
    )


def profit() -> Any:
    copies = 420 - 12 * p
    return p * copies - (8 * copies + 1320)


def no_profit() -> Derived:
    prices = sympy.solveset(profit(), p, S.Reals)
    disc = sympy.discriminant(sympy.Poly(profit() / -12, p))
    copies = 420 - 12 * p
    return Derived(
        answer={"value": sorted(prices)},
        values=(*prices, disc, sqrt(disc), sqrt(disc) / 2),
        roots=(prices,),
        points=tuple({p: each} for each in prices),
        terms=(p * copies, 8 * copies, 8 * copies + 1320, (p - 8) * copies, profit()),
    )


def most_profit() -> Derived:
    (price,) = sympy.solve(sympy.diff(profit(), p), p)
    assert 8 < price < 35
    assert sympy.diff(profit(), p, 2) < 0
    best = profit().subs(p, price)
    return Derived(
        answer={"value": best},
        values=(price, best),
        terms=(profit(), (p - 8) * (420 - 12 * p)),
        right={"p": price},
    )


DERIVATIONS: Mapping[str, Callable[[], Derived]] = {
    "1": exponential,
    "2": symmetric,
    "3": integers,
    "4": touching,
    "5": parallelogram,
    "6": bisector_of_a_segment,
    "7": bisector_of_an_angle,
    "8": inscribed,
    "9": letters,
    "10a": prime_sums,
    "10b": no_triangle,
    "11": six_numbers,
    "12": two_events,
    "13": one_pair,
    "14a": paper_cup,
    "14b": half_full,
    "15a": a_year_of_debt,
    "15b": the_last_payment,
    "16a": no_profit,
    "16b": most_profit,
}
