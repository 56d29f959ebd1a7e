"""Text that would like to run, hang or blow up a grader; and a process that grades it.

    python -m tests.grading.hostile

Reads names of hostile texts from standard input and writes what became of each, a JSON
line for each way in which a text can reach the grader.
"""

import json
import os
import re
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.grading import Verdict, equal, grade, judge
from tests.grading.spent import processor_seconds

INNOCENT = "42"
"""No hostile text equals it."""

CODE = (
    "__import__('os').system('touch pwned')",
    "__import__('os').system('echo pwned')",
    "__import__('subprocess').Popen(['touch','pwned'])",
    r"\text{__import__}('os').system('touch pwned')",
    r"\operatorname{__import__}(\text{os}).system(\text{touch pwned})",
    "f(x) = __import__('os').system('touch pwned')",
    "eval(\"open('pwned','w')\")",
    "exec(\"open('pwned','w').close()\")",
    "exec(compile('open(\"pwned\",\"w\")','','exec'))",
    "open('pwned','w').write('pwned')",
    "print('pwned')",
    "1 + open('pwned', 'w').write('1')",
    "lambda: open('pwned', 'w')",
    "(lambda f: f('pwned', 'w'))(open)",
    "1 if open('pwned','w') else 2",
    "(y := open('pwned', 'w'))",
    "[open('pwned', 'w') for x in (1,)]",
    "{open('pwned', 'w'): 1}",
    "x.subs(x, open('pwned','w'))",
    "Symbol('x', pwned=open('pwned','w'))",
    "Symbol('x').__class__.__mro__[-1].__subclasses__().pwned",
    "().__class__.__base__.__subclasses__()[-1].__init__.__globals__['pwned']",
    "[c for c in ().__class__.__base__.__subclasses__()"
    " if c.__name__=='Popen'][0](['touch','pwned'])",
    "pwned.__class__.__init__.__globals__.__builtins__.open('pwned','w')",
    "S(\"open('pwned','w')\")",
    "sympify(\"__import__('os').system('touch pwned')\")",
    'parse_expr(\'open("pwned","w")\')',
    "Function('pwned')(x).__class__.__base__",
    "lambdify((), \"open('pwned','w')\")()",
    "'+open('pwned','w').name+'",
    '"+open("pwned","w").name+"',
    "'''\nopen('pwned','w')\n'''",
    "1)\nopen('pwned','w')\n(1",
    "1; import os; os.system('touch pwned')",
    "# 1\nimport os\nos.system('touch pwned')",
    "```python\nopen('pwned','w')\n```",
    '{pwned.__class__.__init__.__globals__} {0.__class__} {pwned:>999999999}"',
    "%(pwned)s %s %n %999999999d",
    "f\"{open('pwned','w')}\"",
    "${pwned} $pwned $(touch pwned) `touch pwned` ; touch pwned #",
    r"\write18{touch pwned}",
    r"\immediate\write18{echo pwned > pwned}",
    r"\input{|touch pwned}",
    r"\openout\pwned=pwned \write\pwned{1}",
    r"\def\pwned{\pwned\pwned}\pwned",
    r"\newcommand{\pwned}[1]{\pwned{#1#1}}\pwned{1}",
    r"\csname pwned\endcsname \catcode`\@=11",
    "cos\nsystem\n(S'touch pwned'\ntR.",
    '!!python/object/apply:os.system ["touch pwned"]',
    '{"py/reduce": [{"py/type": "os.system"}, ["touch pwned"]]}',
    "\x1b]0;pwned\x07\x1b[2J\x1b[31mpwned",
)
"""Each would leave a file named ``pwned`` or say so, if it were run."""

LARGE_NUMBERS = (
    "9**9**9**9",
    "9^9^9^9^9",
    "9^{9^{9^{9}}}",
    "10^{10^{10}}",
    "2^{2^{100}}",
    "2^{2^{2^{2^{2^{2^2}}}}}",
    "-9^{9^{9^{9}}}",
    "(((9^{9})^{9})^{9})^{9}",
    "(1.000000001)^{10^{12}}",
    "0.5^{-10^{10}}",
    "{10^{10}}^{10^{10}}",
    "9^{-9^{9^{9}}}",
    "e^{e^{e^{e^{e}}}}",
    r"\exp(\exp(\exp(\exp(9))))",
    "i^{i^{i^{i^{10^{10}}}}}",
    r"\frac{9^{9^{9}}}{9^{9^{9}}-1}",
    r"7^{7^{7^{7}}} \bmod 10^{100}",
    "1e999999999",
    "1e-999999999",
    "1E999999999999999999999",
    r"1.5 \times 10^{999999999999}",
    "1e308*1e308*1e308",
    "nan",
    "inf",
    "-Infinity",
    r"\infty - \infty",
    r"\frac{0}{0}",
    "1/0",
    "0^0",
    "0**-1",
    r"(10^9)!",
    r"((3!)!)!",
    "((((9!)!)!)!)!",
    "9!!!!!!!!!!!!",
    "99999999!/99999998!",
    r"\binom{10^9}{5 \cdot 10^8}",
    r"\binom{10^{10^{10}}}{2}",
    r"C(10^9, 3 \cdot 10^8)",
    r"\gcd(2^{10^9}-1, 3^{10^9}-1)",
    r"\text{lcm}(1, 2, \ldots, 10^{12})",
    r"F_{10^{12}}",
    r"\Gamma(10^{12})",
    r"\Gamma(\Gamma(\Gamma(9)))",
    r"\zeta(10^{-12} + 1)",
    r"\zeta(\frac{1}{2} + 10^{12} i)",
    r"\sin(10^{10^{10}})",
    r"\sin(9^{9^{9}})",
    r"\tan(\frac{\pi}{2} - 10^{-10^{10}})",
    r"\arctan(\tan(10^{10^{9}}))",
    r"\log(\log(\log(10^{10^{10}})))",
    r"\log_{1+10^{-12}}(10^{10^{8}})",
    r"\lfloor 10^{10^{9}} \pi \rfloor",
    r"10^{10^9} \bmod 7",
    r"\sqrt[10^9]{2}",
    r"\sqrt[10^{10^{10}}]{10^{10^{10}}}",
    r"\sqrt{2}^{\sqrt{2}^{\sqrt{2}^{10^{10}}}}",
    r"10^{10^{10}}\%",
    r"10^{10^{10}} \text{ cm}",
    r"3\frac{10^{10^{10}}}{7}",
    r"ZZZZZZ_{36^{36^{36}}}",
    "7" * 4000 + "/" + "3" * 4000,
    r"\frac{" + "7" * 4299 + "}{" + "3" * 4301 + "}",
    "(" + "7" * 3000 + ")^{" + "7" * 300 + "}",
)

HARD_MATHEMATICS = (
    r"\sum_{k=1}^{10^9} k^{k}",
    r"\sum_{i=1}^{10^5}\sum_{j=1}^{10^5}\sum_{k=1}^{10^5} ijk",
    r"\sum_{k=1}^{\infty} \frac{\sin(k^k)}{k}",
    r"\prod_{k=1}^{10^9} (k^2+1)",
    r"\int_0^1 x^{x^{x^{x}}} \sin(x^x) \, dx",
    r"\int \frac{\sin(\sin(\sin x))}{\sqrt{1+x^7+e^{x^2}}} \, dx",
    r"\int\int\int\int e^{xyzw} \ln(x+y^z) \, dx\,dy\,dz\,dw",
    r"\lim_{n \to \infty} \frac{n^{n^{n}}}{(n!)!}",
    r"\frac{d^{1000}}{dx^{1000}} \sin(x^x)",
    "(a+b+c+d+e)^{300}",
    "(a+b+c+d+e+f+g+h)^{200} - (a+b+c+d+e+f+g+h)^{199}",
    "((((x+1)^{50}+1)^{50}+1)^{50}+1)^{50}",
    "x^{100000} - y^{100000}",
    r"\frac{x^{10000}-1}{x-1}",
    r"\frac{(x+y+z)^{99}}{(x-y-z)^{99}} + \frac{(x-y+z)^{99}}{(x+y-z)^{99}}",
    r"\sin(1000000x) + \cos(999999x)",
    r"x^{17} + x^{13} - 3x^{7} + \sqrt[5]{x^{11} - 2} = 0",
    r"\det\left(I_{10^6} + x J\right)",
    r"x = \sqrt{x + \sqrt{x + \sqrt{x + \sqrt{x + \sqrt{x + \sqrt{x}}}}}}",
    r"\{ x : x^{99} + 7x^{50} - 3 > \sin(x) \}",
    r"x^{99} + 7x^{50} - 3 > \sin(x^{x})",
    r"\left|\left|\left|x^{50} - 1\right| - \left|x^{49}\right|\right| - 3\right| < 1",
    r"|x - |x - |x - |x - |x - |x - 1|||||| \le 7",
)


@dataclass(frozen=True)
class Flood:
    """A piece said very often, perhaps with something around it."""

    piece: str
    times: int
    before: str = ""
    after: str = ""

    def text(self) -> str:
        return self.before + self.piece * self.times + self.after


def nested(opening: str, closing: str, times: int = 10**5) -> tuple[Flood, Flood]:
    """A seven in very many brackets: closed, and left open."""
    return Flood(opening, times, after="7" + closing * times), Flood(opening, times)


FLOODS = (
    *(Flood(each, 10**6) for each in "7({[$|#\\ \n\t_^&,.-+=*/!~'\"`<>%:;xieαⅷ√½−"),
    *(Flood(each, 200_000) for each in (r"\frac{", r"\sqrt{", r"\boxed{", r"\text{")),
    *(Flood(each, 150_000) for each in ("<think>", "</think>", "<think></think>")),
    *(Flood(each, 150_000) for each in ("####", "#### ", "#### 7\n", "\r\n", "$$7")),
    *nested("(", ")"),
    *nested("{", "}"),
    *nested("[", "]"),
    *nested("|", "|"),
    *nested(r"\left(", r"\right)"),
    *nested(r"\sqrt{", "}"),
    *nested(r"\frac{", "}{2}"),
    *nested(r"\boxed{", "}"),
    *nested(r"\text{", "}"),
    *nested(r"\begin{pmatrix}", r"\end{pmatrix}"),
    *nested("1+(", ")"),
    *nested("-(", ")"),
    *nested("x^{", "}"),
    *nested("f(", ")"),
    *nested(r"\{", r"\}"),
    *nested("<think>", "</think>"),
    Flood(r"\frac{1}{1+", 30, after="x" + "}" * 30),
    Flood(r"\frac{1}{1+", 3_000, after="x" + "}" * 3_000),
    Flood("(", 90, after="x" + "+1)^2" * 90),
    Flood("1,", 200_000),
    Flood("1 000 ", 150_000),
    Flood("1,000", 150_000),
    Flood("1.000.", 150_000),
    Flood("7{,}", 200_000),
    Flood(r"7\,", 200_000),
    Flood(r"7\!", 200_000),
    Flood("a=", 100_000),
    Flood("x = 7, ", 100_000),
    Flood("7 = ", 150_000),
    Flood("7 or ", 150_000),
    Flood("and ", 100_000),
    Flood("7 and ", 100_000),
    Flood("**", 100_000),
    Flood("**7** ", 100_000),
    Flood("final answer is ", 50_000),
    Flood("Final Answer: ", 50_000),
    Flood("**Final answer**\n", 50_000),
    Flood("the answer is 7, ", 50_000),
    Flood("答案是", 200_000),
    Flood("答案：7。", 150_000),
    Flood("Wait, ", 100_000),
    Flood("So it is 7. Wait, ", 50_000),
    Flood("Wait, the answer is ", 50_000),
    Flood(r"\boxed{7} and ", 70_000),
    Flood(r"\boxed{7}", 100_000),
    Flood(r"\boxed{}", 100_000),
    Flood(r"\boxed{7", 100_000),
    Flood(r"$\boxed{", 100_000),
    Flood(r"\fbox{7}, ", 80_000),
    Flood("(A) ", 200_000),
    Flood("**C**", 150_000),
    Flood("option C. ", 80_000),
    Flood("```\n", 150_000),
    Flood("```python\nx\n```\n", 50_000),
    Flood("- 7\n", 200_000),
    Flood("| 7 ", 200_000, after="|\n"),
    Flood("[7](7)", 120_000),
    Flood(r"\left", 150_000),
    Flood(r"\right)", 120_000),
    Flood(r"\begin{", 120_000),
    Flood(r"\begin{cases}7&7\\", 40_000),
    Flood(r"\cdot", 150_000),
    Flood(r"\\", 300_000),
    Flood(r"\$", 300_000),
    Flood(r"\%", 300_000),
    Flood(r"\quad ", 120_000),
    Flood(r"\mathrm{~cm}", 70_000),
    Flood(r"7\text{ cm}^2", 60_000),
    Flood(r"\cup[1,2)", 80_000),
    Flood("7 < ", 150_000, after="x"),
    Flood("x < ", 150_000, after="7"),
    Flood("7/", 200_000, after="7"),
    Flood("7^", 200_000, after="7"),
    Flood("7**", 200_000, after="7"),
    Flood("7+", 200_000, after="7"),
    Flood("7e", 200_000, after="7"),
    Flood("x_{", 200_000),
    Flood("x'", 200_000),
    Flood("--", 200_000, after="7"),
    Flood("+-", 200_000, after="7"),
    Flood("7!", 150_000),
    Flood("7%", 150_000),
    Flood("7 7/7 ", 120_000),
    Flood("7:", 200_000, after="7"),
    Flood("0", 10**6, before="0.", after="7"),
    Flood("0", 10**6, before="7"),
    Flood("0", 10**6, after="7"),
    Flood("3", 10**6, before=r"0.\overline{", after="}"),
    Flood("7", 10**6, before="1e"),
    Flood("7", 10**6, before=r"\frac{1}{", after="}"),
    Flood("7", 10**6, before="7^{", after="}"),
    Flood(r"\pm 1", 40, before="x = 7"),
    Flood(r"\pm", 40, after="1"),
    Flood(r"(1 \pm \sqrt{2})", 40),
    Flood(r"\{1 \pm 1, ", 40),
    Flood("7, ", 20_000, before=r"\{", after=r"7\}"),
    Flood("(7, 8), ", 20_000),
    Flood(r"\sqrt{7}, ", 20_000),
    Flood("x^2+x, ", 5_000),
    Flood("seven ", 120_000),
    Flood("seven hundred thousand and ", 40_000),
    Flood(r"7 & ", 199, before=r"\begin{pmatrix} ", after=r"7 \\ " * 200),
    Flood("7 & " * 199 + r"7 \\ ", 200, r"\begin{pmatrix} ", r"\end{pmatrix}"),
    Flood("x & " * 199 + r"y \\ ", 200, r"\begin{bmatrix} ", r"\end{bmatrix}"),
    Flood("[" + "7," * 199 + "7],", 200, "[", "]"),
    Flood(r"\sin ", 100_000, after="x"),
    Flood(r"\sin(\cos(", 300, after="x" + "))" * 300),
    Flood("(x+1)(x-1)", 200),
    Flood(r"\sqrt{1+", 200, after="x" + "}" * 200),
    Flood("x1y2z3", 100_000),
    Flood("abcdefghijklmnopqrstuvwxyz", 40_000),
    Flood("\0", 10**6),
    Flood("7\0", 500_000),
    Flood("\ud800", 200_000),
    Flood("7\udfff", 200_000),
    Flood("\udfff\ud800", 200_000),
    Flood("\u202e7\u202c", 200_000),
    Flood("\u200b\u200d\ufeff", 200_000),
    Flood("7\u0301\u0308\u20d7", 100_000),
    Flood("\u0336", 300_000, before="7"),
    Flood("\u0667\u096d\u0e57\uff17", 100_000),
    Flood("\U0001d7d5\u2476\u2166\u4e03", 100_000),
    Flood("²³⁷₇", 100_000),
    Flood("\U0001f9ee", 200_000),
    Flood("ﷺ", 200_000),
    Flood("ß", 200_000),
    Flood("\u2028\u2029\x85\x0b\x0c", 100_000),
    Flood("\u00a0\u202f\u2007", 100_000, before="7", after="7"),
    Flood(r"<think>\boxed{7}</think>#### ", 30_000),
    Flood(r"{\left(\frac{$|<think>**#### ", 30_000),
    Flood(r"1,\boxed{(\text{7} and **Wait, \frac{7}", 20_000),
)


def hostile_texts() -> Iterator[tuple[str, Callable[[], str]]]:
    """All of them by name; long ones are made when they are needed."""
    for index, text in enumerate(CODE + LARGE_NUMBERS + HARD_MATHEMATICS):
        yield f"{index} {ascii(text[:30])[1:-1]}", text.__str__
    for index, flood in enumerate(FLOODS):
        name = f"{flood.before[:12]}{flood.piece[:12]}"
        yield f"flood {index} {ascii(name)[1:-1]} {flood.times}", flood.text


def as_response(text: str) -> bool:
    equal_to_it = grade(INNOCENT, text)
    assert isinstance(equal_to_it, bool)
    return equal_to_it


def in_a_box(text: str) -> bool:
    judgement = judge(INNOCENT, rf"So it is \boxed{{{text}}}.")
    assert len(judgement.why) < 1000
    return judgement.equal


def said(text: str) -> bool:
    return grade(INNOCENT, f"The final answer is {text}")


def as_answer(text: str) -> bool:
    return verdict(INNOCENT, text)


def as_reference(text: str) -> bool:
    return verdict(text, INNOCENT)


def as_both(text: str) -> bool:
    """It may equal itself, so only the cost matters."""
    verdict(text, text)
    return False


def beside_another(text: str) -> bool:
    """Against something much like it, which has to be worked out, if anything has."""
    verdict(text, f"{text}+1")
    return False


def verdict(reference: str, answer: str) -> bool:
    given = equal(reference, answer)
    assert isinstance(given, Verdict)
    assert given.equal == bool(given)
    assert not (given.equal and given.undecided)
    return given.equal


WAYS = (as_response, in_a_box, said, as_answer, as_reference, as_both, beside_another)


TRIED_IN_ANY_CASE = (as_reference,)
"""The others put the same question once more; not if it has been a slow one."""


def peak_megabytes() -> float:
    """The largest that this process, a living or a dead child of it has been.

    What getrusage says of a process itself counts the parent that it was forked from,
    so the living are asked for the peak of their own memory.
    """
    ours = re.compile(rf"^(?:Pid|PPid):\s+{os.getpid()}$", re.MULTILINE)
    peaks = [resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            state = status.read_text(errors="replace")
        except OSError:  # it has just ended
            continue
        peak = re.search(r"^VmHWM:\s+(\d+) kB$", state, re.MULTILINE)
        if peak is not None and ours.search(state):
            peaks.append(int(peak[1]) / 1024)
    return max(peaks)


def main() -> None:
    texts = dict(hostile_texts())
    for line in sys.stdin:
        text = texts[line.rstrip("\n")]()
        slow = False
        for way in WAYS:
            if slow and way not in TRIED_IN_ANY_CASE:
                continue
            report = tried(way, text)
            slow |= report["seconds"] > 1
            print(json.dumps(report), flush=True)
        print(json.dumps({"way": "end"}), flush=True)


def tried(way: Callable[[str], bool], text: str) -> dict[str, Any]:
    failure = ""
    accepted = False
    begun = processor_seconds()
    try:
        accepted = way(text)
    except BaseException as exc:
        failure = f"{type(exc).__name__}: {exc}"[:300]
    return {
        "way": way.__name__,
        "seconds": processor_seconds() - begun,
        "accepted": accepted,
        "failure": failure,
        "megabytes": peak_megabytes(),
    }


if __name__ == "__main__":
    main()
