"""Why a question got no verdict: the kinds, and whether asking again can help."""

from enum import StrEnum
from types import MappingProxyType


class Failure(StrEnum):
    """The kind of a failure, which its words vary."""

    TOO_LONG = "too_long"
    """Prompt and answer need more room than the model has."""
    PROMPT = "prompt"
    """The chat template or the tokenizer does not take the prompt."""
    MEMORY = "memory"
    REFUSED = "refused"
    """The server takes no such request."""
    FILTERED = "filtered"
    """A filter of the server's holds the question or the answer back."""
    UNREADABLE = "unreadable"
    """What came is no answer."""
    SERVER = "server"
    """A server, or the way to it, failed in a manner that may pass."""
    LATE = "late"
    """No answer within the time allowed for it."""
    LOST = "lost"
    """What worked on the request died, and did so again."""
    NUMBERS = "numbers"
    """The model's numbers are not finite, or are none that there can be."""
    UNANSWERED = "unanswered"
    """There is no answer in what was written beforehand."""
    TURNS = "turns"
    """The conversation did not come to an end."""
    PROTOCOL = "protocol"
    """The protocol's code raised."""
    SCORING = "scoring"
    """The task's code for judging an answer raised, or gave what is no score."""
    SCORING_DIED = "scoring_died"
    """Judging the answer killed the process that did it."""
    SCORING_LATE = "scoring_late"
    """Judging the answer took too long."""
    OTHER = "other"
    """A backend that told no kind failed."""

    @property
    def passes(self) -> bool:
        """Whether the same command may bring what it did not bring this time."""
        return self in PASSING

    @property
    def is_of_code(self) -> bool:
        """Whether it lies in the code of a task or a protocol, which can be mended."""
        return self in OF_CODE

    @property
    def told(self) -> str:
        """The kind, in words."""
        return WORDS[self]


PASSING = frozenset({Failure.SERVER, Failure.LATE, Failure.LOST, Failure.OTHER})
OF_CODE = frozenset(
    {
        Failure.TURNS,
        Failure.PROTOCOL,
        Failure.SCORING,
        Failure.SCORING_DIED,
        Failure.SCORING_LATE,
    }
)
WORDS = MappingProxyType(
    {
        Failure.TOO_LONG: "too long for the model",
        Failure.PROMPT: "prompt not taken by the model's template",
        Failure.MEMORY: "not enough memory",
        Failure.REFUSED: "refused by the server",
        Failure.FILTERED: "held back by a content filter",
        Failure.UNREADABLE: "answer that cannot be read",
        Failure.SERVER: "trouble of the server or on the way to it",
        Failure.LATE: "no answer in time",
        Failure.LOST: "lost with what worked on it",
        Failure.NUMBERS: "numbers that cannot be",
        Failure.UNANSWERED: "no answer there",
        Failure.TURNS: "conversation without an end",
        Failure.PROTOCOL: "error in the protocol's code",
        Failure.SCORING: "error in the task's scoring",
        Failure.SCORING_DIED: "scoring process died",
        Failure.SCORING_LATE: "scoring took too long",
        Failure.OTHER: "failed in the backend",
    }
)
