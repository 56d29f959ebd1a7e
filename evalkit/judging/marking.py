"""One run's marking by the judge: what is asked, what it gave, where that is kept."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from evalkit.__about__ import __version__
from evalkit.dialogue import Dialogue
from evalkit.environment import environment
from evalkit.folder import RunFolder, cut_torn_line, now
from evalkit.identity import option_values, plain_values
from evalkit.journal import Journal
from evalkit.judging.asking import ASKS, Case, examine, said
from evalkit.judging.judge import Judge
from evalkit.judging.prompts import PROMPT_VERSION, template_sha256
from evalkit.judging.votes import (
    Ballot,
    as_attempt,
    empty,
    hidden_marks,
    shown_answer,
    unmarked,
)
from evalkit.marks.store import (
    MarkedAnswer,
    Marking,
    marking_of,
    markings,
    write_marking,
)
from evalkit.plan import PlannedRun
from evalkit.plugins import Plugins
from evalkit.record import RunSpec, Session
from evalkit.results import Results, result_of
from evalkit.secrets.stored import secrets_in
from evalkit.types import Attempt, Sample, Turn

PROTOCOL = "judge"
"""What the spec of a judge's work has in place of a protocol's name."""
COUNTED = ("requests", "tokens read", "tokens written", "failed votes")
OF = "judging"
"""The fact that names the folder which the judge's completions are kept in."""


def spec_of(judge: Judge, run: RunSpec) -> RunSpec:
    """The spec of a judge's work on a run: the same spec asks the same requests."""
    named = judge.named
    return RunSpec(
        task=run.task,
        task_version=run.task_version,
        task_options=run.task_options,
        dataset=run.dataset,
        protocol=PROTOCOL,
        protocol_options={
            "run": run.digest,
            "prompt_version": PROMPT_VERSION,
            "prompt_sha256": template_sha256(),
            "votes": named.votes,
            "asks": ASKS,
            "system": named.manner.system,
            "sampling": plain_values(named.manner.sampling(named.votes)),
        },
        backend=named.backend.name,
        backend_options=option_values(named.backend),
        model=judge.model.name,
        model_identity=judge.model.identity,
        attempts=run.attempts * named.votes,
        told_attempts=(run.told_attempts or run.attempts) * named.votes,
        seed=run.seed,
    )


@dataclass(slots=True)
class Page:
    """One sample's answers while they are being marked."""

    sample: Sample
    marked: dict[int, Attempt] = field(default_factory=dict[int, Attempt])


class RunMarking:
    """Gives out the judge's dialogues on one run, takes what they end with."""

    def __init__(
        self, judge: Judge, planned: PlannedRun, folder: RunFolder, plugins: Plugins
    ) -> None:
        self.judge = judge
        self.planned = planned
        self.run_folder = folder
        self.spec = spec_of(judge, planned.spec)
        self.folder = folder.judging(self.spec)
        self.answers = judge.answers[planned.spec.digest]
        self.asked = 0
        """Requests that an engine answered in this session."""
        self._plugins = plugins
        self._facts: Mapping[str, str] = {}
        self._ballots: dict[tuple[int, int], Ballot] = {}
        self._pages: dict[int, Page] = {}
        self._done: dict[tuple[int, int], MarkedAnswer] = {}
        self._counts: Counter[str] = Counter()

    def open(self, journal: Journal) -> None:
        """Make its folder, mend it if a session was cut off, and begin."""
        markings(self.run_folder)  # to be told now, not at the end, of a damaged file
        self.folder.make()
        torn = [
            line
            for path in (self.folder.completions, self.folder.sessions)
            if (line := cut_torn_line(path, self.folder.own))
        ]
        sessions = self.folder.read_sessions()
        self._facts = sessions[-1].facts if sessions else {}
        self.folder.write_spec(self.spec)
        journal.place(self.spec, self.folder)
        self._plugins.hook.evalkit_run_started(
            spec=self.spec,
            samples=self.answers // self.planned.spec.attempts,
            warnings=tuple(torn),
        )

    def add_session(self, facts: Mapping[str, str]) -> None:
        """Note that an engine was loaded for the judge, and what it is."""
        self._facts = facts
        session = Session(
            started=now(),
            process=os.getpid(),
            evalkit=__version__,
            facts=facts,
            environment=environment(),
        )
        self.folder.add_session(session)

    def learn(self, facts: Mapping[str, str]) -> None:
        """Take what the engine has found out while it worked."""
        if self.asked:
            self._facts = facts

    @property
    def marked(self) -> int:
        """How many answers have been dealt with."""
        return len(self._done)

    @property
    def is_complete(self) -> bool:
        return len(self._done) == self.answers

    def take(self, dialogue: Dialogue) -> Iterator[Dialogue]:
        """An attempt that has ended: the dialogues that are to mark its answer.

        None for one that failed, or is empty, or whose question has no rubric.
        """
        sample = dialogue.sample
        if not sample.rubric:
            return
        case = Case(
            run=self.planned.spec.digest,
            sample=sample,
            attempt=dialogue.attempt,
            answer=said(shown_answer(dialogue)),
        )
        if dialogue.answer is None:
            why = f"there is no answer: {dialogue.error}"
            self._settle(dialogue.index, case, unmarked(case, why), ())
        elif not case.answer:
            self._settle(dialogue.index, case, empty(case), ())
        else:
            votes = self.judge.named.votes
            ballot = Ballot(case=case, index=dialogue.index, wanted=votes)
            self._ballots[dialogue.index, dialogue.attempt] = ballot
            for vote in range(votes):
                yield self._dialogue(ballot, vote)

    def _dialogue(self, ballot: Ballot, vote: int) -> Dialogue:
        manner = self.judge.named.manner
        sampling = manner.sampling(ballot.wanted)
        return Dialogue(
            planned=self,
            index=ballot.index,
            sample=ballot.case.sample,
            attempt=ballot.case.attempt * ballot.wanted + vote,
            conversation=examine(ballot.case, sampling, system=manner.system),
        )

    def hear(self, dialogue: Dialogue) -> None:
        """Take a vote, and mark the answer if it was the last one."""
        attempt, vote = divmod(dialogue.attempt, self.judge.named.votes)
        ballot = self._ballots[dialogue.index, attempt]
        ballot.take(vote, dialogue)
        self._count(dialogue)
        if not ballot.is_complete:
            return
        del self._ballots[dialogue.index, attempt]
        self._settle(ballot.index, ballot.case, ballot.marked(), ballot.all_turns)

    def _count(self, dialogue: Dialogue) -> None:
        self.asked += len(dialogue.turns) - dialogue.replayed
        self._counts["requests"] += len(dialogue.turns)
        self._counts["failed votes"] += dialogue.answer is None
        for turn in dialogue.turns:
            self._counts["tokens read"] += turn.prompt_tokens
            self._counts["tokens written"] += turn.completion_tokens

    def _settle(
        self, index: int, case: Case, marked: MarkedAnswer, turns: tuple[Turn, ...]
    ) -> None:
        """Keep an answer's marks; tell of a sample when all its answers have theirs."""
        sample = case.sample
        marked = hidden_marks(marked, secrets_in(turns))
        self._done[index, case.attempt] = marked
        page = self._pages.setdefault(index, Page(sample))
        page.marked[case.attempt] = as_attempt(marked, turns, sample.points)
        if len(page.marked) < self.planned.spec.attempts:
            return
        del self._pages[index]
        attempts = tuple(page.marked[number] for number in sorted(page.marked))
        result = result_of(sample, index, attempts)
        self._plugins.hook.evalkit_scored(spec=self.spec, result=result)

    def finish(self) -> Marking:
        """Store the marks beside those of others.

        A marking that only repeats what is stored leaves that as it is.
        """
        name, stored = self._place()
        marking = marking_of(
            Results(self.run_folder.results),
            (self._done[place] for place in sorted(self._done)),
            marker=name,
            by=self.judge.name,
            facts=self._all_facts(),
        )
        if stored is not None and not self.asked:
            same = replace(marking, made=stored.made, facts=stored.facts)
            if same == stored:
                return stored
        write_marking(self.run_folder, marking)
        return marking

    def _place(self) -> tuple[str, Marking | None]:
        """The name that this judge's marks are stored by, and those that are there."""
        stored = markings(self.run_folder)
        for each in stored:
            if each.facts.get(OF) == self.folder.path.name:
                return each.marker, each
        taken = {each.marker for each in stored}
        names = ("judge", *(f"judge-{n}" for n in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken), None

    def _all_facts(self) -> dict[str, str]:
        """How the judge was asked, and what that took."""
        named = self.judge.named
        sampling = named.manner.sampling(named.votes)
        return {
            "model": self.judge.name,
            **{f"model {k}": v for k, v in self.judge.model.identity.items() if v},
            "prompt version": str(PROMPT_VERSION),
            "prompt sha256": template_sha256(),
            "votes": str(named.votes),
            "temperature": f"{sampling.temperature:g}",
            "max tokens": str(sampling.max_tokens),
            "seed": str(self.spec.seed),
            **{name: str(self._counts[name]) for name in COUNTED},
            **{f"engine {name}": fact for name, fact in self._facts.items()},
            OF: self.folder.path.name,
        }
