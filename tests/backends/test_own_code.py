"""Code that a model brings along: it runs where the user allows that, and is part of
who the model is."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit import UsageError
from evalkit.identity import option_values
from evalkit_backends.hf import HF
from evalkit_backends.vllm import VLLM
from tests.backends import spoiled
from tests.backends.processes import python

pytest.importorskip("torch", reason="the package torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

LOAD = """
import json, sys
from evalkit import UsageError
from evalkit_backends.hf import HF

said = []
for options in json.loads(sys.argv[2]):
    backend = HF(model=sys.argv[1], **options)
    try:
        backend.load(backend.prepare()).close()
        said.append("loaded")
    except UsageError as exc:
        said.append(str(exc))
print(json.dumps(said))
"""
CONFIG = """
from pathlib import Path
from transformers import LlamaConfig
Path(__file__).with_name("ran").touch()
class MyConfig(LlamaConfig):
    model_type = "mymodel"
"""
MODEL = """
from transformers import LlamaForCausalLM
from .configuration_my import MyConfig
class MyForCausalLM(LlamaForCausalLM):
    config_class = MyConfig
"""
TOKENIZER = """
from pathlib import Path
from transformers import PreTrainedTokenizerFast
Path(__file__).with_name("ran").touch()
class MyTok(PreTrainedTokenizerFast): pass
"""
CLASSES = {
    "AutoConfig": "configuration_my.MyConfig",
    "AutoModelForCausalLM": "modeling_my.MyForCausalLM",
}


@pytest.fixture
def folder(tiny_llama: Path, tmp_path: Path) -> Path:
    """A model that needs its own code."""
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (folder / "configuration_my.py").write_text(CONFIG)
    (folder / "modeling_my.py").write_text(MODEL)
    spoiled.configured(folder, model_type="mymodel", auto_map=CLASSES)
    return folder


def test_code_runs_only_where_it_is_allowed_and_nobody_is_asked(
    folder: Path, tmp_path: Path
) -> None:
    ways: list[dict[str, Any]] = [{}, {"trust_remote_code": True}]

    def said(way: dict[str, Any]) -> str:
        modules = str(tmp_path / "modules")
        printed = python(LOAD, str(folder), json.dumps([way]), HF_MODULES_CACHE=modules)
        (line,) = json.loads(printed)
        return str(line)

    refused = said(ways[0])
    assert "takes code of its own, configuration_my.MyConfig" in refused
    assert "which is not run" in refused
    assert "--backend-set trust_remote_code=true" in refused
    assert "\n" not in refused
    assert not (tmp_path / "modules").exists()
    assert said(ways[1]) == "loaded"
    assert list((tmp_path / "modules").rglob("ran"))


def test_a_tokenizer_s_code_is_not_run_either(tiny_llama: Path, tmp_path: Path) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (folder / "tok_my.py").write_text(TOKENIZER)
    path = folder / "tokenizer_config.json"
    classes = {"AutoTokenizer": [None, "tok_my.MyTok"]}
    changes = {"tokenizer_class": "MyTok", "auto_map": classes}
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    backend = HF(model=str(folder))
    with pytest.raises(UsageError, match="takes code of its own, which is not run"):
        backend.load(backend.prepare())
    assert not (folder / "ran").exists()


def test_code_that_may_run_is_part_of_who_a_model_is(folder: Path) -> None:
    def identity() -> dict[str, str]:
        return dict(HF(model=str(folder), trust_remote_code=True).prepare().identity)

    before = identity()
    (folder / "modeling_my.py").write_text(MODEL + "# more")
    after = identity()
    assert {each for each in before if before[each] != after[each]} == {"code"}
    (folder / "inner").mkdir()
    (folder / "inner" / "more.py").write_text("")
    assert identity()["code"] != after["code"]
    assert "code" not in HF(model=str(folder)).prepare().identity


def test_code_that_lies_elsewhere_is_refused_even_so(folder: Path) -> None:
    classes = {name: f"someone/else--{each}" for name, each in CLASSES.items()}
    spoiled.configured(folder, auto_map=classes)
    with pytest.raises(UsageError, match="its code lies in another repository"):
        HF(model=str(folder), trust_remote_code=True).prepare()


@pytest.mark.parametrize("name", ["attn_implementation", "experts_implementation"])
def test_code_of_the_hub_that_settings_name_is_refused(
    tiny_llama: Path, tmp_path: Path, name: str
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.configured(folder, **{name: "someone/kernels"})
    with pytest.raises(UsageError, match=f"names code on the Hub, {name}="):
        HF(model=str(folder)).prepare()


@pytest.mark.parametrize("backend", [HF, VLLM])
def test_the_setting_stands_in_the_spec_where_it_is_made(
    backend: type[HF] | type[VLLM],
) -> None:
    assert "trust_remote_code" not in option_values(backend(model="m"))
    values = option_values(backend(model="m", trust_remote_code=True))
    assert values["trust_remote_code"] is True
