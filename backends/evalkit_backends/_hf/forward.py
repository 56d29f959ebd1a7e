"""One pass through a model, told what it accepts."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.cache import bytes_per_token, can_join, new_cache
from evalkit_backends._hf.pretrained import accepted
from evalkit_backends._hf.reach import numbers
from evalkit_backends._hf.regimes import Regimes

FULL = (torch.float32, torch.float64)
OFFERED = frozenset(
    ("attention_mask", "position_ids", "past_key_values", "cache_params", "use_cache")
)
"""What a model is given beside tokens, if it knows the name."""
SAID = 120
"""Most characters of an error that is told of beside other things."""


def short(problem: Exception) -> str:
    """The first words of an error."""
    words = " ".join(str(problem).split())
    return (
        f"{type(problem).__name__}: {words[:SAID]}" if words else type(problem).__name__
    )


class Forward:
    """A model's forward pass, given only the arguments that this model knows."""

    def __init__(self, model: Any) -> None:
        self._model = model
        settings = model.config.get_text_config(decoder=True)
        self._accepted = accepted(model)
        self.dtype: torch.dtype = model.dtype
        self.exact = model.dtype in FULL
        """Whether it computes so finely that ways can be told apart to the digit."""
        self._recurs = "past_key_values" not in self._accepted
        self.device: torch.device = model.get_input_embeddings().weight.device
        self.vocabulary: int = model.get_input_embeddings().weight.shape[0]
        self.regimes = Regimes(model)
        self._places: int = getattr(settings, "max_position_embeddings", sys.maxsize)
        self.looks_back: int | None = getattr(settings, "sliding_window", None)
        """How many tokens back a layer sees; None where all see everything."""
        self.marks = frozenset(numbers(settings.to_dict()))
        """Lengths at which the model may do something else."""
        self.fixed: frozenset[int] = frozenset()
        """Among how many it chooses the best few whatever the text, such as experts."""
        self.bytes_per_token = 1
        """What a token of a row takes in the cache."""
        self.unkept = self._unkept()
        """Why the model keeps nothing of what it has read; empty if it does."""
        self.shares = not self.unkept and can_join(self.new_cache())
        """Whether rows can be taken from one cache into another."""
        self._parts = self._found_parts()

    def new_cache(self) -> Any:
        """An empty memory of what was read."""
        return new_cache(self._model.config)

    def __call__(
        self,
        ids: Tensor,
        mask: Tensor | None,
        positions: Tensor,
        *,
        cache: Any,
        keep: int | Tensor = 1,
    ) -> Tensor:
        """The logits at the places to keep: (rows, kept, vocabulary).

        `ids` and `positions` are those of the new tokens: (rows, tokens); `mask` also
        covers what the cache holds. Where padding stands on the right alone, None will
        do: no token looks there, and attention is quicker without. `keep` counts places
        from the end, or names them.
        """
        self.regimes.reset()
        given = self._given(self._accepted, mask, positions, cache, ids.shape[1])
        if "logits_to_keep" in self._accepted:
            given["logits_to_keep"] = (
                keep if isinstance(keep, int) else keep.to(self.device)
            )
        output = self._model(input_ids=ids.to(self.device), **given)
        logits: Tensor = output.logits
        if "logits_to_keep" in self._accepted:
            return logits
        return logits[:, -keep:] if isinstance(keep, int) else logits[:, keep]

    def plain(self, ids: Tensor, places: Sequence[int]) -> Tensor:
        """The logits at some places of whole texts: (rows, places, vocabulary).

        The model is given their tokens and nothing else, as its makers would: what it
        tells of a text by itself is what any other way has to come to.
        """
        self.regimes.reset()
        kept = torch.tensor([*places], device=self.device)
        given = {"logits_to_keep": kept} if "logits_to_keep" in self._accepted else {}
        output = self._model(input_ids=ids.to(self.device), **given)
        logits: Tensor = output.logits
        return logits if logits.shape[1] == len(places) else logits[:, kept]

    def lengthened(self, text: Sequence[int], more: int) -> list[int]:
        """A text with some tokens behind it, fewer if it would be read otherwise."""
        longer = [*text, *text[:more]][: max(len(text), self._places)]
        alike = self.regimes.common([len(text), len(longer)]) is not None
        return longer if alike else [*text]

    def at(
        self,
        ids: Tensor,
        mask: Tensor | None,
        positions: Tensor,
        *,
        cache: Any,
        rows: Sequence[int],
        places: Sequence[int],
    ) -> Tensor:
        """The logits at some places of some rows, in pairs: (pairs, vocabulary).

        What a model makes of its last layer is a large part of its work, and is done
        for these places only if its parts can be had one by one.
        """
        if self._parts is None:
            kept = sorted(set(places))
            logits = self(ids, mask, positions, cache=cache, keep=torch.tensor(kept))
            return logits[list(rows), [kept.index(place) for place in places]]
        self.regimes.reset()
        known = self._parts.accepted
        given = self._given(known, mask, positions, cache, ids.shape[1])
        return self._parts(ids.to(self.device), given, rows, places)

    def _given(
        self,
        known: frozenset[str],
        mask: Tensor | None,
        positions: Tensor,
        cache: Any,
        width: int,
    ) -> dict[str, Any]:
        """The arguments of a pass that a model or a part of it knows."""
        if self._recurs and width == 1:
            mask = None  # such a model keeps a state, where no padding is left to hide
        offered: dict[str, Any] = {
            "attention_mask": None if mask is None else mask.to(self.device),
            "position_ids": positions.to(self.device),
            "past_key_values": cache,
            "cache_params": cache,
            "use_cache": cache is not None,
        }
        return {name: offered[name] for name in offered if name in known}

    def _unkept(self) -> str:
        """Read a token, and tell why the model's memory of it is of no use."""
        if not {"past_key_values", "cache_params"} & self._accepted:
            return "it keeps no cache of past tokens"
        one = torch.zeros((1, 1), dtype=torch.long, device=self.device)
        try:
            cache = self.new_cache()
            self(one, torch.ones_like(one), torch.zeros_like(one), cache=cache)
            self.bytes_per_token = bytes_per_token(cache)
        except Exception as exc:  # a model that has a cache of its own kind
            return f"its cache cannot be used: {short(exc)}"
        return ""

    def _found_parts(self) -> "Parts | None":
        """The model's two parts, if it is nothing but one behind the other: it is tried
        out, since some scale or cap their logits."""
        body, head = self._model.base_model, self._model.get_output_embeddings()
        if self.unkept or body is self._model or head is None:
            return None
        parts = Parts(body, head)
        if not self._accepted & OFFERED <= parts.accepted:
            return None  # what it is not given by name it would not be given at all
        ids = torch.tensor([[1, 2, 3]], device=self.device)
        positions = torch.arange(3)[None]
        given = self._given(parts.accepted, None, positions, None, ids.shape[1])
        try:
            whole = self(ids, None, positions, cache=None)[:, -1]
            apart = parts(ids, given, [0], [2])
        except Exception:  # what is no body of a language model raises what it likes
            return None
        return parts if torch.allclose(whole, apart, atol=1e-4) else None


class Parts:
    """A model's layers, and what makes logits of the last of them."""

    def __init__(self, body: Any, head: Any) -> None:
        self._body = body
        self._head = head
        self.accepted = accepted(body)

    def __call__(
        self,
        ids: Tensor,
        given: Mapping[str, Any],
        rows: Sequence[int],
        places: Sequence[int],
    ) -> Tensor:
        """The logits at some places of some rows, in pairs: (pairs, vocabulary)."""
        output = self._body(input_ids=ids, **given)
        found: Tensor = self._head(output.last_hidden_state[list(rows), list(places)])
        return found
