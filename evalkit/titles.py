"""What people call a task, and the parts of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What people call a task and its parts; nothing that a score depends on."""

    task: str = ""
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the names of the parts, those of an exam."""

    def part(self, name: str) -> str:
        """A part's name, and its title behind that if it has one."""
        title = self.parts.get(name, "")
        return f"{name}: {title}" if title else name
