"""Any causal language model that vLLM can run, its requests batched as they come.

``vllm:OWNER/NAME`` names a model of the Hugging Face Hub, ``vllm:FOLDER`` one on disk,
and ``vllm:smollm2-135m-instruct`` the built-in one of backend ``hf``. Weights are read
from safetensors files only, and code from a model's repository is not run unless an
option allows it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from evalkit import Backend, Engine, Model, hookimpl
from evalkit_backends._models.arguments import arguments, canonical
from evalkit_backends._models.named_tags import tags_of

METHOD = re.compile(r"[a-z0-9][a-z0-9_-]*|")


@dataclass(frozen=True, kw_only=True)
class VLLM(Backend):
    """Runs a model in vLLM's engine, without a server."""

    name: ClassVar[str] = "vllm"
    builtin_model: ClassVar[str] = "smollm2-135m-instruct"

    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Of the weights; auto is float32 on a CPU and the checkpoint's own elsewhere."""
    quantization: str = ""
    """vLLM's name of a method, such as fp8, for weights that are quantized when they
    are loaded; a checkpoint that is quantized says so itself."""
    kv_cache_dtype: Literal["auto", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2"] = "auto"
    """Of the keys and values; auto is that of the weights."""
    max_model_len: int | None = None
    """Most tokens of a prompt and its answer, if less than the model can hold."""
    lora: str = field(default="", metadata={"identity": False})
    """A folder with a LoRA adapter; what it holds is part of the model's identity."""
    revision: str = field(default="", metadata={"identity": False})
    """A branch, tag or commit of the Hub; the commit it stands for is recorded."""
    tensor_parallel: int = field(default=1, metadata={"identity": False})
    """GPUs that share each layer."""
    pipeline_parallel: int = field(default=1, metadata={"identity": False})
    """Groups of GPUs that the layers are dealt out to."""
    gpu_memory_utilization: float | None = field(
        default=None, metadata={"identity": False}
    )
    """Share of each GPU's memory to take, on a CPU of the machine's; if not given 0.3
    on a CPU and vLLM's own default elsewhere."""
    max_num_seqs: int | None = field(default=None, metadata={"identity": False})
    """Requests that are worked on at once; vLLM's own default if not given."""
    enforce_eager: bool | None = field(default=None, metadata={"identity": False})
    """Whether to do without compilation and CUDA graphs, which start slowly and run
    quickly; if not given, on a CPU only."""
    prefix_caching: bool = field(default=True, metadata={"identity": False})
    """Whether prompts that begin alike are read once."""
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
        for name, value in (
            ("max_model_len", self.max_model_len),
            ("max_num_seqs", self.max_num_seqs),
            ("tensor_parallel", self.tensor_parallel),
            ("pipeline_parallel", self.pipeline_parallel),
        ):
            if value is not None and value < 1:
                raise ValueError(f"option {name!r} must be 1 or more, not {value}")
        share = self.gpu_memory_utilization
        if share is not None and not 0 < share <= 1:
            raise ValueError(
                "option 'gpu_memory_utilization' must be above 0 and at most 1, "
                f"not {share}"
            )
        if not METHOD.fullmatch(self.quantization):
            raise ValueError(
                "option 'quantization' takes vLLM's name of a method, such as fp8 or "
                f"awq, not {self.quantization!r}"
            )

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the chat template is given beside the messages."""
        return arguments(self.chat_template_kwargs, self.enable_thinking)

    def gpus(self) -> int:
        """One for each part that the model is split into."""
        return self.tensor_parallel * self.pipeline_parallel

    def prepare(self) -> Model:
        """Find the model's files, fetching them if need be, without loading them.

        Raises UsageError when vLLM is missing or too old, or when the model or the
        adapter cannot be had.
        """
        from evalkit_backends._models.find import Wanted
        from evalkit_backends._vllm.find import find
        from evalkit_backends._vllm.needs import check_vllm

        check_vllm()
        wanted = Wanted(
            name=self.model,
            revision=self.revision,
            backend=self.name,
            code=self.trust_remote_code,
        )
        return find(wanted, self.lora, self.max_model_len)

    def load(self, model: Model) -> Engine:
        """Start vLLM's engine on the model in `model.location`.

        Raises UsageError when the machine cannot run it as the options say.
        """
        from evalkit_backends._vllm.loading import Wish, load

        wish = Wish(
            dtype=self.dtype,
            quantization=self.quantization,
            kv_cache_dtype=self.kv_cache_dtype,
            max_model_len=self.max_model_len,
            lora=self.lora,
            tensor_parallel=self.tensor_parallel,
            pipeline_parallel=self.pipeline_parallel,
            gpu_memory_utilization=self.gpu_memory_utilization,
            max_num_seqs=self.max_num_seqs,
            enforce_eager=self.enforce_eager,
            prefix_caching=self.prefix_caching,
            unused=self.unused_weights,
            code=self.trust_remote_code,
            arguments=self.arguments,
            thinking=tags_of(self.thinking),
        )
        return load(model, wish)


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (VLLM,)
