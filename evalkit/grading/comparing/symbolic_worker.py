"""The process that does computer algebra: a question per line, an answer per line.

Run as ``python -m evalkit.grading.comparing.symbolic_worker``. Each question runs
under an alarm whose default action kills the process, in Python code or in C.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from evalkit.grading.maths.encoding import Encoded, fraction

sympy: Any = importlib.import_module("sympy")  # its own types say little

MEMORY = 640 << 20
"""Bytes of address space."""


def common_logarithm(of: Any) -> Any:
    return sympy.log(of, 10)


def root(of: Any, degree: Any) -> Any:
    return of ** (1 / degree)


def degrees(of: Any) -> Any:
    return of * sympy.pi / 180


CONSTANTS = {"π": sympy.pi, "e": sympy.E, "i": sympy.I, "∞": sympy.oo}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(sympy, name)
        for name in ["sin", "cos", "tan", "cot", "sec", "csc"]
    },
    **{
        name: getattr(sympy, name)
        for name in ["sinh", "cosh", "tanh", "exp", "factorial"]
    },
    **{
        name: getattr(sympy, name)
        for name in ["sqrt", "binomial", "gcd", "lcm", "floor"]
    },
    **{"arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan},
    **{"arccot": sympy.acot, "ln": sympy.log, "ceil": sympy.ceiling},
    **{"abs": sympy.Abs, "min": sympy.Min, "max": sympy.Max, "sgn": sympy.sign},
    **{"log": sympy.log, "lg": common_logarithm, "root": root, "deg": degrees},
}
RELATIONS = {
    **{"=": sympy.Eq, "<": sympy.Lt, ">": sympy.Gt, "≤": sympy.Le, "≥": sympy.Ge},
    "≠": sympy.Ne,
}


def build(node: Encoded) -> Any:
    """The expression of sympy for an encoded tree; KeyError for what it has not."""
    kind, *parts = node
    match kind:
        case "num":
            value = fraction(*parts)
            return sympy.Rational(value.numerator, value.denominator)
        case "name":
            return sympy.Symbol(parts[0], real=True)
        case "constant":
            return CONSTANTS[parts[0]]
        case "sum":
            return sympy.Add(*map(build, parts))
        case "product":
            return sympy.Mul(*map(build, parts))
        case "quotient":
            return build(parts[0]) / build(parts[1])
        case "power":
            return build(parts[0]) ** build(parts[1])
        case "negative":
            return -build(parts[0])
        case "apply":
            return FUNCTIONS[parts[0]](*map(build, parts[1:]))
        case "big":
            return big(*parts)
        case _:
            raise KeyError(kind)


def big(operator: str, name: str, body: Encoded, *bounds: Encoded) -> Any:
    """A sum, product, integral or limit, worked out."""
    variable = sympy.Symbol(name, real=True)
    inside, limits = build(body), [build(each) for each in bounds]
    match operator:
        case "int":
            return sympy.Integral(inside, (variable, *limits)).doit()
        case "lim":
            return sympy.Limit(inside, variable, limits[0]).doit()
        case "sum":
            return sympy.Sum(inside, (variable, *limits)).doit()
        case _:
            return sympy.Product(inside, (variable, *limits)).doit()


def same(one: Encoded, other: Encoded) -> bool:
    difference = build(one) - build(other)
    return bool(sympy.simplify(difference) == 0)


def solutions(statement: Encoded) -> Any:
    """The real solutions of a chain of relations in one variable."""
    if statement[0] == "set":
        spans = [sympy.Interval(*map(build, s[:2]), *s[2:]) for s in statement[1]]
        return sympy.Union(*spans)
    _, signs, encoded = statement
    sides = [build(each) for each in encoded]
    found: Any = sympy.S.Reals
    for left, sign, right in zip(sides, signs, sides[1:], strict=False):
        relation = RELATIONS[sign](left, right)
        names = relation.free_symbols
        if (
            not isinstance(relation, sympy.core.relational.Relational)
            or len(names) != 1
        ):
            raise KeyError("not one variable")
        found = found & solved(relation, names.pop())
    return found


def solved(relation: Any, variable: Any) -> Any:
    if isinstance(relation, sympy.Eq):
        return sympy.solveset(relation, variable, sympy.S.Reals)
    return sympy.solve_univariate_inequality(relation, variable, relational=False)


def same_solutions(one: list[Any], other: list[Any]) -> bool:
    left, right = solutions(one), solutions(other)
    if left == right:
        return True
    return bool(left.symmetric_difference(right) == sympy.S.EmptySet)


def answer(question: dict[str, Any]) -> dict[str, bool]:
    """Equal or not; nothing where sympy can't say."""
    ask = {"same": same, "solutions": same_solutions}[question["ask"]]
    try:
        return {"equal": ask(question["one"], question["other"])}
    except MemoryError:
        return {}
    except Exception:  # sympy raises all kinds of errors on what it can't do
        return {"equal": False}


def limited() -> None:
    """Refuse the process memory beyond the limit, where the system can."""
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        room = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (room, hard))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer until the questions end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    limited()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(BrokenPipeError):
        out.write("ready\n")
        out.flush()
        for line in sys.stdin:
            seconds, question = json.loads(line)
            begun = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, seconds)
            found = answer(question)
            signal.setitimer(signal.ITIMER_PROF, 0)
            spent = time.process_time() - begun
            out.write(json.dumps({**found, "seconds": spent}) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
