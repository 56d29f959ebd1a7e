"""A first look at a response: most have nothing that thoughts are told by.

It spares those who ask the table of tags, which takes as long to read as a scoring
process takes for a hundred answers.
"""

HEADS = ("<", "[", "◁", "Here")
"""How all texts in the table begin."""


def may_think(text: str) -> bool:
    """Whether a response may have a tag of the table in it."""
    return any(head in text for head in HEADS)
