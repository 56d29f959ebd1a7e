"""How much of anything is looked at: the text comes from a model and may be anything.

A text beyond these limits is not read as mathematics; no limit cuts a number short.
"""

MAX_CHARS = 4000
"""Of an answer that is read as mathematics."""
MAX_TOKENS = 2500
MAX_DEPTH = 40
MAX_ITEMS = 400
"""In a list or set, and cells of a matrix."""
MAX_DIGITS = 1200
"""Of one number as it is written."""
MAX_BITS = 20_000
"""Of the parts of a fraction that is computed exactly."""
MAX_EXPONENT = 4000
"""Of a power of ten in scientific notation."""
MAX_SIGNS = 4
"""Of plus-minus signs in one expression: each doubles what it stands for."""
MAX_PRECISION = 2000
"""Decimal digits of a numerical comparison."""
MAX_WORK = 40_000
"""Of a numerical comparison: decimal digits times parts of the expressions."""
MAX_PARTS = 50
"""Inequalities or intervals that are made one set of numbers."""
MAX_MAGNITUDE = 1 << 20
"""Binary exponent of a number in a numerical comparison."""
MAX_PAIRINGS = 20_000
"""Comparisons of items while two unordered lists are matched."""
