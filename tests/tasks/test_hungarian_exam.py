"""The Hungarian exam: judging of every question, the total, the worked examples."""

import csv
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import comb, isclose, sqrt
from pathlib import Path
from typing import Any

import pytest

from evalkit import (
    Answer,
    Attempt,
    Data,
    DataError,
    Generate,
    Outcome,
    Sample,
    SampleResult,
    Score,
    UsageError,
)
from evalkit.grading import Finding, final_of
from evalkit_tasks.hungarian_exam import ExamTotal, HungarianExam, mark
from tests.conftest import Evalkit, shared

SAMPLES = {each.id: each for each in HungarianExam().samples()}
TABLE = """\
| Year | A | B |
|---|---|---|
| 2019 | 525 | 424 |
| 2020 | 551.25 | 449.44 |
| 2021 | 578.81 | 476.41 |
"""

EDGES = "(1,2), (1,3), (1,4), (1,5), (1,6), (2,4), (2,6), (3,6)"

RIGHT: dict[str, list[str]] = {
    "1": [
        "Final answer: c, d, f",
        r"Thus $B \setminus A = \boxed{\{c, d, f\}}$.",
        "**Final answer:** {c; d; f}",
        "The elements of B that are not in A are c, d and f.",
        r"Therefore:\n\n\[ B \setminus A = \{ f, d, c \} \]",
        "Final answer: B \\ A = {c, d, f}",
        r"\boxed{c, d, f}",
        r"Final answer: $\{\text{c}, \text{d}, \text{f}\}$",
    ],
    "2": [
        "Final answer: 720",
        r"\boxed{720}",
        "So the roles can be handed out in 720 different ways.",
        "10 · 9 · 8 = 720",
        "**Final Answer**: $10 \\times 9 \\times 8 = 720$ ways",
        "The answer is 720.",
    ],
    "3": [
        "Final answer: 12%",
        r"\boxed{12\%}",
        "Final answer: 12 percent",
        "Final answer: 12",
        "Therefore, the salary was raised by 12%.",
        "Final answer: 0.12 = 12 %",
        "So the rise is $12\\,\\%$ of the old salary of 275 000 Ft.",
    ],
    "4": [
        "Final answer: (c - b)/2",
        r"\boxed{\frac{1}{2}(\vec{c}-\vec{b})}",
        "Final answer: FG = c/2 − b/2",
        "Final answer: 0.5c - 0.5b",
        "Final answer: -1/2 b + 1/2 c",
        r"Hence $\overrightarrow{FG} = \frac{\mathbf{c} - \mathbf{b}}{2}$.",
        r"Final answer: $\overrightarrow{FG}=-\frac12\mathbf{b}+\frac12\mathbf{c}$",
        "So **FG** = ½(**c** − **b**), as required.",
        "Final answer: half of (c − b)",
    ],
    "5": [
        "Final answer: 1, 2, 3, 6, 8",
        r"\boxed{1, 2, 3, 4, 8}",
        "Final answer: {0.5, 3, 3, 3, 7.5}",
        "Take the numbers 1, 1, 3, 5 and 8.\nTheir median is 3 and their range 7.",
        "Final answer: 2, 2.5, 3, 8, 9 (median 3, range 9 − 2 = 7)",
        r"One example is:\n\n$$\{1,2,3,6,8\}$$",
    ],
    "6": ["Final answer: 43", r"\boxed{43}", "101011_2 = 32 + 8 + 2 + 1 = 43"],
    "7": [
        "Final answer: 6",
        r"Therefore, $\log_{2}(2x) = 6$.",
        "So the base-2 logarithm of 2x is 6, since $2^6 = 64$.",
    ],
    "8": [
        "Final answer: -3, -2, -1, 0, 1, 2",
        "Final answer: −3, −2, −1, 0, 1 and 2",
        r"\boxed{\{-3,-2,-1,0,1,2\}}",
        r"Final answer: $x \in \{-3; -2; -1; 0; 1; 2\}$",
        "The integers are -3, -2, -1, 0, 1, and 2.",
        "Final answer: 0, ±1, ±2, −3",
        "So the integers are:\n- -3\n- -2\n- -1\n- 0\n- 1\n- 2",
    ],
    "9": [
        "Final answer: 120",
        r"\boxed{\dfrac{16 \cdot 15}{2} = 120}",
        "C(16,2) = 120",
    ],
    "10": [
        "Final answer: 6.72",
        "Final answer: 6,72",
        r"\boxed{\frac{168}{25}}",
        "Final answer: 168/25 = 6.72 units",
        "So the altitude is 6.72 units long.",
        "Final answer: $6\\frac{18}{25}$",
    ],
    "11a": [
        "Final answer: (5, -1)",
        "Final answer: (5; −1)",
        "Final answer: n = (-10, 2)",
        r"\boxed{5\mathbf{i} - \mathbf{j}}",
        r"Final answer: $\begin{pmatrix} 5 \\ -1 \end{pmatrix}$",
        "A normal vector is ⟨5, −1⟩.",
        "Final answer: [5, -1]",
        "Final answer: 5i - j",
        "Final answer: 5, -1",
    ],
    "11b": [
        "Final answer: 5x - y = 13",
        "Final answer: y = 5x − 13",
        r"\boxed{5x-y-13=0}",
        "Final answer: y - 2 = 5(x - 3)",
        "So the line is y = 5x - 15 + 2 = 5x - 13.",
        "Final answer: $-10x + 2y = -26$",
        "Thus its equation is $y=5x-13$. It is parallel to $5x - y = 7$.",
        r"Final answer: $x = \frac{y + 13}{5}$",
    ],
    "12a": [
        "Final answer: f and h",
        "Final answer: f, h",
        r"\boxed{f, h}",
        "Final answer: f(x) and h(x)",
        "Therefore both f and h have the minimum −2, but g does not.",
        "Final answer: f and h (the minimum of g is −3)",
    ],
    "12b": [
        "Final answer: g, h",
        "So g and h have at least two zeros, while f has one.",
    ],
    "13a": [
        "Final answer: 1-2, 1-3, 1-4, 1-5, 1-6, 2-4, 2-6, 3-6",
        "Final answer: {1,2}, {1,3}, {1,4}, {1,5}, {1,6}, {2,4}, {2,6}, {3,6}",
        r"\boxed{(1,2),(1,3),(1,4),(1,5),(1,6),(2,4),(2,6),(3,6)}",
        "Final answer: 12, 13, 14, 15, 16, 24, 26, 36",
        "Final answer: 1–2, 1–3, 1–4, 1–5, 1–6, 4–2, 6–2, 6–3",
        "The edges are:\n- (1, 2)\n- (1, 3)\n- (1, 4)\n- (1, 5)\n- (1, 6)\n- (2, 4)"
        "\n- (2, 6)\n- (3, 6)\n\nThere is no edge between 4 and 5.",
        "Final answer:\n1 is connected to 2, 3, 4, 5 and 6\n2 is connected to 4 and 6\n"
        "3 is connected to 6",
        r"\boxed{\{1,2\},\{1,3\},\{1,4\},\{1,5\},\{1,6\},\{2,4\},\{2,6\},\{3,6\}}",
    ],
    "13b": [
        "Final answer: Claim I is true (6 has the divisors 1, 2, 3, 6); claim II is "
        "false (4 does not divide 6, yet gcd(4, 6) = 2).",
        "I. True, for example 8 has divisors 1, 2, 4, 8.\n\nII. False: n = 6, m = 4.",
        "**Claim I:** This is true. Consider 10: its divisors are 1, 2, 5, 10.\n\n"
        "**Claim II:** This does not hold. Let n = 4 and m = 10; they share 2.",
        "Take 15. 15 has exactly four divisors. 6 and 9 have the common factor 3, and "
        "6 does not divide 9.\nFinal answer: Claim I is true, Claim II is false.",
    ],
    "13c": [
        "Final answer: A",
        r"P(A) = 5/6, P(B) = 25/36. \boxed{A}",
        "P(A) = 5/6 and P(B) = 25/36, so event A is more probable than event B.",
        "Final answer: A is more likely, as P(A) = 5/6 ≈ 0.83 > P(B) = 25/36 ≈ 0.69",
        "Final answer: Event A has the higher probability (83.3% against 69.4%).",
        "Final answer: B is less probable than A.",
        "Final answer: P(A) > P(B)",
    ],
    "14a": [
        "Final answer: 0.187 m/s²",
        "Final answer: 0.19",
        r"\boxed{\sqrt{0.035} \approx 0.187}",
        "So the standard deviation is approximately 0.187 m/s^2.",
        "Final answer: σ ≈ 0,187",
    ],
    "14b": [
        "Final answer: 1.92 m/s²",
        r"\boxed{1.92}",
        "So the mean of all 24 readings is 46/24 ≈ 1.92 m/s².",
    ],
    "14c": [
        "Final answer: 1.75 m",
        "Therefore the ball is 1.75 metres high after 0.5 seconds.",
        r"\boxed{\frac{7}{4}\text{ m}}",
        "h(0.5) = 6 · 0.5 − 5 · 0.25 = 1.75",
        "So, when t = 0.5, the height is 1.75 m.",
    ],
    "14d": [
        "t = 0.2 or t = 1. The ball is at 1 m then, and at 1.8 m at most.",
        "Final answer: t = 0.2 and t = 1",
        "Final answer: 0.2 s and 1 s",
        r"Final answer: $t_1 = \frac{1}{5}$, $t_2 = 1$",
        r"\boxed{t = 0.2 \text{ s and } t = 1 \text{ s}}",
        r"So $t = \boxed{0.2}$ or $t = \boxed{1}$.",
        "Final answer: 0.2, 1",
        "Final answer: t ∈ {1/5; 1}",
        "Final answer: 0,2 s; 1 s",
        "Final answer: t = 3/5 ± 2/5",
    ],
    "15a": [
        "Final answer: 4.62 cm²",
        r"\boxed{\frac{8\sqrt{3}}{3}}",
        "Final answer: 8√3/3 cm^2",
        "Final answer: 8/√3 ≈ 4.62",
        "So the area of the grey triangle is about 4.62 square centimetres.",
    ],
    "15b": [
        "Final answer: 12",
        "So there are 12 ways.",
        r"3 \cdot 2 \cdot 2 = \boxed{12}",
    ],
    "16a": [
        "Final answer: x = -1",
        r"\boxed{-1}",
        "Final answer: x = −1 (x = −13 is extraneous)",
        "So the only real solution is x = -1.",
        "x = −13 does not satisfy it. Therefore, the solution is:\n\n$$x = -1$$",
    ],
    "16b": [
        "Final answer: x = 2",
        r"\boxed{x = 2}",
        "Thus x = 2 is the only solution.",
    ],
    "16c": [
        "Final answer: -18",
        "Final answer: a_13 = −18",
        r"Final answer: $a_{13} = -18$ and $S_{13} = 0$",
        "So the thirteenth term is -18.",
    ],
    "17a": [
        "Final answer: 17 360 million Ft",
        "Final answer: 17359.63",
        "Final answer: 17,359.63 million forints",
        "Final answer: 17.36 billion Ft",
        "Final answer: 17 359 626 000 Ft",
        r"\boxed{17360}",
        "So the combined worth is approximately 17359.6 million forints.",
    ],
    "17b": [
        TABLE + "\nThe gap grows from 100 to 102.4 million: the reader is mistaken.",
        TABLE + "\nFinal answer: the difference increases, so the claim is false.",
        "A: 525, 551.25, 578.8125. B: 424, 449.44, 476.4064. The difference is not "
        "getting smaller.",
    ],
    "17c": [
        "Final answer: 2042",
        r"\boxed{2042}",
        "So B reaches A after 24 years, that is, in 2042.",
        "Final answer: In 2042 (24 years after 2018)",
        "Final answer: 2018 + 24 = 2042",
    ],
    "18a": [
        "Final answer: 35.4%",
        "Final answer: 35,4 %",
        r"\boxed{35.4\%}",
        "So about 35.4% of the volume of the box is chocolate.",
        "Final answer: 68.97/194.86 ≈ 0.354 = 35.4%",
    ],
    "18b": [
        "Final answer: 256/729",
        r"\boxed{\frac{256}{729}}",
        "Final answer: 0.351",
        "Final answer: 35.1%",
        "Final answer: 256/729 ≈ 0.351",
        r"P = 6(\tfrac23)^5\cdot\tfrac13+\left(\frac23\right)^6=\frac{256}{729}",
    ],
    "18c": [
        "Final answer: 396.8 cm³",
        r"\boxed{\frac{875\sqrt{3}\pi}{12}}",
        "Final answer: 875√3π/12 ≈ 396.8 cm^3",
        "Final answer: 875*sqrt(3)*pi/12",
        "So the volume is approximately 396.77 cubic centimetres.",
    ],
}

WRONG: dict[str, list[str]] = {
    "1": ["Final answer: c, d", "Final answer: c, d, f, g", r"\boxed{\{a, b\}}"],
    "2": ["Final answer: 702", "Final answer: -720", "Final answer: 1000"],
    "3": ["Final answer: 0.12", "Final answer: 12.08%", "Final answer: 21%"],
    "4": [
        "Final answer: (b - c)/2",
        "Final answer: (b + c)/2",
        "Final answer: c - b",
        r"\boxed{\frac{1}{2}\vec{c}}",
    ],
    "5": [
        "Final answer: 1, 2, 3, 6, 9",
        "Final answer: 1, 2, 4, 6, 8",
        "Final answer: 0, 2, 3, 6, 7",
        "Final answer: 1, 3, 8",
        "Final answer: 1, 2, 3, 3, 6, 8",
    ],
    "6": ["Final answer: 53", "Final answer: 34"],
    "7": ["Final answer: 10", "Final answer: -6"],
    "8": [
        "Final answer: -3, -2, -1, 1, 2",
        "Final answer: -4, -3, -2, -1, 0, 1, 2",
        "Final answer: 3, 2, 1, 0, 1, 2",
    ],
    "9": ["Final answer: 240", "Final answer: 102"],
    "10": ["Final answer: 6.27", "Final answer: 67.2", "Final answer: 168/24"],
    "11a": ["Final answer: (5, 1)", "Final answer: (1, 5)", "Final answer: (0, 0)"],
    "11b": [
        "Final answer: 5x - y = 7",
        "Final answer: y = 5x + 13",
        "Final answer: y = -5x - 13",
        "Final answer: x + 5y = 13",
    ],
    "12a": ["Final answer: f", "Final answer: f, g, h", "Final answer: g and h"],
    "12b": ["Final answer: h", "Final answer: f and g", "Final answer: none"],
    "13a": [
        "Final answer: 1-2, 1-3, 1-4, 1-5, 1-6, 2-4, 2-6",
        "Final answer: 1-2, 1-3, 1-4, 1-5, 1-6, 2-4, 2-6, 3-6, 4-6",
        "Final answer: 1-2, 1-3, 1-4, 1-5, 1-6, 2-4, 2-6, 3-5",
    ],
    "13b": [
        "Final answer: Claim I is true (6), claim II is true.",
        "Final answer: Claim I is false. Claim II is false (4 and 6).",
        "Final answer: Claim I is true (12). Claim II is false (4 and 6).",
        "Final answer: Claim I is true (6). Claim II is false (4 and 9).",
        "Final answer: Claim I is true, Claim II is false.",
    ],
    "13c": [
        "Final answer: B",
        "Final answer: Event B is more probable than event A.",
        "P(A) = 5/6 and P(B) = 1/6, so A is more probable.",
        "Final answer: P(A) < P(B)",
    ],
    "14a": ["Final answer: 0.216", "Final answer: 0.817", "Final answer: 0.035"],
    "14b": ["Final answer: 1.95", "Final answer: 1.29", "Final answer: -1.92"],
    "14c": ["Final answer: 1.57 m", "Final answer: 2.875 m"],
    "14d": [
        "Final answer: t = 0.2",
        "Final answer: t = -0.2 and t = 1",
        "Final answer: 0.2, 0.5, 1",
    ],
    "15a": [r"Final answer: $\frac{8\sqrt{2}}{3}$", "Final answer: 4.26", "2.31"],
    "15b": ["Final answer: 6", "Final answer: 21"],
    "15c": ["Each pair of triangles has area 8.\nFinal answer: they are equal"],
    "16a": ["Final answer: x = 1", "Final answer: x = -1 and x = -13", "No solution."],
    "16b": ["Final answer: x = -2", "Final answer: x = 2 or x = 1"],
    "16c": ["Final answer: 18", "Final answer: -81", "Final answer: 0"],
    "17a": ["Final answer: 17395.6", "Final answer: 1736", "Final answer: 17.36 Ft"],
    "17b": [
        TABLE + "\nThe gap shrinks every year: the reader is right.",
        TABLE.replace("449.44", "494.44") + "\nThe gap grows.",
        TABLE,
        "The reader is mistaken: the gap grows.",
    ],
    "17c": ["Final answer: 2041", "Final answer: 24", "Final answer: 2024"],
    "18a": ["Final answer: 34.5%", "Final answer: 0.354", "Final answer: 53.4%"],
    "18b": ["Final answer: 265/729", "Final answer: 0.531", "Final answer: 3.51%"],
    "18c": ["Final answer: 369.8", r"\boxed{\frac{875\sqrt{2}\pi}{12}}"],
}

HOSTILE = [
    "1" * 10**6,
    "(" * 10**6,
    "{" * 10**6,
    "Final answer: " * 70_000,
    "Final answer: " + "9" * 10**6,
    "Final answer: 9**9**9**9",
    "Final answer: " + "9^" * 10**5,
    "\\boxed{" * 140_000,
    "\\frac{" * 140_000,
    "<think>" * 140_000,
    "a, " * 330_000,
    "1, " * 330_000,
    "1-" * 500_000,
    "P(A) = " * 140_000,
    "Claim I " * 125_000,
    "Final answer: " + "x = " * 250_000,
    "so " * 330_000,
    "the gap " * 125_000,
    "So x = " + " " * 10**6,
    "\n" * 10**6,
    "$" * 10**6,
    "\\[" * 500_000,
    "√" * 10**6,
    "1 or " * 200_000,
    "\n- " * 330_000,
    "Wait, " * 160_000,
    "x ≠ 1, " * 140_000,
    "1\\frac34" * 110_000,
    "((a = 1" * 140_000,
    "\x00" * 10**6,
    "\ud800" * 10**6,
]


def score(number: str, text: str) -> Score:
    return HungarianExam().score(SAMPLES[number], Answer(text=text))


def judged(number: str, text: str) -> Finding:
    """What the final answer of a text is taken for, whatever else it shows."""
    facts = SAMPLES[number].metadata
    final = final_of(facts["answer_type"], facts["answer"])
    return final.judge(SAMPLES[number].question, text)


def implied(number: str) -> float:
    """Points that a right final answer earns with nothing shown for it."""
    steps = HungarianExam().scheme(SAMPLES[number]).steps
    given: list[bool] = []
    for step in steps:
        shown = step.check is not None and step.implied
        given.append(shown and all(given[n - 1] for n in step.needs))
    pairs = zip(steps, given, strict=True)
    return sum(step.points for step, is_given in pairs if is_given)


def cases(answers: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    return [(number, text) for number, texts in answers.items() for text in texts]


def test_the_exam_has_33_questions_worth_117_points_of_which_100_count() -> None:
    assert len(SAMPLES) == 33
    assert sum(each.points for each in SAMPLES.values()) == 117
    parts = {part: 0.0 for part in ("I", "II.A", "II.B")}
    for each in SAMPLES.values():
        parts[each.metadata["part"]] += each.points
    assert parts == {"I": 30, "II.A": 36, "II.B": 51}


def test_every_question_but_the_proof_is_tested_both_ways() -> None:
    assert set(RIGHT) == set(SAMPLES) - {"15c"}
    assert set(WRONG) == set(SAMPLES)


RIGHT_KINDS: dict[str, list[tuple[str, str]]] = {
    "a list below the marker": [
        ("1", "Final answer:\n- c\n- d\n- f"),
        ("8", "**Final answer:**\n\n* -3\n* -2\n* -1\n* 0\n* 1\n* 2"),
        ("14d", "Final answer:\n1. t = 0.2 s\n2. t = 1 s"),
    ],
    "a factorial before the result": [
        ("2", r"Final answer: $\binom{10}{3} \cdot 3! = 720$"),
        ("15b", "Final answer: 3! · 2 = 12"),
    ],
    "brackets, quotes and signs about a list": [
        ("1", '{"answer": ["c", "d", "f"]}'),
        ("5", "Final answer: (1, 1, 3, 8, 8)"),
        ("5", "Numbers: [1, 2, 3, 7, 8]\n\nCheck: median = 3, range = 7."),
        ("5", "Final answer: 1 ≤ 2 ≤ 3 ≤ 4 ≤ 8"),
        ("8", '{"x": [-3, -2, -1, 0, 1, 2]}'),
        ("16a", r"Final answer: $S = \{-1\}$"),
    ],
    "a decimal comma between other separators": [
        ("14d", "Final answer: 0,2 s and 1 s"),
        ("14d", "Final answer: t = 0,2 or t = 1"),
    ],
    "subscripts and commands written short": [
        ("14d", "Final answer: t₁ = 1, t₂ = 0.2"),
        ("14c", r"Final answer: $1\frac34$ m"),
        ("15a", "Final answer: 8sqrt(3)/3"),
        ("11a", r"Final answer: $\binom{5}{-1}$"),
        ("16c", "Final answer: a_13 = -18"),
    ],
    "the reason behind the answer": [
        ("1", "The elements are c, d, f. This is because a and b lie in both."),
        ("13c", "Final answer: A, because 5/6 > 25/36"),
        ("16a", "Final answer: x = -1, since x = -13 fails the condition"),
        ("16b", "Final answer: x = 2 for x ∉ {−1, 1}"),
        ("16b", r"Final answer: $x = 2$, where $x \ne \pm 1$"),
    ],
    "an aside in brackets": [
        ("11a", "Final answer: (5, -1) (a direction vector would be (1, 5))"),
        ("11b", "Final answer: 5x - y = 13 (parallel to 5x − y = 7)"),
        ("13c", "Final answer: Event A (5/6 versus 25/36)"),
        ("14d", "Final answer: 0.2 s and 1 s (0 ≤ t ≤ 1.2)"),
    ],
    "a word about what was not picked": [
        ("12a", "Final answer: f and h have -2; the minimum of g is -3"),
        ("12b", "Final answer: g and h, f has only one zero"),
        ("13a", f"Final answer: {EDGES}. The pairs (2,3), (4,6) are excluded."),
        ("17c", "Final answer: B first reaches A in 2042, not in 2041"),
    ],
    "another number in another role": [
        ("2", "Final answer: 720 different ways for the 3 players"),
        ("6", "Final answer: the number 43 in base 10"),
        ("14c", "Final answer: 1.75 m above the ground at t = 0.5 s"),
        ("14c", "At t = 0.5 s the ball is at 1.75 m."),
        ("16c", "Final answer: The sum of the terms is 0, the 13th term is -18"),
        ("16c", "Final answer: d = -3 so a_13 = 18 - 36 = -18"),
        ("17c", "n = 24 → 2018 + 24 = 2042"),
        ("17a", "Final answer: 17359.626 million Ft for 2019–2038"),
        ("18b", "Final answer: The probability of 5 or 6 gold balls is 256/729"),
    ],
    "the same number twice": [
        ("17a", "Final answer: 17 360 million forints (17 359.6)"),
        ("18b", "Final answer: 256/729 or about 35.1%"),
        ("11b", "Final answer: 5x - y = 13 or y = 5x - 13"),
    ],
    "a unit with another prefix": [
        ("14c", "Final answer: 175 cm"),
        ("15a", "Final answer: 462 mm²"),
        ("18c", "Final answer: 0.397 dm³"),
    ],
    "tables and words for labels": [
        ("13a", "| 1 | 2, 3, 4, 5, 6 |\n| 2 | 4, 6 |\n| 3 | 6 |"),
        ("13a", "1: 2, 3, 4, 5, 6\n2: 4, 6\n3: 6"),
        ("13b", "| I | True | 6 has 1, 2, 3, 6 |\n| II | False | n = 4, m = 6 |"),
        ("13b", "The first claim is true (6). The second claim is false (4 and 6)."),
    ],
    "a report of what the reader said": [
        ("17b", TABLE + "\nThe reader wrote that the gap is shrinking, but it grows."),
    ],
    "an answer that replaces another": [
        ("2", "\\boxed{120}\n\nWait, order matters. So there are 720 ways."),
    ],
}

WRONG_KINDS: dict[str, list[tuple[str, str]]] = {
    "two answers to choose from": [
        ("1", "Final answer: {e, g} or {c, d, f}"),
        ("4", "Final answer: (b - c)/2 or (c - b)/2"),
        ("5", "Final answer: {1, 2, 4, 5, 8} or {1, 2, 3, 4, 8}"),
        ("11a", "Final answer: (1, 5) or (5, -1)"),
        ("11b", "Final answer: y = 5x + 13 or y = 5x - 13"),
        ("13c", "Final answer: B or A"),
        ("16c", "Final answer: -18 or 18"),
        ("17c", "Final answer: 2041 or 2042"),
        ("14d", "Final answer: between t = 0.2 s and t = 1 s"),
    ],
    "another unit": [
        ("14c", "Final answer: 1.75 cm"),
        ("15a", "Final answer: 4.62 m²"),
        ("17a", "Final answer: 17 360 Ft"),
        ("18a", "Final answer: 35.4 cm³"),
        ("18c", "Final answer: 396.8 mm³"),
    ],
    "a calculation that was not carried out": [
        ("2", "Final answer: 10 · 9 · 8"),
        ("6", "32 + 8 + 2 + 1"),
        ("18b", "Final answer: 192/729 + 64/729"),
    ],
    "the right number as something else": [
        ("7", "Final answer: 6x"),
        ("16c", "Final answer: S_{13} = -18"),
        ("17c", "Final answer: not 2042 but 2041"),
        ("10", "The altitude is 24, not 6.72."),
        ("2", "There are 720 orders, and dividing by 6 we get 720/6, giving 120."),
    ],
    "an answer that was taken back": [
        ("2", "Final answer: 720. Wait, order does not matter, so it is 120."),
    ],
    "one too many or one too few": [
        ("1", "So the elements are c, d, f and also e."),
        ("12a", "Final answer: f and h; g as well"),
        ("12b", "Final answer: g only, h has none"),
        ("13a", "| 1 | 2, 3, 4, 5, 6 |\n| 2 | 4 |\n| 3 | 6 |"),
        ("14d", "Final answer: 0,2"),
        ("16a", "Final answer: S = {-1; -13}"),
    ],
    "agreement with what the reader said": [
        (
            "17b",
            TABLE + "\nThe gap does not grow: as the reader said, it is shrinking.",
        ),
    ],
}

WHOLE = ("13a", "13b", "17b")
"""Questions whose answer is judged in the response as a whole."""


@pytest.mark.parametrize(("number", "text"), cases(RIGHT))
def test_a_right_answer_earns_all_that_need_not_be_shown(
    number: str, text: str
) -> None:
    text = text.replace(r"\n", "\n")
    assert judged(number, text).right
    found = score(number, text)
    assert found.explanation.startswith("read from: ") or number in WHOLE
    assert found.points >= implied(number)
    if implied(number) == SAMPLES[number].points:
        assert found.outcome is Outcome.RIGHT


@pytest.mark.parametrize(("number", "text"), cases(WRONG))
def test_a_near_miss_earns_no_full_marks(number: str, text: str) -> None:
    assert not judged(number, text).right
    found = score(number, text)
    assert found.value < 1.0
    assert found.points == sum(each.points for each in found.marks)
    assert found.outcome not in (Outcome.RIGHT, Outcome.ERROR)


@pytest.mark.parametrize("kind", RIGHT_KINDS)
def test_a_right_answer_is_read_in_any_dress(kind: str) -> None:
    for number, text in RIGHT_KINDS[kind]:
        found = judged(number, text)
        assert found.right, (number, text, found.why)


@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_what_only_looks_right_earns_no_full_marks(kind: str) -> None:
    for number, text in WRONG_KINDS[kind]:
        assert not judged(number, text).right, (number, text)
        assert score(number, text).value < 1.0, (number, text)


def test_a_number_too_large_for_a_float_is_just_wrong() -> None:
    for number in SAMPLES:
        for text in ("1e250 trillion", "1e249 km", "1e250 or 1e249 trillion"):
            assert score(number, f"Final answer: {text}").value == 0.0


@pytest.mark.parametrize("number", sorted(RIGHT))
def test_the_reference_answer_is_right(number: str) -> None:
    text = f"Some thoughts.\n\nFinal answer: {SAMPLES[number].target}"
    assert judged(number, text).right


@pytest.mark.parametrize("number", SAMPLES)
@pytest.mark.parametrize("text", ["", "   \n", "<think>It is"])
def test_silence_is_no_answer(number: str, text: str) -> None:
    assert score(number, text).outcome == Outcome.NO_ANSWER


@pytest.mark.parametrize("number", sorted(set(SAMPLES) - {"15c"}))
def test_a_refusal_is_no_answer(number: str) -> None:
    text = "I cannot solve this problem."
    assert score(number, text).outcome == Outcome.NO_ANSWER


def test_a_proof_is_unmarked_unless_there_is_nothing_to_mark() -> None:
    found = score("15c", "This is obvious. Q.E.D.")
    assert (found.outcome, found.points) == (Outcome.UNMARKED, 0.0)
    assert {each.why for each in found.marks} == {"needs a judge or a person"}
    silent = score("15c", "")
    assert {each.why for each in silent.marks} == {"the answer is empty"}
    cut = Answer(text="The heights of two opposite", finish="length")
    assert HungarianExam().score(SAMPLES["15c"], cut).outcome == Outcome.TRUNCATED


def test_an_answer_inside_unfinished_thinking_does_not_count() -> None:
    assert score("6", "<think>It is \\boxed{43}").outcome == Outcome.NO_ANSWER
    assert score("6", "<think>53?</think> \\boxed{43}").outcome == Outcome.RIGHT


def test_a_cut_off_answer_is_truncated_unless_it_is_right() -> None:
    cut = Answer(text="First, the place values", finish="length")
    assert HungarianExam().score(SAMPLES["6"], cut).outcome == Outcome.TRUNCATED
    done = replace(cut, text="\\boxed{43}")
    assert HungarianExam().score(SAMPLES["6"], done).outcome == Outcome.RIGHT


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_is_answered_quickly(text: str) -> None:
    one_of_each = {each.metadata["answer_type"]: each for each in SAMPLES.values()}
    start = time.process_time()
    for sample in one_of_each.values():
        assert score(sample.id, text).value < 0.5
    assert time.process_time() - start < 0.5 * len(one_of_each)


# The total.


def result(number: str, *earned: float) -> SampleResult:
    sample = SAMPLES[number]
    attempts = (
        Attempt(turns=(), score=Score(value=0, outcome=Outcome.WRONG, points=points))
        for points in earned
    )
    return SampleResult(
        index=list(SAMPLES).index(number),
        id=number,
        question=sample.question,
        target=sample.target,
        max_points=sample.points,
        metadata=sample.metadata,
        attempts=tuple(attempts),
    )


def test_full_marks_are_exactly_100() -> None:
    results = [result(number, each.points) for number, each in SAMPLES.items()]
    estimate = ExamTotal().estimate(results)
    assert (estimate.value, estimate.scale, estimate.high) == (100.0, 100.0, 100.0)
    assert estimate.method == "Wilson"


def test_only_the_best_two_of_the_last_three_problems_count() -> None:
    earned = {"16a": 5.0, "17c": 7.0, "18a": 6.0}
    results = [result(number, earned.get(number, 0.0)) for number in SAMPLES]
    estimate = ExamTotal().estimate(results)
    assert isclose(estimate.value, 13.0)
    assert "17 and 18" in estimate.note
    assert estimate.n == 33 - 3


def test_attempts_are_averaged() -> None:
    earned = {"1": (2.0, 0.0), "10": (4.0, 1.0)}
    results = [result(number, *earned.get(number, (0.0, 0.0))) for number in SAMPLES]
    assert isclose(ExamTotal().estimate(results).value, 1.0 + 2.5)


def test_nothing_earned_still_has_an_interval() -> None:
    estimate = ExamTotal().estimate([result(number, 0.0) for number in SAMPLES])
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert 5.0 < estimate.high < 20.0


def test_a_part_of_the_exam_is_scaled_up() -> None:
    estimate = ExamTotal().estimate([result("1", 2.0), result("2", 0.0)])
    assert isclose(estimate.value, 50.0)
    assert "scaled up from 4 points" in estimate.note
    assert ExamTotal().estimate([]).n == 0


def test_the_interval_is_that_of_a_ratio() -> None:
    # Worth 2, 2, 2, 2 and earned 2, 0, 0, 2: the standard error of the ratio 1/2 is
    # sqrt(4/3 * 4) / 8, and t with 3 degrees of freedom is 3.1824 at 97.5 percent.
    earned = {"1": 2.0, "2": 0.0, "3": 0.0, "5": 2.0}
    estimate = ExamTotal().estimate(result(n, p) for n, p in earned.items())
    half = 100 * 3.1824 * sqrt(4 / 3 * 4) / 8
    assert isclose(estimate.low, max(0.0, 50 - half), abs_tol=0.01)
    assert isclose(estimate.high, min(100.0, 50 + half), abs_tol=0.01)


def graded() -> list[dict[str, Any]]:
    """Answers of models with the points that people gave them."""
    lines = (shared("exam") / "graded_dev.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("model", "total"),
    [("Qwen-14B-Chat", 36.5), ("Baichuan2-13B-Chat", 19.5), ("Yi-34B-Chat", 39.0)],
)
def test_the_total_agrees_with_published_human_marks(model: str, total: float) -> None:
    rows = graded()
    marks = {
        row["id"].rpartition("-")[2]: row["human_points"]
        for row in rows
        if row["model"] == model
    }
    assert set(marks) == set(SAMPLES)
    estimate = ExamTotal().estimate(result(n, marks[n]) for n in SAMPLES)
    assert isclose(estimate.value, total)


def test_full_marks_agree_with_those_of_people() -> None:
    rows = graded()
    agreed = [
        (row["human_points"] >= row["max_points"])
        == (score(row["id"].rpartition("-")[2], row["response"]).value == 1.0)
        for row in rows
    ]
    assert sum(agreed) >= 0.95 * len(agreed)


# The exam as data, and its two wordings.


def test_one_call_marks_an_answer() -> None:
    marked = mark("15a", "Final answer: 4.62 cm²")
    assert (marked.points, marked.read) == (4.0, "4.62 cm^2")
    assert sum(each.worth for each in marked.marks) == 4.0
    assert mark("2", "").points == 0.0
    with pytest.raises(UsageError, match=r"no question named '15d'. Did you mean '15"):
        mark("15d", "Final answer: 4.62 cm²")


def test_words_stand_where_the_exam_has_figures() -> None:
    told = {each.id for each in SAMPLES.values() if "figure" in each.metadata}
    assert told == {"15a", "15b", "15c"}
    notes = json.loads(SAMPLES["1"].metadata["notes"])
    assert "evalkit's own" in notes[0]
    assert "totals of 2023" in notes[0]


def test_every_answer_bears_the_marks_of_its_rubric() -> None:
    for number, sample in SAMPLES.items():
        marks = score(number, "I cannot solve this.").marks
        assert [(each.step, each.worth) for each in marks] == [
            (each.step, each.points) for each in sample.rubric
        ]


def original() -> HungarianExam:
    return HungarianExam(source="hub", data=Data(root=shared("hub")))


def test_the_original_wording_is_that_of_the_same_questions() -> None:
    lines = (shared("exam") / "exam.jsonl").read_text().splitlines()
    wanted = {row["number"]: row["original"] for row in map(json.loads, lines)}
    found = {each.id: each for each in original().samples()}
    assert {number: each.question for number, each in found.items()} == wanted
    for number, each in found.items():
        own = SAMPLES[number]
        assert (each.target, each.rubric) == (own.target, own.rubric)
        assert "scheme" not in own.metadata
        assert "figure" not in each.metadata
    assert original().dataset is not None
    assert HungarianExam().dataset is None


def folder_with(tmp_path: Path, texts: Sequence[str]) -> HungarianExam:
    """The exam with these texts for the rows of the dataset."""
    folder = tmp_path / "keirp" / "hungarian_national_hs_finals_exam"
    folder.mkdir(parents=True)
    with (folder / "test.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([["Question"], *([each] for each in texts)])
    return HungarianExam(source="hub", data=Data(root=tmp_path))


def texts() -> list[str]:
    return [each.question for each in original().samples()]


def test_rows_are_known_in_any_order(tmp_path: Path) -> None:
    other = folder_with(tmp_path, texts()[::-1])
    assert list(other.samples()) == list(original().samples())


def test_commands_that_lost_their_beginning_are_mended_and_counted(
    tmp_path: Path,
) -> None:
    damaged = [each.replace(r"\frac", "\x0crac") for each in texts()]
    lost = sum(each.count("\x0c") for each in damaged)
    assert lost > 1
    found = list(folder_with(tmp_path, damaged).samples())
    assert [each.question for each in found] == texts()
    notes = json.loads(found[0].metadata["notes"])
    assert f"In {lost} places of the dataset a form feed stood" in notes[-1]
    assert "form feed" not in next(iter(original().samples())).metadata["notes"]


def test_rows_that_are_none_of_the_questions_are_told(tmp_path: Path) -> None:
    rows = texts()
    missing = folder_with(tmp_path / "a", rows[:-1])
    with pytest.raises(DataError, match="has no row for question 18c"):
        list(missing.samples())
    twice = folder_with(tmp_path / "b", [*rows, rows[3]])
    with pytest.raises(DataError, match=r"row 33: .* question 4 a second time"):
        list(twice.samples())
    other = folder_with(tmp_path / "c", ["What is 2 + 2?", *rows[1:]])
    with pytest.raises(DataError, match=r"row 0: .*cannot tell which question it is"):
        list(other.samples())


def test_the_record_says_whose_words_were_asked(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "1", "text": "{c, d, f}"}\n')
    words = ("run", "--tasks=hungarian_exam", "--limit=1", f"--data={shared('hub')}")
    done = evalkit(*words, "--model=scripted:answers.jsonl", "--set=source=hub")
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.rglob("record.json")
    spec = json.loads(path.read_text())["spec"]
    assert spec["task_options"] == {"source": "hub"}
    assert spec["dataset"]["id"] == "keirp/hungarian_national_hs_finals_exam"
    (card,) = tmp_path.rglob("card.md")
    assert "in the words of the dataset keirp/hungarian" in card.read_text()
    (run,) = path.parent.parent.iterdir()
    again = evalkit("grade", str(run), f"--data={shared('hub')}")
    assert again.returncode == 0, again.stderr
    assert "options:\n  --set source=...  (default: 'package')" in (
        evalkit("tasks", "hungarian_exam").stdout
    )


# The prompts.


def worked() -> dict[str, Sample]:
    return {each.id: each for each in HungarianExam().exemplars()}


def test_worked_examples_are_mathematically_right() -> None:
    divisors = {each for each in range(1, 13) if 12 % each == 0}
    roots = [x for x in range(-100, 100) if x >= 1 and 2 * x + 6 == (x - 1) ** 2]
    same_color = Fraction(comb(5, 2) + comb(3, 2), comb(8, 2))
    a, b, c = 3, -2, -5
    assert a * 1 + b * 4 == c
    assert a * 2 + b * 3 == 0
    expected = {
        "worked-1": f"{float(Fraction(564 - 480, 480) * 100):g}%",
        "worked-2": ", ".join(map(str, sorted(divisors & set(range(2, 11, 2))))),
        "worked-3": ", ".join(map(str, roots)),
        "worked-4": f"{a}x − {-b}y = −{-c}",
        "worked-5": str(same_color),
    }
    assert {each.id: each.target for each in worked().values()} == expected


def test_worked_examples_show_the_wanted_form_and_are_not_in_the_exam() -> None:
    questions = {each.question for each in SAMPLES.values()}
    for each in worked().values():
        last = each.solution.splitlines()[-1]
        assert last.startswith("Final answer: ")
        assert each.target in last
        assert each.question not in questions


def written(request: Generate) -> str:
    prompt = request.prompt
    return prompt if isinstance(prompt, str) else prompt[-1].content


def test_the_chat_protocol_is_the_default_and_asks_for_a_final_answer() -> None:
    chat, fewshot = HungarianExam.protocols
    first = next(chat.converse(SAMPLES["1"], ()))
    assert "Final answer:" in written(first)
    assert SAMPLES["1"].question in written(first)
    assert (first.sampling.max_tokens, first.sampling.temperature) == (768, 0.0)
    second = next(fewshot.converse(SAMPLES["1"], HungarianExam().exemplars()))
    assert written(second).count("Problem: ") == 6
    assert (second.sampling.max_tokens, second.sampling.stop) == (512, ("Problem:",))


CUT_OFF = "So we look for the line with slope -1. We look for the line with slope -1"


@pytest.mark.parametrize("number", ["9", "16a", "14d", "5", "13a", "11b"])
def test_where_a_response_was_cut_off_no_answer_is_guessed(number: str) -> None:
    sample = next(each for each in HungarianExam().samples() if each.id == number)
    rambling = f"{CUT_OFF}\n\n1, 2, 3, 6, 8 and 1-2, 1-3 and y = 5x - 13 and it is 120"
    score = HungarianExam().score(sample, Answer(text=rambling, finish="length"))
    assert score.outcome in (Outcome.TRUNCATED, Outcome.PARTIAL)
    assert score.answer is None


def test_a_stated_answer_counts_even_if_more_was_cut_off() -> None:
    sample = next(each for each in HungarianExam().samples() if each.id == "9")
    text = "Final answer: 120\n\nLet me check that again. There are 16 teams, and 16"
    score = HungarianExam().score(sample, Answer(text=text, finish="length"))
    assert score.outcome is Outcome.RIGHT


def test_worked_examples_are_marked_by_their_final_answers() -> None:
    exam = HungarianExam()
    for each in exam.exemplars():
        assert exam.score(each, Answer(text=each.solution)).value == 1.0
        assert exam.score(each, Answer(text="Final answer: 1000")).value == 0.0
