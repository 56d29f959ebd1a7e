"""The manners of writing that are open to a model, the quickest first."""

from collections.abc import Sequence
from dataclasses import replace

from evalkit_backends._hf.batch import Decoder, PlainDecoder
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.limits import Limits
from evalkit_backends._hf.writer import Manner


def manners(
    forward: Forward, padding: int, ends: frozenset[int], limits: Limits
) -> Sequence[Manner]:
    """All manners for a model, of which the last is the plain one."""
    plain = Manner(
        "each token by a pass over all before it",
        PlainDecoder(forward, padding, ends),
        replace(limits, rows=1, joins=False),
    )
    if forward.unkept:
        return (plain,)
    return (
        Manner("rows beside each other", Decoder(forward, padding, ends), limits),
        Manner(
            "one row at a time",
            Decoder(forward, padding, ends),
            replace(limits, rows=1, joins=False),
        ),
        plain,
    )
