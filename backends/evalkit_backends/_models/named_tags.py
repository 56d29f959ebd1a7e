"""The tags that a user names for a model's thoughts."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit import Tags


def tags_of(text: str) -> "tuple[Tags, ...]":
    """The tags of the option `thinking`; raises ValueError for a text that has none."""
    from evalkit import tags_in  # which a list of backends does not need

    return tags_in(text)
