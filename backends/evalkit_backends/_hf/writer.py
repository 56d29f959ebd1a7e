"""Writing: which rows are worked on, and what if memory ends or a manner does not hold.

One step either reads some prompts or writes a few tokens for all rows. Rows that
finish make room for waiting ones, so that the batch stays full. When memory runs out
the batch is halved for good, and its rows go back to wait with what they had written:
reading that again is all that is lost.

Before a row is handed out, what was told of it is compared with a plain pass, unless
one of its extent was. Where that finds something else, all rows that were not handed
out start over in the next manner.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evalkit_backends._hf.batch import Batch, Decoder
from evalkit_backends._hf.findings import of_writing
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.limits import Limits
from evalkit_backends._hf.memory import is_out_of_memory, release
from evalkit_backends._hf.trial import Trial, why_not
from evalkit_backends._hf.trunks import Group
from evalkit_backends._hf.waiting import Waiting
from evalkit_backends._hf.writing import Writing

TOKENS_PER_STEP = 16
"""Written between two looks at which rows have finished."""


@dataclass(frozen=True, slots=True)
class Manner:
    """A way of writing."""

    told: str
    """What it does, for people."""
    decoder: Decoder
    limits: Limits


@dataclass(slots=True)
class Work:
    """All rows, from waiting to done."""

    waiting: Waiting
    working: list[Writing] = field(default_factory=list[Writing])
    """The unfinished rows of the batches below."""
    fresh: list[Batch] = field(default_factory=list[Batch])
    """Just read, and about to join the batch."""
    batch: Batch | None = None
    lost: list[Writing] = field(default_factory=list[Writing])
    """Those that do not fit into memory even by themselves."""


class Writer:
    """Takes rows and writes them, in manners of which the last is the plain one."""

    def __init__(
        self,
        forward: Forward,
        manners: Sequence[Manner],
        decode: Callable[[Sequence[int]], str],
    ) -> None:
        self._forward = forward
        self._manners = [*manners]
        self._decode = decode
        self._trial = Trial(forward)
        self._left: list[str] = [forward.unkept] if forward.unkept else []
        """Why quicker manners are not taken."""
        self._before = 0
        """Tokens written in manners that were left."""
        self._work = self._begun()

    @property
    def written(self) -> int:
        """Tokens written so far, by all rows."""
        return self._before + self._manner.decoder.written

    @property
    def at_work(self) -> int:
        """How many rows are being worked on."""
        return len(self._work.working)

    @property
    def rows(self) -> int:
        """How many rows a batch may have."""
        return self._manner.limits.rows

    @property
    def _manner(self) -> Manner:
        return self._manners[0]

    def submit(self, rows: Sequence[Writing]) -> None:
        """Take rows; they are begun when there is room for them."""
        self._work.waiting.add(rows)

    def withdraw(self) -> Sequence[Writing]:
        """Let all rows go that are not being worked on."""
        return self._work.waiting.withdraw()

    def step(self) -> Sequence[Writing]:
        """Read some rows or write a few tokens; give those that are done with.

        One that has not finished by then does not fit into memory.
        """
        work = self._work
        group = work.waiting.group()
        rows = self._next_rows(group)
        work.waiting.take(len(rows))
        work.working += rows
        try:
            self._advance(rows, group.shared)
            self._compare()
        except Exception as exc:
            if is_out_of_memory(exc):
                self._retreat(copies=bool(rows and group.shared))
            elif len(self._manners) > 1:
                self._leave_manner(exc)
            else:
                raise
        if not self._work.waiting.shares:
            self._manner.decoder.forget()
        return self._take_done()

    def told(self) -> str:
        """How rows are written and what that was tried with; empty if none were."""
        if not self.written:
            return ""
        said = [self._manner.told, self._trial.told(), *self._left]
        return "; ".join(each for each in said if each)

    def _begun(self) -> Work:
        """Nothing to do yet, in the manner of now."""
        return Work(Waiting(self._forward.regimes, shares=self._manner.limits.joins))

    def _next_rows(self, group: Group[Writing]) -> Sequence[Writing]:
        """The rows to read now, which must be read as those are that are written."""
        work, regimes = self._work, self._forward.regimes
        lengths = [each.length for each in (*work.working[:1], *group.questions[:1])]
        if len(lengths) > 1 and regimes.common(lengths) is None:
            return ()
        filling = bool(work.fresh)
        return self._manner.limits.next_rows(group, work.working, filling=filling)

    def _advance(self, rows: Sequence[Writing], trunk: int) -> None:
        """Read these rows, which begin with the same `trunk` tokens, or if there are
        none write."""
        work, decoder = self._work, self._manner.decoder
        if rows:
            batch = decoder.read(rows, trunk)
            work.fresh.append(batch)
            self._part(batch)
        else:
            batches = [*([work.batch] if work.batch else []), *work.fresh]
            work.fresh, work.batch = [], None
            work.batch = decoder.gathered(batches)
            for _ in range(TOKENS_PER_STEP):
                if work.batch is None or not work.batch.active:
                    break
                decoder.write(work.batch)
                self._part(work.batch)
        for row in work.working:
            row.search(self._decode)

    def _part(self, batch: Batch) -> None:
        """Let rows start over that have become so long as to be read otherwise."""
        regimes = self._forward.regimes
        if not (regimes.change and self._manner.decoder.keeps):
            return
        for row in batch.active:
            if regimes.of(row.length) != row.regime:
                self._work.waiting.add([row.parted()])

    def _compare(self) -> None:
        """Compare rows that have finished with plain passes, if none alike was."""
        if not self._manner.decoder.keeps:
            return
        rows = [row for row in self._work.working if row.finished and row.told]
        for place in self._trial.due([row.extent for row in rows]):
            self._trial.compare(of_writing(rows[place]))

    def _leave_manner(self, problem: Exception) -> None:
        """Let all rows start over in the next manner, since this one does not hold."""
        left = self._manners.pop(0)
        left.decoder.forget()
        self._left.append(f"not {left.told}, which {why_not(problem)}")
        self._before += left.decoder.written
        self._trial = Trial(self._forward)
        rows = [*self._work.working, *self._work.waiting.withdraw()]
        self._work = self._begun()
        self._work.waiting.add([row.anew() for row in rows if not row.parted_with])
        release(self._forward.device)

    def _retreat(self, *, copies: bool) -> None:
        """Drop the batch and let its rows start over, half as many at a time.

        `copies` says that they were being read behind a copy of what they share. The
        last row is tried once more without.
        """
        work = self._work
        rows = [row for row in work.working if not row.parted_with]
        work.working = []
        work.fresh, work.batch = [], None
        copies |= self._manner.decoder.forget()
        release(self._forward.device)
        if len(rows) > 1:
            self._manner.limits.halve(len(rows))
            work.waiting.add(rows)
        elif copies:
            work.waiting.first(rows[0])
        else:
            work.lost += rows

    def _take_done(self) -> Sequence[Writing]:
        """The rows that are done with."""
        work = self._work
        done = [row for row in work.working if row.finished] + work.lost
        work.working = [row for row in work.working if not row.finished]
        work.lost = []
        if not work.working:
            work.fresh, work.batch = [], None
        return [row for row in done if not row.parted_with]
