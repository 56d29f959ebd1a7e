"""Backend `hf` finds what plain passes find, whatever kind of model it is given.

One architecture of each kind; `tests/parity/architectures.py` takes all that there are.
Each is tiny, random and new, its windows are 8 tokens wide, and it is asked about
prompts that are longer than that, beside others and by itself.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

from tests.parity.comparing import PROMPTS, Compared, compare, expected  # noqa: E402
from tests.parity.tiny_models import named_config, tiny_model  # noqa: E402
from tests.parity.tiny_texts import VOCABULARY, write_tokenizer  # noqa: E402

SOME = [PROMPTS[place] for place in (0, 3, 6, 7, 8, 9, 10)]
KINDS: Mapping[str, str] = {
    "llama": "all tokens are seen",
    "gemma3_text": "a sliding window in some layers",
    "gpt_neo": "a window by a name of its own",
    "llama4_text": "chunks that do not see each other",
    "mpt": "distances in place of positions",
    "roberta": "positions that begin with 2",
    "llama with dynamic rope": "rope that grows with the text",
    "llama with longrope": "two sets of rope",
    "deepseek_v32": "the best few tokens are looked at",
    "mixtral": "experts",
    "mamba": "a state",
    "jamba": "a state in some layers",
    "rwkv": "nothing that is kept",
}


def saved(folder: Path, name: str) -> Any:
    """A tiny model, and in a folder what the engine loads."""
    model = tiny_model(named_config(name, VOCABULARY))
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return model


def check(found: Compared, prompts: int) -> None:
    """What must hold of every model."""
    assert found.apart <= 1e-3
    assert found.texts == prompts


@pytest.mark.parametrize("name", KINDS)
def test_rankings_and_texts_are_those_of_plain_passes(
    name: str, tmp_path: Path
) -> None:
    model = saved(tmp_path, name)
    wanted = [expected(model, prompt) for prompt in SOME]
    check(compare(tmp_path, SOME, wanted, alone=False), len(SOME))
    check(compare(tmp_path, SOME[2:4], wanted[2:4], alone=True), 2)
