"""Loading a model onto its device, ready to write."""

import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from evalkit import Model, UsageError
from evalkit_backends._hf.causal import check_causal
from evalkit_backends._hf.checkpoint import Checkpoint, Wish
from evalkit_backends._hf.engine import HFEngine, Loaded
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.limits import Limits
from evalkit_backends._hf.manners import manners
from evalkit_backends._hf.memory import SHARE, free_bytes
from evalkit_backends._hf.passes import Budget
from evalkit_backends._hf.ranker import Ranker
from evalkit_backends._hf.sampling import NONE, likeliest
from evalkit_backends._hf.writer import Writer
from evalkit_backends._models.convert import ready
from evalkit_backends._models.files import Whose
from evalkit_backends._models.pretrained import version
from evalkit_backends._models.problems import told
from evalkit_backends._models.quiet import without_bars
from evalkit_backends._models.template import Template

RANKED_TOKENS = {"cpu": 2048, "mps": 4096, "cuda": 16384}
"""Read in one pass of a ranking: as many as keep a device busy."""
LOGITS = {"cpu": 1 << 27, "mps": 1 << 27, "cuda": 1 << 29}
"""Numbers that a pass may give: four bytes each, and some more while they are added."""
PADDING = {"cpu": 64, "mps": 1024, "cuda": 4096}
"""Tokens that cost as much to read as it costs to begin a pass."""
ROWS = {"cpu": 128, "mps": 64, "cuda": 256}
"""Rows in a batch beyond which a device writes hardly any faster."""


def load(model: Model, wish: Wish) -> HFEngine:
    """The engine for a model that was found; raise UsageError if it cannot run here."""
    device = pick_device(wish.device)
    with without_bars(), torch.inference_mode():
        folder = ready(Path(model.location))
        read = Checkpoint.read(folder, model, wish, device)
        weights = read.weights
        forward = Forward(weights)
        check_causal(forward, model.name)
        check_numbers(forward, model.name)
        with told(Whose(backend="hf", what=repr(model.name))):
            template = Template(
                read.tokenizer,
                configured_ends(weights),
                wish.thinking,
                render=read.render,
                vocabulary=forward.vocabulary,
            )
        pad = padding(read.tokenizer, forward.vocabulary)
        limits = find_limits(forward, wish.batch_size)
        ways = manners(forward, pad, template.ends, limits)
    return HFEngine(
        Loaded(
            writer=Writer(forward, ways, template.answer),
            ranker=Ranker(forward, pad, find_budget(forward, limits)),
            template=template,
            device=forward.device,
            context=read.context,
            facts={
                **facts(weights, forward.device, model.identity),
                **template.facts(),
            },
        )
    )


def pick_device(wanted: str) -> torch.device:
    """The device for an option's word; raise UsageError if torch has no such device."""
    cuda, mps = torch.cuda.device_count(), torch.backends.mps.is_available()
    if wanted == "auto":
        return torch.device("cuda:0" if cuda else "mps" if mps else "cpu")
    device = torch.device(wanted)
    there = {"cuda": (device.index or 0) < cuda, "mps": mps}.get(device.type, True)
    if not there:
        has = [f"cuda:{number}" for number in range(cuda)] + ["mps"] * mps + ["cpu"]
        raise UsageError(
            f"backend 'hf': torch {torch.__version__} has no device {wanted!r} here. "
            f"It has: {', '.join(has)}"
        )
    return device


def configured_ends(model: Any) -> set[int]:
    """Ids of the tokens that the model's configuration says end a text."""
    found: set[int] = set()
    for configuration in (model.config.get_text_config(), model.generation_config):
        ends: int | list[int] | None = getattr(configuration, "eos_token_id", None)
        if ends is not None:
            found.update([ends] if isinstance(ends, int) else ends)
    return found


def padding(tokenizer: Any, vocabulary: int) -> int:
    """A token for places that the attention mask hides: any that the model has."""
    wanted: int | None = tokenizer.pad_token_id
    return wanted if wanted is not None and 0 <= wanted < vocabulary else 0


def check_numbers(forward: Forward, name: str) -> None:
    """Refuse weights that give no numbers: nothing could be read off them."""
    one = torch.zeros((1, 1), dtype=torch.long, device=forward.device)
    if int(likeliest(forward.plain(one, [0])[:, 0])) == NONE:
        raise UsageError(
            f"backend 'hf': the weights of {name!r} give numbers that are not finite, "
            "so that there is nothing to read off them"
        )


def find_limits(forward: Forward, batch_size: int | None) -> Limits:
    """How large batches may be: as the user says, or as the free memory allows."""
    device = forward.device.type
    tokens = int(free_bytes(forward.device) * SHARE / forward.bytes_per_token)
    return Limits(
        rows=batch_size or ROWS[device],
        tokens=sys.maxsize if batch_size else tokens,
        padding=PADDING[device],
        joins=forward.shares,
    )


def find_budget(forward: Forward, limits: Limits) -> Budget:
    """What one pass of a ranking may take."""
    device = forward.device.type
    return Budget(
        rows=limits.rows,
        tokens=RANKED_TOKENS[device],
        places=limits.tokens,
        logits=LOGITS[device],
    )


def facts(
    model: Any, device: torch.device, identity: Mapping[str, str]
) -> dict[str, str]:
    """What a reader needs to repeat the run."""
    return {
        **identity,
        "torch": torch.__version__,
        "transformers": version,
        "device": device_name(device),
        "dtype": str(model.dtype).removeprefix("torch."),
        "attention": str(model.config._attn_implementation),
        "parameters": str(model.num_parameters()),
        "threads": str(torch.get_num_threads()),
    }


def device_name(device: torch.device) -> str:
    """A device as its maker calls it."""
    if device.type == "cuda":
        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"{device} {platform.processor() or platform.machine()}"
