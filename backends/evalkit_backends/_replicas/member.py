"""The driver's view of one copy: what it holds, and what it was asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from evalkit import Backend, Completion, Model, Request
from evalkit_backends._replicas.actor import THREADS, Copy
from evalkit_backends._replicas.desk import Progress, Started
from evalkit_backends._replicas.failures import is_loss, named
from evalkit_backends._replicas.library import ray
from evalkit_backends._replicas.room import Share

Ref: TypeAlias = Any
"""Stands for an answer that is on its way."""
TALK = "talk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What each copy is to run, and on which share of a node."""

    backend: Backend
    model: Model
    share: Share
    home: str
    """The node on which the model was found."""
    folder: str
    paths: tuple[str, ...]
    """Where modules are looked for."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A copy that has died or could not be brought back."""

    member: "Member"
    problem: Exception


class Member:
    """One copy. When it is lost another one takes its place."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.losses = 0
        """How often it was lost since it last answered anything."""
        self.given_up = False
        self.replaced = False
        self.open: dict[str, Request] = {}
        """What it was given and has not answered, by id."""
        self.searched = False
        """Whether it was asked for what it has not begun, and given nothing since."""
        self.asked_back = False
        self._tokens_before = 0
        self._tokens = 0
        self._completions: list[Completion] = []
        self._returned: list[Request] = []
        self._begin()

    def _begin(self) -> None:
        share = self._order.share
        # An actor that Ray restarts would be a process without an engine, and could
        # still be asked what was meant for the one before: a new one is made instead.
        options: dict[str, Any] = {
            "num_cpus": share.cpus,
            "num_gpus": share.gpus,
            "max_restarts": 0,
            "scheduling_strategy": "SPREAD",
            "concurrency_groups": {TALK: THREADS},
        }
        self._actor: Any = ray.remote(**options)(Copy).remote()
        self._calls: dict[Ref, Callable[[Any], None]] = {}
        self.placed = False
        self.started: Started | None = None
        order = self._order
        self._ask("settle", self._on_placed, order.folder, order.paths)

    def load(self) -> None:
        """Have the copy load its model, and work from then on."""
        order = self._order
        self._work = self._actor.work.remote(order.backend, order.model, order.home)
        self._calls[self._work] = self._on_end
        self._ask("started", self._on_start)

    def _ask(
        self, method: str, handler: Callable[[Any], None], *arguments: object
    ) -> None:
        self._calls[self._talk(method, *arguments)] = handler

    def _talk(self, method: str, *arguments: object) -> Ref:
        """Call a method beside the one that works."""
        function = getattr(self._actor, method)
        return function.options(concurrency_group=TALK).remote(*arguments)

    @property
    def calls(self) -> Iterable[Ref]:
        """What it was asked and has not been heard about."""
        return tuple(self._calls)

    @property
    def room(self) -> int:
        """How many more requests it may be given."""
        return self.started.capacity - len(self.open) if self.started else 0

    @property
    def generated_tokens(self) -> int:
        return self._tokens_before + self._tokens

    def bring(self, requests: Sequence[Request]) -> None:
        """Give it requests. Should they not arrive, the copy is lost, which shows."""
        self.open.update((each.id, each) for each in requests)
        self.searched = False
        self._talk("bring", list(requests))

    def ask_back(self) -> None:
        """Ask for what it has not begun."""
        if not self.asked_back:
            self.searched = self.asked_back = True
            self._ask("take_back", self._on_return)

    def take_completions(self) -> Sequence[Completion]:
        done, self._completions = self._completions, []
        return done

    def take_returned(self) -> Sequence[Request]:
        """The requests that it has given back."""
        returned, self._returned = self._returned, []
        return returned

    def hear(self, ref: Ref) -> None:
        """Take an answer; raises what the copy or Ray has raised."""
        if ref in self._calls:  # or it was asked of one that is lost
            answer = ray.get(ref)
            self._calls.pop(ref)(answer)

    def _on_placed(self, nothing: None) -> None:
        self.placed = True
        if self.replaced:
            self.load()

    def _on_start(self, started: Started) -> None:
        self.started = started
        self._ask("take", self._on_progress)

    def _on_progress(self, progress: Progress) -> None:
        self._tokens = progress.generated_tokens
        if self.started is not None and progress.facts:
            # How an engine works is known once it has worked.
            self.started = replace(self.started, facts=progress.facts)
        for completion in progress.completions:
            self.losses = 0
            self.open.pop(completion.request_id, None)
        self._completions += progress.completions
        self._ask("take", self._on_progress)

    def _on_return(self, ids: Sequence[str]) -> None:
        self.asked_back = False
        self._returned += [self.open.pop(each) for each in ids if each in self.open]

    def _on_end(self, nothing: None) -> None:
        """It has closed, as it was told to."""

    def lose(self, most: int) -> Sequence[Request]:
        """Put another copy in its place, unless too many were lost; what it held."""
        requests, self.open = list(self.open.values()), {}
        self.end()
        self.losses += 1
        self.replaced, self.asked_back = True, False
        self._tokens_before, self._tokens = self.generated_tokens, 0
        if self.losses > most:
            self.given_up, self.started, self._calls = True, None, {}
        else:
            self._begin()
        return requests

    def close(self) -> Sequence[Ref]:
        """Ask it to free its model; what comes when it has."""
        self._talk("close")
        return [] if self.started is None else [self._work]

    def end(self) -> None:
        """End its process, whatever it does."""
        ray.kill(self._actor)


def listen(members: Sequence[Member], seconds: float) -> Sequence[Loss]:
    """Hear all copies that speak, waiting for the first of them; those that are lost.

    What an engine raises is raised here, but for one that replaces a lost copy: the
    others can do without it.
    """
    owners: Mapping[Ref, Member] = {
        ref: member for member in members for ref in member.calls
    }
    spoke, _ = ray.wait(list(owners), num_returns=1, timeout=seconds)
    if spoke:
        spoke, _ = ray.wait(list(owners), num_returns=len(owners), timeout=0)
    losses: dict[int, Loss] = {}
    for ref in spoke:
        member = owners[ref]
        try:
            if id(member) not in losses:
                member.hear(ref)
        except Exception as exc:
            if not (is_loss(exc) or (member.replaced and member.started is None)):
                raise named(exc) from exc
            losses[id(member)] = Loss(member, exc)
    return list(losses.values())
