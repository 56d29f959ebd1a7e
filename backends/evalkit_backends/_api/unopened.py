"""Answers that show that a server's chat template begins a thought, told by nobody."""

from evalkit import Completion, Thinking


class Unopened:
    """Counts answers that end a thought which nothing in them had begun, and those that
    were cut off without any tag: where there are some of both, these are thoughts."""

    def __init__(self) -> None:
        self._ended = self._cut = 0

    def see(self, came: Completion, told: Completion, thinking: Thinking) -> None:
        """Take note of an answer as it came, and as it was told apart."""
        if told.text != came.text:
            first = thinking.found(came.text).thoughts[:1]
            self._ended += any(each.start == each.first for each in first)
        elif came.finish == "length" and not came.reasoning:
            self._cut += 1

    @property
    def hint(self) -> str:
        """What to do about it; empty if there is nothing."""
        if not (self._ended and self._cut):
            return ""
        return (
            f"{self._ended} answers end a thought that nothing in them began, and "
            f"{self._cut} were cut off before any tag and are judged as they stand: if "
            "the chat template begins the thought, say so by --backend-set "
            "'thinking=...</think>', with the tag that ends it"
        )
