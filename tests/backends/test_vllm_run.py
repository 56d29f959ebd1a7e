"""Runs by backend `vllm` as a user has them: interrupted, and with an adapter."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evalkit import Generate, Rank, Request, Sampling
from evalkit.testing import answer_all
from evalkit_backends.hf import HF
from evalkit_backends.vllm import VLLM
from tests.conftest import command, wait_for

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.usefixtures("small_vllm_cache"),
    # vLLM and what it stands on warn of each other at every import.
    pytest.mark.filterwarnings("ignore"),
]
pytest.importorskip("vllm", reason="the package vllm is not installed")

import torch  # noqa: E402 - vLLM has it
import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from evalkit_backends._vllm.engine import SPARE  # noqa: E402
from tests.backends import tiny  # noqa: E402 - needs the packages above

RANK, ALPHA = 4, 16


@pytest.fixture(scope="module")
def adapted(
    wider_llama: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """An adapter, and a model with the same added to its weights for good."""
    adapter, merged = (tmp_path_factory.mktemp(name) for name in ("lora", "merged"))
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(wider_llama)
    torch.manual_seed(11)
    tensors: dict[str, torch.Tensor] = {}
    for number, layer in enumerate(model.model.layers):
        weight = layer.self_attn.q_proj.weight
        down = torch.randn(RANK, weight.shape[1]) * 0.3
        up = torch.randn(weight.shape[0], RANK) * 0.3
        place = f"base_model.model.model.layers.{number}.self_attn.q_proj"
        tensors[f"{place}.lora_A.weight"] = down
        tensors[f"{place}.lora_B.weight"] = up
        weight.data += up @ down * (ALPHA / RANK)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": RANK,
        "lora_alpha": ALPHA,
        "target_modules": ["q_proj"],
        "bias": "none",
    }
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    save_file(tensors, adapter / "adapter_model.safetensors")
    tiny.write_tokenizer(merged)
    tiny.save(merged, model)
    return adapter, merged


def test_an_adapter_is_added_to_the_model(
    wider_llama: Path, adapted: tuple[Path, Path]
) -> None:
    adapter, merged = adapted
    requests: list[Request] = [
        *(
            Generate(prompt=prompt, sampling=Sampling(max_tokens=12), id=prompt)
            for prompt in ("Weng earns", "Natalia sold clips", "How many")
        ),
        Rank(prompt="Weng earns", choices=(" $12 an hour", " half"), id="rank"),
    ]
    backend = VLLM(model=str(wider_llama), lora=str(adapter), max_num_seqs=8)
    found = answers(backend, requests)
    expected = answers(HF(model=str(merged), device="cpu"), requests)
    without = answers(HF(model=str(wider_llama), device="cpu"), requests)
    for each in requests[:-1]:
        assert found[each.id].text == expected[each.id].text
    assert found["Weng earns"].text != without["Weng earns"].text
    assert [each.logprob for each in found["rank"].ranked] == pytest.approx(
        [each.logprob for each in expected["rank"].ranked], abs=1e-3
    )


def answers(backend: Any, requests: list[Request]) -> dict[str, Any]:
    with backend.load(backend.prepare()) as engine:
        return {each.request_id: each for each in answer_all(engine, requests)}


@pytest.mark.parametrize("apart", ["0", "1"])
def test_ctrl_c_lets_what_is_under_way_come_to_an_end(
    wider_llama: Path, tmp_path: Path, environment: dict[str, str], apart: str
) -> None:
    """A real SIGINT to the whole group, the engine in this process or its own."""
    words = command(
        "run",
        "--tasks=counting",
        "--set=n=4000",
        f"--model=vllm:{wider_llama}",
        "--backend-set=max_num_seqs=4",
        "--max-tokens=100",
        f"--output={tmp_path / 'runs'}",
    )
    variables = environment | {"VLLM_ENABLE_V1_MULTIPROCESSING": apart}
    with subprocess.Popen(
        words,
        env=variables,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_for(lambda: count(tmp_path) > 2, patience=150)
            os.killpg(process.pid, signal.SIGINT)
            before = count(tmp_path)
            _, errors = process.communicate(timeout=100)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, errors
    assert "finishing what is under way" in errors
    assert "Traceback" not in errors
    assert "died" not in errors
    (journal,) = tmp_path.glob("runs/counting/*/completions.jsonl")
    answered = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    under_way = 4 + SPARE
    assert before <= len(answered) <= before + 3 * under_way < 4000
    for word in ("INFO", "WARNING", "Loading safetensors", "FutureWarning"):
        assert word not in errors  # vLLM's own talk


def count(folder: Path) -> int:
    """How many answers the journal holds."""
    return sum(
        path.read_text().count("\n")
        for path in folder.glob("runs/counting/*/completions.jsonl")
    )
