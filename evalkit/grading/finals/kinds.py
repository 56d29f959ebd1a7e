"""Which class reads which type of answer."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from evalkit.grading.finals.claims import Claims
from evalkit.grading.finals.constructed import ConstructedList
from evalkit.grading.finals.events import MoreProbable
from evalkit.grading.finals.final import Final
from evalkit.grading.finals.graph import EdgeSet
from evalkit.grading.finals.labels import LabelSet
from evalkit.grading.finals.linear import (
    Direction,
    LineEquation,
    VectorExpression,
)
from evalkit.grading.finals.listed import (
    IntegerList,
    LetterSet,
    NumberSet,
)
from evalkit.grading.finals.numeric import Number
from evalkit.grading.finals.proof import Proof
from evalkit.grading.finals.table import Table

FINALS: Mapping[str, type[Final]] = MappingProxyType(
    {
        "choice_with_values": MoreProbable,
        "constructed_list": ConstructedList,
        "edge_set": EdgeSet,
        "integer_list": IntegerList,
        "label_set": LabelSet,
        "line_equation": LineEquation,
        "number": Number,
        "number_plus_proof": Number,
        "number_set": NumberSet,
        "proof": Proof,
        "set": LetterSet,
        "table_plus_argument": Table,
        "truth_values_with_witness": Claims,
        "vector_expression": VectorExpression,
        "vector_up_to_scale": Direction,
    }
)


def final_of(answer_type: str, answer: bytes | str) -> Final:
    """The judge of a type of answer, from its reference answer as JSON.

    Raises msgspec.ValidationError, which names the field, if that answer is none of
    the type, and KeyError for a type that is not in `FINALS`.
    """
    return msgspec.json.decode(answer, type=FINALS[answer_type])
