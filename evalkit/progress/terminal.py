"""Progress on a terminal: lines that move."""

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from evalkit.estimate import Outlook
from evalkit.progress.display import Display
from evalkit.progress.line import rows
from evalkit.progress.tally import Tally

BAR = 24
"""How wide a bar is."""
ROOMY = 110
"""Columns of a terminal that has room for bars."""


class TerminalDisplay(Display):
    """Lines that are redrawn in place, with bars where there is room for them."""

    def __init__(self, console: Console, ahead: Outlook | None = None) -> None:
        super().__init__(ahead)
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self) -> None:
        self._live.update(self._table(), refresh=True)

    def say(self, line: str) -> None:
        self._live.console.print(Text(line))

    def close(self) -> None:
        self.show()
        self._live.stop()

    def _table(self) -> Table:
        """Rows that are never wider than the terminal."""
        width = self._live.console.width - 1
        barred = width >= ROOMY
        table = Table.grid(padding=(0, 1), pad_edge=False)
        lines = self.lines()
        room = width - (BAR + 1) * barred
        shown = rows([(name, parts) for name, parts, _ in lines], room)
        for (name, told), (*_, tally) in zip(shown, lines, strict=True):
            bar = [bar_of(tally)] if barred else []
            table.add_row(Text(name, no_wrap=True), *bar, Text(told, no_wrap=True))
        return table


def bar_of(tally: Tally | None) -> ProgressBar | Text:
    """How much of a run is done."""
    if tally is None:
        return Text("")
    return ProgressBar(total=tally.samples, completed=tally.done, width=BAR)
