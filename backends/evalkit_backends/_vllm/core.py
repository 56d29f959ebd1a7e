"""vLLM's engine behind the few calls that are made of it, for want of stable types.

What vLLM takes and gives differs from release to release, hence `Any` here.
"""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from evalkit import Failure
from evalkit_backends._models.unanswered import Unanswered
from evalkit_backends._vllm.problems import EngineDied, brief, death


class Refused(Unanswered):
    """A request that vLLM does not take; its engine goes on."""

    kind = Failure.REFUSED


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked of vLLM: tokens to read and how to write on."""

    tokens: Sequence[int]
    sampling: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields of its `SamplingParams`."""
    schema: str = ""
    """A JSON Schema that what is written is held to."""


class Core:
    """vLLM's engine, fed and stepped by hand."""

    def __init__(self, engine: Any, lora: Any = None) -> None:
        self._engine = engine
        self._lora = lora
        self._dead: EngineDied | None = None
        sampling = import_module("vllm.sampling_params")
        errors = import_module("vllm.exceptions")
        self._params: Any = sampling.SamplingParams
        self._structured: Any = sampling.StructuredOutputsParams
        self._at_the_end: Any = sampling.RequestOutputKind.FINAL_ONLY
        self._refusals = (ValueError, TypeError, errors.VLLMClientError)
        self.most_scored: int = sampling.MAX_LOGPROB_TOKEN_IDS
        """Tokens whose log-probabilities one request may ask for."""

    @property
    def config(self) -> Any:
        """All settings that the engine came to run with."""
        return self._engine.vllm_config

    @property
    def adapted(self) -> bool:
        """Whether an adapter is added to the model."""
        return self._lora is not None

    def add(self, name: str, ask: Ask) -> None:
        """Have a request worked on; raise Refused if vLLM does not take it."""
        try:
            params = self._params(
                **ask.sampling, **self._form(ask), output_kind=self._at_the_end
            )
            prompt = {"prompt_token_ids": list(ask.tokens)}
            (rendered,) = self._engine.renderer.render_cmpl([prompt])
            self._engine.add_request(name, rendered, params, lora_request=self._lora)
        except self._refusals as exc:
            raise Refused(brief(exc)) from exc

    def _form(self, ask: Ask) -> Mapping[str, Any]:
        """The setting that holds what is written to a schema, if there is one."""
        if not ask.schema:
            return {}
        return {"structured_outputs": self._structured(json=ask.schema)}

    def step(self) -> Sequence[Any]:
        """Work for a moment; what is done by then.

        Raises EngineDied if there is no going on.
        """
        if self._dead is not None:
            raise self._dead
        try:
            given: Sequence[Any] = self._engine.step()
        except Exception as exc:
            self._dead = death(exc)
            raise self._dead from exc
        return [each for each in given if each.finished]

    def abort(self, names: Sequence[str]) -> None:
        """Stop working on some requests; nothing will come of them."""
        self._engine.abort_request(list(names))

    def written(self) -> int:
        """Tokens of the answers that are not done yet."""
        states = self._engine.output_processor.request_states.values()
        return sum(each.detokenizer.num_output_tokens() for each in states)

    def close(self) -> None:
        """End its processes, and free its memory in this one."""
        self._engine.engine_core.shutdown()
        del self._engine
        gc.collect()
        state: Any = import_module("vllm.distributed.parallel_state")
        state.cleanup_dist_env_and_memory()
