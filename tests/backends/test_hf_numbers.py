"""Weights that give no finite numbers: nobody's answer is made of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit import Completion, Failure, Generate, Sampling, UsageError
from evalkit_backends.hf import HF
from tests.backends import spoiled

torch = pytest.importorskip("torch", reason="the package torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

NAN, INFINITE = b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f"
DOWN = "model.layers.0.mlp.down_proj.weight"
INPUTS = "model.embed_tokens.weight"


def filled(folder: Path, name: str, number: bytes, row: int | None = None) -> None:
    """Put one number, in float32, all over a weight or into one of its rows."""

    def change(found: Any) -> Any:
        shape, content = found[name]
        width = 4 * shape[1]
        whole = number * (len(content) // 4)
        if row is not None:
            begin, end = row * width, (row + 1) * width
            whole = content[:begin] + number * shape[1] + content[end:]
        return found | {name: (shape, whole)}

    spoiled.rewritten(folder, change)


@pytest.mark.parametrize("number", [NAN, INFINITE], ids=["nan", "infinite"])
def test_weights_without_finite_numbers_are_refused(
    tiny_llama: Path, tmp_path: Path, number: bytes
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    filled(folder, DOWN, number)
    backend = HF(model=str(folder))
    with pytest.raises(UsageError, match="give numbers that are not finite"):
        backend.load(backend.prepare())


def answers(folder: Path, prompts: Sequence[str], **sampling: Any) -> list[Completion]:
    """What a model makes of some prompts at once."""
    backend = HF(model=str(folder))
    with backend.load(backend.prepare()) as engine:
        engine.submit(
            [
                Generate(prompt=each, id=str(n), sampling=Sampling(**sampling))
                for n, each in enumerate(prompts)
            ]
        )
        found: dict[str, Completion] = {}
        while len(found) < len(prompts):
            found |= {each.request_id: each for each in engine.step()}
    return [found[str(n)] for n in range(len(prompts))]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_only_answers_that_meet_such_numbers_fail(
    tiny_llama: Path, tmp_path: Path, temperature: float
) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    (bad,) = tokenizer("?", add_special_tokens=False).input_ids
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    filled(folder, INPUTS, NAN, row=bad)
    prompts = ["How many clips", "How many clips?", "Natalia sold"]
    sampling = {"max_tokens": 6, "temperature": temperature, "seed": 3}
    sound = answers(tiny_llama, prompts, **sampling)
    assert all("?" not in each.text for each in sound), "another seed is wanted"
    first, failed, last = answers(folder, prompts, **sampling)
    assert (first, last) == (sound[0], sound[2])
    assert (failed.finish, failed.failure) == ("error", Failure.NUMBERS)
    assert failed.text == ""
    assert failed.error == "behind 0 tokens the model's numbers are not finite"
