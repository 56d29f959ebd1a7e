"""Whether weights are those of the model that they are loaded into."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Self, TypeAlias

from evalkit_backends._models.naming import shortened, some

Shape: TypeAlias = tuple[int, ...]
NUMBER = re.compile(r"[0-9]+")
UNUSED = "unused_weights"
"""The option that names weights which may be left over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a loader says of weights and the model that they were meant for."""

    missing: Sequence[str] = ()
    """Weights of the model that no file holds: they would be random."""
    surplus: Sequence[str] = ()
    """Weights in the files that the model has no place for."""
    misshapen: Mapping[str, tuple[Shape, Shape]] = field(
        default_factory=dict[str, tuple[Shape, Shape]]
    )
    """Weights whose shape in the files, the first, is not the model's."""

    @classmethod
    def compared(cls, held: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> Self:
        """Of weights held in files and those that are wanted, by name."""
        return cls(
            missing=in_order(wanted.keys() - held.keys()),
            surplus=in_order(held.keys() - wanted.keys()),
            misshapen={
                name: (held[name], wanted[name])
                for name in in_order(held.keys() & wanted.keys())
                if held[name] != wanted[name]
            },
        )

    def without(self, unused: str) -> "Fit":
        """The same where weights whose names match a pattern may be left over."""
        left = [each for each in self.surplus if not fnmatchcase(each, unused)]
        return replace(self, surplus=left)

    @property
    def problem(self) -> str:
        """What does not fit, in one line; empty if all does."""
        said = [
            *counted(self.missing, "missing"),
            *counted(self.surplus, "left over"),
            *self._shapes(),
        ]
        if prefix := self._prefix():
            said.append(
                f"what is left over begins with {prefix!r}, which wrappers for "
                "training leave: save the model without its wrapper"
            )
        elif self.surplus and len(said) == 1:
            said.append(
                f"if the model is whole without: --backend-set {UNUSED}=PATTERN"
            )
        return "; ".join(said)

    def _shapes(self) -> Sequence[str]:
        if not self.misshapen:
            return ()
        shown = [
            f"{shortened(name)}: {shaped(held)}, not {shaped(wanted)}"
            for name, (held, wanted) in list(self.misshapen.items())[:3]
        ]
        more = ", …" if len(self.misshapen) > len(shown) else ""
        count = len(self.misshapen)
        which = "1 has" if count == 1 else f"{count} have"
        return (f"{which} another shape ({', '.join(shown)}{more})",)

    def _prefix(self) -> str:
        """What stands before the names left over, where without it they are those that
        are missing."""
        if not self.surplus or not self.missing:
            return ""
        first, wanted = self.surplus[0], set(self.missing)
        ends = (first[place:] for place in range(1, len(first)))
        found = next((end for end in ends if end in wanted), None)
        if found is None:
            return ""
        prefix = first.removesuffix(found)
        stripped = {each.removeprefix(prefix) for each in self.surplus}
        return prefix if stripped <= wanted else ""


def in_order(names: Iterable[str]) -> Sequence[str]:
    """Names in the order of a model's layers: 2 comes before 10."""
    return sorted(names, key=lambda name: NUMBER.sub(lambda n: n[0].zfill(9), name))


def counted(names: Sequence[str], what: str) -> Sequence[str]:
    """How many there are of something, and the first of them; nothing if none."""
    if not names:
        return ()
    are = "is" if len(names) == 1 else "are"
    return (f"{len(names)} {are} {what} ({some(names)})",)


def shaped(shape: Shape) -> str:
    """A shape for people."""
    return " x ".join(map(str, shape)) or "a number"
