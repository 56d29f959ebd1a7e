"""Who a model is: every byte that can move an answer, and one name for one place."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from evalkit import UsageError
from evalkit_backends._models.digests import SMALL, Memory, State, sha256_of, written
from evalkit_backends.hf import HF
from tests.backends import spoiled

pytest.importorskip("torch", reason="the package torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

Edit: TypeAlias = Callable[[Path], object]


def identity(folder: Path, **options: object) -> dict[str, str]:
    """What tells a model from others."""
    return dict(HF(model=str(folder), **options).prepare().identity)  # type: ignore[arg-type]


def flipped(path: Path, place: int = -1) -> None:
    """Change one bit of a file in place, and put back its time of change."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(place, os.SEEK_END if place < 0 else os.SEEK_SET)
        byte = file.read(1)[0]
        file.seek(place, os.SEEK_END if place < 0 else os.SEEK_SET)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def with_setting(name: str, key: str) -> Edit:
    """An edit that gives a file of settings another one."""

    def edit(folder: Path) -> None:
        path = folder / name
        held = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(held | {key: 1}))

    return edit


EDITS: dict[str, tuple[str, Edit]] = {
    "the last bit of the weights": (
        "weights",
        lambda folder: flipped(folder / "model.safetensors"),
    ),
    "a bit in the middle": (
        "weights",
        lambda folder: flipped(folder / "model.safetensors", 20_001),
    ),
    "a setting": ("config", with_setting("config.json", "rope_theta")),
    "how text ends": (
        "generation_config",
        with_setting("generation_config.json", "min_p"),
    ),
    "a token": (
        "tokenizer",
        lambda folder: flipped(folder / "tokenizer.json", 100),
    ),
    "a setting of the tokenizer": (
        "tokenizer",
        with_setting("tokenizer_config.json", "add_prefix_space"),
    ),
    "more tokens": ("tokenizer", with_setting("added_tokens.json", "<new>")),
    "the template": (
        "template",
        lambda folder: (folder / "chat_template.jinja").write_text("{{ messages }}"),
    ),
    "a template among the tokenizer's settings": (
        "template",
        with_setting("tokenizer_config.json", "chat_template"),
    ),
    "another template": (
        "template",
        lambda folder: (
            (folder / "additional_chat_templates").mkdir(),
            (folder / "additional_chat_templates" / "x.jinja").write_text("x"),
        ),
    ),
    "something new": ("other_files", with_setting("something.json", "x")),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_is_another_model_and_is_told_by_its_part(
    tiny_llama: Path, tmp_path: Path, case: str
) -> None:
    part, edit = EDITS[case]
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    before = identity(folder)
    assert before == identity(tiny_llama)
    edit(folder)
    after = identity(folder)
    assert [each for each in before | after if before.get(each) != after.get(each)] == [
        part
    ]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "LICENSE.txt",
        "trainer_state.json",
        "eval_results.json",
        "training_args.bin",
        "optimizer.pt",
        "consolidated.safetensors",
        "modeling.py",
        "runs/events.json",
    ],
)
def test_what_nobody_loads_does_not_count(
    tiny_llama: Path, tmp_path: Path, name: str
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    assert identity(folder) == identity(tiny_llama)


def test_weights_in_other_files_are_other_weights(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.sharded(folder)
    first = identity(folder)
    flipped(folder / spoiled.SHARDS[1])
    assert identity(folder)["weights"] != first["weights"]


def test_a_model_that_changes_while_it_is_loaded_is_refused(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    backend = HF(model=str(folder))
    model = backend.prepare()
    flipped(folder / "model.safetensors")
    with pytest.raises(UsageError, match=r"changed since it was found \(weights\)"):
        backend.load(model)


def test_a_folder_has_one_name_however_it_is_written(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    ways = ("./model", "model", "./model/", "link", "inner/../model", str(folder))
    found = [HF(model=way).prepare() for way in ways]
    assert {each.name for each in found} == {str(folder)}
    assert {each.location for each in found} == {str(folder)}
    monkeypatch.setenv("HOME", str(tmp_path))
    assert HF(model="model").prepare().name == "~/model"
    assert HF(model="~/model").prepare().name == "~/model"


# Hashes that are remembered


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that is worth remembering the hash of."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(1 << 10) * ((SMALL >> 10) + 1))
    return path


def test_a_hash_is_remembered_until_the_file_is_touched(
    large: Path, tmp_path: Path
) -> None:
    memory = Memory(tmp_path / "memory", settled=0)
    right = memory.sha256(large)
    (entry,) = (tmp_path / "memory").iterdir()
    pretended = "0" * 64
    entry.write_bytes(written(State.of(large.stat()), pretended))
    assert memory.sha256(large) == pretended
    flipped(large)
    assert memory.sha256(large) not in (right, pretended)
    flipped(large)
    assert memory.sha256(large) == right


def test_what_was_just_written_is_not_remembered(large: Path, tmp_path: Path) -> None:
    Memory(tmp_path / "memory").sha256(large)
    assert not (tmp_path / "memory").exists()


def other_digest(entry: Path) -> None:
    line = entry.read_bytes().split(b" ")
    entry.write_bytes(b" ".join([*line[:-2], b"0" * 64, line[-1]]))


DOUBTFUL: dict[str, Edit] = {
    "cut": lambda entry: entry.write_bytes(entry.read_bytes()[:-10]),
    "empty": lambda entry: entry.write_bytes(b""),
    "noise": lambda entry: entry.write_bytes(os.urandom(300)),
    "other digest": other_digest,
    "of another file": lambda entry: entry.write_bytes(
        written(State(1, 2, 3, 4, 5), "0" * 64)
    ),
    "writable to others": lambda entry: (
        entry.write_bytes(entry.read_bytes()),
        entry.chmod(0o666),
    ),
    "in a folder that others write to": lambda entry: entry.parent.chmod(0o777),
    "a pipe": lambda entry: spoiled.piped(entry),
    "a folder": lambda entry: (entry.unlink(), entry.mkdir()),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_a_memory_that_is_in_doubt_is_not_believed(
    large: Path, tmp_path: Path, case: str
) -> None:
    memory = Memory(tmp_path / "memory", settled=0)
    right = memory.sha256(large)
    (entry,) = (tmp_path / "memory").iterdir()
    if case in ("writable to others", "in a folder that others write to"):
        entry.write_bytes(written(State.of(large.stat()), "0" * 64))
    DOUBTFUL[case](entry)
    assert memory.sha256(large) == right


def test_without_a_place_for_a_memory_hashes_are_right_all_the_same(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file"))
    copy = shutil.copy(large, tmp_path / "copy")
    found = sha256_of([large, Path(copy)])
    assert found[large] == found[Path(copy)]
    flipped(large)
    assert sha256_of([large])[large] != found[large]
