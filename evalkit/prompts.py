"""Reading prompts as a model will: what of them was damaged on the way to it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from evalkit.places import FIELDS, unfilled
from evalkit.protocol import Protocol, held
from evalkit.seams import ANSWER, sound_request
from evalkit.text import visible
from evalkit.types import Completion, Generate, Prompt, Ranked, Request, Sample

DAMAGED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]"
    r"|\t(?=(?:ext|imes|heta|frac|ilde|riangle)\b)"
    r"|\r(?=(?:ight|ho|angle|floor|ceil|m|ightarrow)\b)"
)
"""Control characters but those that end lines or part words, halves of surrogate pairs,
the replacement character; and what was the beginning of a LaTeX command."""
ESCAPES = MappingProxyType(
    {"\a": "a", "\b": "b", "\t": "t", "\v": "v", "\f": "f", "\r": "r"}
)
MOST_TURNS = 16
SPELLINGS = str.maketrans("‘’“”‐‑‒–—−", "''\"\"------")


def prompts(
    protocol: Protocol, sample: Sample, exemplars: Sequence[Sample], said: str
) -> Iterator[Request]:
    """What a protocol asks about a sample, of a model that always says the same."""
    conversation = held(protocol, sample, exemplars)
    request = sound_request(next(conversation))
    for _ in range(MOST_TURNS):
        yield request
        try:
            request = sound_request(conversation.send(answered(request, said)))
        except StopIteration as end:
            ANSWER(end.value)
            return
    conversation.close()


def answered(request: Request, said: str) -> Completion:
    """A completion, whatever is asked: a text, or all choices equally likely."""
    if isinstance(request, Generate):
        return request.completion(said)
    return request.ranking(
        [
            Ranked(logprob=-1.0, tokens=1, size=len(each.encode()), greedy=False)
            for each in request.choices
        ]
    )


def texts(prompt: Prompt) -> tuple[str, ...]:
    """The texts of a prompt, one per message."""
    if isinstance(prompt, str):
        return (prompt,)
    return tuple(message.content for message in prompt)


class Apart:
    """Whether samples that ask for something else are asked in other words."""

    def __init__(self, exemplars: Sequence[Sample]) -> None:
        self._exemplars = exemplars
        self._asked: dict[bytes, tuple[str, str, str]] = {}
        self.repeated = 0
        """How many samples are asked as one before them is, and ask the same."""
        self._targets: set[str] = set()

    def problem(self, sample: Sample, asked: Sequence[Request]) -> str:
        """What is wrong with all that is asked about a sample; empty if nothing is."""
        for each in asked:
            if name := left_open(each.prompt, (sample, *self._exemplars)):
                return f"is asked with {{{name}}} as it stands in the template"
        return self._as_another(sample, asked)

    def _as_another(self, sample: Sample, asked: Sequence[Request]) -> str:
        """Whether another is asked the same, of which not the same can be meant.

        Some datasets have a question twice, at times with two answers; that is theirs.
        """
        self._targets.add(sample.target)
        words = repr(asked).encode(errors="surrogatepass")
        key, question = hashlib.sha256(words).digest(), same_question(sample)
        other, its_question, its_target = self._asked.setdefault(
            key, (sample.id, question, sample.target)
        )
        if other == sample.id:
            return ""
        same = question == its_question and (question or sample.target == its_target)
        self.repeated += bool(same)
        return "" if same else f"is asked just as sample {other!r} is"

    def all_alike(self) -> str:
        """Whether all samples are asked in the same words, and answered by others."""
        few = len(self._asked) == 1 and self.repeated
        return (
            "all samples are asked the same" if few and len(self._targets) > 1 else ""
        )


def left_open(prompt: Prompt, samples: Sequence[Sample]) -> str:
    """A place in a prompt that a datum of the sample was meant for, and that nothing
    was put into; empty if there is none. The first of the samples is asked."""
    own = "\0".join(
        text
        for each in samples
        for text in (each.question, each.target, each.solution, *each.choices)
    )
    known = FIELDS | samples[0].metadata.keys()
    names = (name for text in texts(prompt) for name in unfilled(text))
    return next(
        (name for name in names if name in known and f"{{{name}}}" not in own), ""
    )


def damage(prompt: Prompt) -> str:
    """What is wrong with the characters of a prompt; empty if nothing is."""
    found = [
        (text, match) for text in texts(prompt) for match in DAMAGED.finditer(text)
    ]
    if not found:
        return ""
    text, match = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{description(text, match.start())}{more}"


def description(text: str, place: int) -> str:
    """A damaged character, what stands around it, and what it may have been."""
    character = text[place]
    around = visible(text[max(0, place - 15) : place + 15].replace("\t", "\\x09"))
    what = f"U+{ord(character):04X} in '{' '.join(around.split())}'"
    following = re.match(r"[A-Za-z]{1,12}", text[place + 1 : place + 13])
    if character in ESCAPES and following:
        command = f"\\{ESCAPES[character]}{following[0]}"
        return f"{what}, perhaps {command} in a string that was not raw"
    if character == "�":
        return f"{what}, left by a wrong encoding"
    return what


def same_question(sample: Sample) -> str:
    """A question as it is told from others: spaces, case and quotes left aside."""
    text = "\n".join((sample.question, *sample.choices)).translate(SPELLINGS)
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(plain.split()).rstrip(".?!:")
