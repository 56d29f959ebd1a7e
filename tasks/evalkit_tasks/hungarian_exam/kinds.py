"""Which judge reads which type of answer."""

from collections.abc import Mapping
from types import MappingProxyType

from evalkit_tasks.hungarian_exam.claims import Claims
from evalkit_tasks.hungarian_exam.events import MoreProbable
from evalkit_tasks.hungarian_exam.graph import EdgeSet
from evalkit_tasks.hungarian_exam.judge import Judge
from evalkit_tasks.hungarian_exam.labels import LabelSet
from evalkit_tasks.hungarian_exam.linear import (
    Direction,
    LineEquation,
    VectorExpression,
)
from evalkit_tasks.hungarian_exam.listed import (
    ConstructedList,
    IntegerList,
    LetterSet,
    NumberSet,
)
from evalkit_tasks.hungarian_exam.numeric import Number
from evalkit_tasks.hungarian_exam.proof import Proof
from evalkit_tasks.hungarian_exam.table import Table

JUDGES: Mapping[str, type[Judge]] = MappingProxyType(
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
