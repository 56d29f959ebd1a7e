"""Proofs, which no final answer can show."""

from dataclasses import dataclass
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding


@dataclass(frozen=True, kw_only=True)
class Proof(Final):
    """Earns nothing until a judge or a person reads it."""

    wanted: ClassVar[str] = "proof"

    proof: str

    @property
    def target(self) -> str:
        return self.proof

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        why = "a proof cannot be judged by a final answer: it needs a judge or a person"
        return Finding(None, False, why)

    def look(self, passage: str, question: str) -> Finding | None:
        return None
