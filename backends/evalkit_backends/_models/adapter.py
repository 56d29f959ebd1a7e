"""LoRA adapters: small weights that are added to a model's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from evalkit import Model, UsageError
from evalkit_backends._models.digests import sha256_of
from evalkit_backends._models.files import Whose, listed
from evalkit_backends._models.headers import Tensor
from evalkit_backends._models.identity import joined
from evalkit_backends._models.naming import some
from evalkit_backends._models.settings import read_object
from evalkit_backends._models.weights import ADAPTER, header

WEIGHTS = "adapter_model.safetensors"
DOWN, UP = ".lora_A.weight", ".lora_B.weight"
"""How the two factors of what is added to a module's weights are called."""
OUTER = "base_model.model."
"""What stands before the model's own names."""
OTHERWISE = (
    "use_dora",
    "lora_bias",
    "modules_to_save",
    "target_parameters",
    "trainable_token_indices",
    "layer_replication",
    "use_qalora",
    "alora_invocation_tokens",
    "arrow_config",
    "use_bdlora",
)
"""Settings by which an adapter does something other than to add a product."""
PLAIN = re.compile(r"[\w.]+")
"""A module's name or the end of one, and no pattern beyond that."""
MOVES_BASE = ("pissa", "olora", "corda", "loftq")
"""Ways to begin a training that change the model's own weights too."""


class Settings(msgspec.Struct):
    """What is read of an adapter's configuration."""

    peft_type: str
    r: int
    lora_alpha: float
    rank_pattern: dict[str, int] | None = None
    alpha_pattern: dict[str, float] | None = None
    use_rslora: bool = False
    fan_in_fan_out: bool = False
    bias: str = "none"
    init_lora_weights: bool | str | None = True


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that was found and looked through, not loaded."""

    folder: Path
    weights: Path
    rank: int
    """The largest of its ranks."""
    scales: Mapping[str, float]
    """What each module's product is multiplied by, by the model's own name for it."""
    transposed: bool
    """Whether the weights that it is added to lie the other way round."""
    identity: str


def find_adapter(name: str, backend: str) -> Adapter | None:
    """The adapter in a folder, None if none is named.

    Raises UsageError for a folder without one, and for what more than adds a product.
    """
    if not name:
        return None
    folder = Path(name).expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(
            f"backend {backend!r}: option 'lora' names no folder: {name!r}"
        )
    whose = Whose(backend=backend, what=f"folder {name!r} of option 'lora'")
    files = listed(folder, whose)
    missing = [each for each in (ADAPTER, WEIGHTS) if each not in files]
    if missing:
        raise whose.refusal(f"has no {' and no '.join(missing)}")
    settings = read_settings(files[ADAPTER], whose)
    ranks = ranks_of(header(files, WEIGHTS, whose), whose)
    try:
        digests = sha256_of(files[each] for each in (ADAPTER, WEIGHTS))
    except OSError as exc:
        raise whose.refusal(f"cannot be read: {exc.strerror or exc}") from exc
    return Adapter(
        folder=folder,
        weights=files[WEIGHTS],
        rank=max(ranks.values()),
        scales=scales_of(ranks, settings, whose),
        transposed=settings.fan_in_fan_out,
        identity=joined({each.name: has for each, has in digests.items()}),
    )


def adapted(model: Model, adapter: Adapter | None) -> Model:
    """A model with what tells its adapter from others, if it has one."""
    if adapter is None:
        return model
    return replace(model, identity={**model.identity, "lora": adapter.identity})


def read_settings(path: Path, whose: Whose) -> Settings:
    """An adapter's configuration; UsageError unless it is that of a plain one."""
    found = read_object(path, whose)
    try:
        settings = msgspec.convert(found, Settings)
    except msgspec.ValidationError as exc:
        raise whose.refusal(f"cannot be loaded: {ADAPTER}: {exc}") from exc
    if settings.peft_type != "LORA":
        raise whose.refusal(
            f"holds an adapter of peft_type {settings.peft_type!r}, not 'LORA'"
        )
    odd = [each for each in OTHERWISE if found.get(each)]
    odd += ["bias"] * (settings.bias != "none")
    begun = str(settings.init_lora_weights).startswith(MOVES_BASE)
    odd += ["init_lora_weights"] * begun
    if odd:
        said = ", ".join(f"{each}={found[each]!r}" for each in odd)
        raise whose.refusal(
            f"holds an adapter that cannot be used: {said[:200]}. Merge it into its "
            "model, and name that"
        )
    return settings


def scales_of(
    ranks: Mapping[str, int], settings: Settings, whose: Whose
) -> Mapping[str, float]:
    """What each module's product is multiplied by."""
    alphas = settings.alpha_pattern or {}
    patterns = [each for each in alphas if not PLAIN.fullmatch(each)]
    if patterns:
        raise whose.refusal(
            f"cannot be loaded: alpha_pattern {patterns[0]!r} of {ADAPTER} is no name"
        )
    others = [name for name, each in ranks.items() if each != settings.r]
    if others and not settings.rank_pattern:
        raise whose.refusal(
            f"cannot be loaded: {ADAPTER} has r={settings.r}, and its weights are of "
            f"rank {ranks[others[0]]} for {some(others)}"
        )
    return {
        name: own_alpha(name, alphas, settings.lora_alpha)
        / (each**0.5 if settings.use_rslora else each)
        for name, each in ranks.items()
    }


def own_alpha(name: str, alphas: Mapping[str, float], usual: float) -> float:
    """The numerator for a module, which may have one of its own."""
    found = (value for end, value in alphas.items() if f".{name}".endswith(f".{end}"))
    return next(found, usual)


def ranks_of(tensors: Mapping[str, Tensor], whose: Whose) -> Mapping[str, int]:
    """The rank of each module's two factors, which must be there and fit together."""
    downs = {name.removesuffix(DOWN) for name in tensors if name.endswith(DOWN)}
    ups = {name.removesuffix(UP) for name in tensors if name.endswith(UP)}
    pairs = downs & ups
    known = {each + end for each in pairs for end in (DOWN, UP)}
    odd = sorted(tensors.keys() - known)
    if odd or not pairs:
        held = f"{len(odd)} weights without their like: {some(odd)}" if odd else "none"
        raise whose.refusal(f"should hold pairs of {DOWN} and {UP}, and has {held}")
    ranks: dict[str, int] = {}
    for each in sorted(pairs):
        down, up = tensors[each + DOWN].shape, tensors[each + UP].shape
        if len(down) != 2 or len(up) != 2 or down[0] != up[1] or not down[0]:
            raise whose.refusal(f"has weights that do not fit together: {each}")
        ranks[each.removeprefix(OUTER)] = down[0]
    return ranks
