"""Finding secrets in texts, whole or in pieces, however they are written there."""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from evalkit.secrets.telling import PIECE, SHORT_PIECE, least_of

HIDDEN = "[key]"
"""What stands in place of a secret."""
ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|\\[uxnrt]|&#")
CODED = re.compile(r"%[0-9A-Fa-f]{2}|\\[ux]|&#")
BREAK = re.compile(r"\\+[nrt]")
"""A line end or tab as JSON and Python write it."""
MEANT = re.compile(
    r"%(?:25)*([0-9A-Fa-f]{2})"
    r"|\\+[ux]\{?(?:00)?([0-9A-Fa-f]{2})\}?"
    r"|&#[xX]0*([0-9A-Fa-f]{2});"
    r"|&#0*([0-9]{2,3});"
    r"|\\+[nrt]"
    r"|[!-~]"
)
"""A printed character, as it is or escaped; whatever stands between two is a break."""
LOWER = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
BLANK = bytes(each for each in range(256) if not 33 <= each <= 126)
NOT_LEAN = bytes(each for each in range(256) if not chr(each).isalnum() or each > 126)

Span: TypeAlias = tuple[int, int]
"""From the first character to behind the last."""
Sign: TypeAlias = tuple[str, int, int]
"""A printed character in small letters, and where it stands."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a secret, in small letters."""

    text: str
    least: int
    """Characters in a row that are a piece of it."""
    is_lean: bool = True
    """Whether only letters and digits are looked at."""
    is_coded: bool = False
    """Whether it is a word without meaning, for programs."""

    def pieces(self) -> Iterator[str]:
        """All that are as short as a piece may be."""
        for start in range(len(self.text) - self.least + 1):
            yield self.text[start : start + self.least]

    def probes(self) -> Iterator[bytes]:
        """Shorter parts side by side: wherever a piece stands, one of them does."""
        size = (self.least + 1) // 2
        for start in range(0, len(self.text) - size + 1, size):
            yield self.text[start : start + size].encode()


def forms_of(value: str, least: int) -> Iterator[Form]:
    """The ways to write a secret that are looked for: with or without its punctuation,
    in hexadecimal digits, and in base64 behind any number of other bytes."""
    yield Form(value.lower(), least, is_lean=False)
    yield Form(lean(value), least)
    raw = value.encode()
    yield Form(raw.hex(), 2 * least, is_coded=True)
    for before, lost in ((0, 0), (1, 2), (2, 3)):
        coded = base64.b64encode(bytes(before) + raw).decode()
        yield Form(lean(coded[lost:]), least * 4 // 3, is_coded=True)


def lean(text: str) -> str:
    """The letters and digits of a text, in small letters."""
    return text.encode("ascii", "ignore").translate(LOWER, NOT_LEAN).decode()


@dataclass(frozen=True)
class Secrets:
    """Some secrets, to be looked for in texts."""

    values: tuple[tuple[str, int], ...] = ()
    """Each with how many characters in a row give it away."""

    @classmethod
    def of(cls, values: Iterable[str]) -> "Secrets":
        """Those of the values that are secrets."""
        told = {value: least_of(value) for value in values}
        return cls(tuple((value, least) for value, least in told.items() if least))

    @classmethod
    def of_pieces(cls, pieces: Sequence[str]) -> "Secrets":
        """What texts have of secrets that nobody need know any more."""
        meant = ["".join(s for s, _, _ in meant_signs(each)) for each in pieces]
        plain = ["".join(s for s, _, _ in plain_signs(each)) for each in pieces]
        return cls(tuple((each, PIECE) for each in dict.fromkeys((*plain, *meant))))

    def __bool__(self) -> bool:
        return bool(self.values)

    def __or__(self, others: "Secrets") -> "Secrets":
        return Secrets(tuple(dict.fromkeys((*self.values, *others.values))))

    def spans(self, text: str) -> tuple[Span, ...]:
        """Where a text has pieces of a secret."""
        if not self.values or not self._may_stand_in(text):
            return ()
        return merged(self._found(text))

    def hide(self, text: str) -> str:
        """The text without them. To be cut to a length only then: the beginning of a
        secret is a piece of it, too."""
        return without(text, self.spans(text))

    @cached_property
    def _forms(self) -> Sequence[Form]:
        return [
            form
            for value, least in self.values
            for form in dict.fromkeys(forms_of(value, least))
            if len(form.text) >= form.least
        ]

    @cached_property
    def _probes(self) -> Sequence[tuple[bytes, bool, Sequence[bytes]]]:
        """What to leave out of a text, and what to look for in the rest; whether that
        is coded."""
        kinds = ((BLANK, False, False), (NOT_LEAN, True, False), (NOT_LEAN, True, True))
        return [
            (
                left_out,
                is_coded,
                [
                    *dict.fromkeys(
                        probe
                        for form in self._forms
                        if (form.is_lean, form.is_coded) == (is_lean, is_coded)
                        for probe in form.probes()
                    )
                ],
            )
            for left_out, is_lean, is_coded in kinds
        ]

    @cached_property
    def _pieces(self) -> Sequence[tuple[int, bool, frozenset[str]]]:
        """All pieces by their length, and whether they are lean."""
        found: dict[tuple[int, bool], set[str]] = {}
        for form in self._forms:
            kind = form.least, form.is_lean
            found.setdefault(kind, set()).update(form.pieces())
        return [(*kind, frozenset(pieces)) for kind, pieces in found.items()]

    def _may_stand_in(self, text: str) -> bool:
        """A quick look, for nearly all texts have none: whether to look closely."""
        if self._shows(text):
            return True
        if "\\" in text and self._shows(BREAK.sub("", text)):
            return True
        return bool(CODED.search(text))

    def _shows(self, text: str) -> bool:
        """Whether a text has a probe of a secret."""
        raw = text.encode("utf-8", "surrogatepass")
        has_codes = max(map(len, text.split()), default=0) >= 2 * SHORT_PIECE
        return any(
            probe in rest
            for left_out, is_coded, probes in self._probes
            if has_codes or not is_coded
            for rest in (raw.translate(LOWER, left_out),)
            for probe in probes
        )

    def _found(self, text: str) -> Iterator[Span]:
        """Pieces in a text as it is and, if it has any escapes, as these mean it."""
        yield from self._found_in([*plain_signs(text)])
        if ESCAPED.search(text):
            yield from self._found_in([*meant_signs(text)])

    def _found_in(self, signs: Sequence[Sign]) -> Iterator[Span]:
        for is_lean in (False, True):
            kept = [each for each in signs if not is_lean or each[0].isalnum()]
            written = "".join([each[0] for each in kept])
            for least, kind, pieces in self._pieces:
                if kind is not is_lean:
                    continue
                for start in range(len(written) - least + 1):
                    if written[start : start + least] in pieces:
                        yield kept[start][1], kept[start + least - 1][2]


def plain_signs(text: str) -> Iterator[Sign]:
    """The printed characters of a text."""
    for place, sign in enumerate(text):
        if "!" <= sign <= "~":
            yield sign.lower(), place, place + 1


def meant_signs(text: str) -> Iterator[Sign]:
    """The printed characters of a text, escapes being what they stand for."""
    for found in MEANT.finditer(text):
        percent, unicode, entity, decimal = found.groups()
        number = percent or unicode or entity
        if number:
            sign = chr(int(number, 16))
        elif decimal:
            sign = chr(int(decimal))
        else:
            sign = found[0]
        if len(sign) == 1 and "!" <= sign <= "~":
            yield sign.lower(), found.start(), found.end()


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in their order, those that touch each other made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def without(text: str, spans: Iterable[Span]) -> str:
    """A text with what stands in the spans replaced."""
    kept: list[str] = []
    end = 0
    for start, stop in spans:
        kept += [text[end:start], HIDDEN]
        end = stop
    return "".join([*kept, text[end:]]) if kept else text
