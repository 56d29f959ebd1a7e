"""Rows of every kind of file are those whose hash is recorded, whatever lay there
before; and what is no file, or changes, is told in a line."""

import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit import Data, DataError, DatasetRef, UsageError
from evalkit.choosing import Chosen, choose_task
from evalkit.finding import find_data
from evalkit.opening import opened_folder
from evalkit.plugins import Plugins
from evalkit_backends.scripted import Scripted
from tests.exam.made import made
from tests.test_disk import UNREADABLE

pandas = pytest.importorskip("pandas", reason="pandas is not installed")
pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

Json = Mapping[str, Any]
REF = DatasetRef(
    id="someone/quiz",
    revision="0123456789abcdef0123456789abcdef01234567",
    files={"test": "test*"},
    columns=("question", "answer"),
)
ROWS: Sequence[Json] = (
    {"question": "2+2?", "answer": "four"},
    {"question": "2+3? „öt”", "answer": "five"},
)
OTHERS: Sequence[Json] = (
    {"question": "3+3?", "answer": "four"},
    {"question": "3+2? „öt”", "answer": "five"},
)
"""As many bytes in each kind of file."""


def lines(rows: Sequence[Json]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def array(rows: Sequence[Json]) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def commas(rows: Sequence[Json]) -> bytes:
    text: str = pandas.DataFrame(rows).to_csv(index=False)
    return text.encode()


def parquet(rows: Sequence[Json]) -> bytes:
    content: bytes = pandas.DataFrame(rows).to_parquet()
    return content


def as_parquet(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bytes:
    """A table whose columns may have one name."""
    out = io.BytesIO()
    arrays = [pyarrow.array(each) for each in columns]
    table = pyarrow.Table.from_arrays(arrays, names=list(names))
    importlib.import_module("pyarrow.parquet").write_table(table, out)
    return out.getvalue()


KINDS: dict[str, Callable[[Sequence[Json]], bytes]] = {
    "test.jsonl": lines,
    "test.json": array,
    "test-lines.json": lines,
    "test.csv": commas,
    "test.parquet": parquet,
}


def laid(root: Path, name: str, content: bytes) -> Path:
    path = root / REF.id / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def rows(data: Data) -> list[Json]:
    return [row.values for row in data.rows(REF, "test")]


def rewritten(path: Path, content: bytes) -> None:
    """Put other content in a file's place, of its size and with its time."""
    before = path.stat()
    assert len(content) == before.st_size
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("name", KINDS)
def test_the_rows_are_those_that_were_hashed(tmp_path: Path, name: str) -> None:
    path = laid(tmp_path, name, KINDS[name](ROWS))
    first = Data(root=tmp_path)
    before = first.find(REF).sha256
    assert rows(first) == list(ROWS)
    rewritten(path, KINDS[name](OTHERS))
    with pytest.raises(DataError, match=f"{name} was changed while it was being read"):
        rows(first)
    second = Data(root=tmp_path)
    assert second.find(REF).sha256 != before
    assert rows(second) == list(OTHERS)
    assert first.find(REF).sha256 == second.find(REF).sha256
    assert rows(first) == list(OTHERS)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_changes_under_its_reader_is_refused(
    tmp_path: Path, name: str
) -> None:
    path = laid(tmp_path, name, KINDS[name](ROWS))
    reading = Data(root=tmp_path).rows(REF, "test")
    assert next(iter(reading)).values == ROWS[0]
    rewritten(path, KINDS[name](OTHERS))
    with pytest.raises(DataError, match="was changed while it was being read"):
        list(reading)


@pytest.mark.parametrize("name", [each for each in KINDS if each != "test.parquet"])
def test_a_byte_order_mark_is_no_part_of_the_rows(tmp_path: Path, name: str) -> None:
    laid(tmp_path, name, b"\xef\xbb\xbf" + KINDS[name](ROWS))
    assert rows(Data(root=tmp_path)) == list(ROWS)


def test_values_are_as_the_file_has_them(tmp_path: Path) -> None:
    row = {"question": "2020-01-02", "answer": "007", "n": 3, "x": [1, {"y": None}]}
    for name, content in (("test.json", array([row])), ("test.jsonl", lines([row]))):
        laid(tmp_path / name, name, content)
        assert rows(Data(root=tmp_path / name)) == [row]
    plain = {"question": "2020-01-02", "answer": "x", "n": 3, "b": True, "f": 0.5}
    kept = {**plain, "c": {"text": ["a", "b"], "label": ["A", "B"]}}
    laid(tmp_path / "p", "test.parquet", parquet([kept]))
    assert rows(Data(root=tmp_path / "p")) == [kept]
    laid(tmp_path / "c", "test.csv", commas([plain, {**plain, "b": False}]))
    assert rows(Data(root=tmp_path / "c")) == [plain, {**plain, "b": False}]


def test_what_a_row_lacks_is_nothing(tmp_path: Path) -> None:
    laid(tmp_path, "test.json", array([*ROWS, {"question": "?", "answer": None}]))
    assert rows(Data(root=tmp_path))[-1] == {"question": "?", "answer": None}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, name: str, what: str
) -> None:
    path = tmp_path / REF.id / name
    path.parent.mkdir(parents=True)
    UNREADABLE[what](path)
    for use in (lambda data: data.find(REF), rows):
        with pytest.raises(DataError) as caught:
            use(Data(root=tmp_path))
        said = f"someone/quiz/{name} cannot be read: it is {what}, not a file"
        assert str(caught.value).endswith(said.removeprefix("someone/quiz/"))


@pytest.mark.parametrize("name", [each for each in KINDS if each != "test.csv"])
def test_a_damaged_file_is_told_in_a_line(tmp_path: Path, name: str) -> None:
    laid(tmp_path, name, KINDS[name](ROWS)[:-20])
    with pytest.raises(DataError, match=f"{name} cannot be read: ") as caught:
        rows(Data(root=tmp_path))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
def test_deep_nesting_is_told_in_a_line(tmp_path: Path, deep: bytes) -> None:
    for name in ("test.json", "test.jsonl"):
        laid(tmp_path / name, name, deep)
        with pytest.raises(DataError, match=f"{name} cannot be read: "):
            rows(Data(root=tmp_path / name))


TWICE: dict[str, bytes] = {
    "a.jsonl": b'{"question": "1", "answer": "x"}\n'
    b'{"question": "2", "answer": "x", "answer": "y"}\n',
    "b.jsonl": b'{"question": "1"}\n{"c": [{"answer": 1, "\\u0061nswer": 2}]}\n',
    "c.json": b'[{"question": "1"}, {"c": {"answer" : 1, "answer"\t:2}}]',
    "d.csv": b"question,answer,answer\n1,x,y\n",
    "e.parquet": as_parquet(["answer", "answer"], [["x"], ["y"]]),
}


@pytest.mark.parametrize("name", TWICE)
def test_what_is_told_twice_is_refused(tmp_path: Path, name: str) -> None:
    """With the row, where there are rows; most readers take the last."""
    laid(tmp_path, name, TWICE[name])
    ref = replace(REF, files={"test": name})
    with pytest.raises(DataError, match="'answer' is there twice") as caught:
        list(Data(root=tmp_path).rows(ref, "test"))
    assert f"someone/quiz/{name} cannot be read: " in str(caught.value)
    assert ("row 1: " in str(caught.value)) == (".json" in name)


@pytest.mark.parametrize("name", ["test.json", "test.jsonl"])
def test_keys_are_those_of_objects_and_not_of_texts(tmp_path: Path, name: str) -> None:
    row = {"question": '"a": 1, "a": 2', "answer": '\\":', "c": [{"d": 1}, {"d": 2}]}
    laid(tmp_path, name, KINDS[name]([row]))
    assert rows(Data(root=tmp_path)) == [row]


def test_rows_with_more_values_than_columns_are_refused(tmp_path: Path) -> None:
    """pandas takes the first ones for names of the rows, and moves the others."""
    laid(tmp_path, "test.csv", b"question,answer\nWhat?,x,y\nWho?,z,y\n")
    with pytest.raises(DataError, match="more values than its first line has columns"):
        rows(Data(root=tmp_path))


@pytest.mark.parametrize(
    ("name", "package"), [("test.csv", "pandas"), ("test.parquet", "pyarrow")]
)
def test_a_library_that_is_lacking_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    laid(tmp_path, name, KINDS[name](ROWS))
    for each in (package, f"{package}.parquet"):
        monkeypatch.setitem(sys.modules, each, None)
    with pytest.raises(DataError, match=rf"needs the package {package}: pip install"):
        rows(Data(root=tmp_path))


def exam(folder: Path) -> Chosen:
    plugins = Plugins(third_party=False)
    return choose_task(opened_folder(folder, plugins), {}, Data())


def test_an_exam_that_is_changed_in_place_is_another(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    chosen = exam(folder)
    before = find_data(chosen, examples=False)
    path = folder / "questions.jsonl"
    rewritten(path, path.read_bytes().replace(b"17 times 23", b"17 times 24"))
    after = find_data(chosen, examples=False)
    assert before.dataset is not None
    assert after.dataset is not None
    assert after.dataset.sha256 != before.dataset.sha256
    assert after.origin != before.origin
    assert "24" in [*after.task.samples()][-1].question


def test_scripted_answers_are_those_that_were_hashed(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "q0", "text": "1"}\n')
    backend = Scripted(model=str(path))
    model = backend.prepare()
    with backend.load(model):
        pass
    rewritten(path, b'\xef\xbb\xbf{"id": "q0", "text": "2"}\n')
    with pytest.raises(UsageError, match="were changed since the command began"):
        backend.load(model)
    assert backend.prepare().identity != model.identity


@pytest.mark.parametrize("what", UNREADABLE)
def test_scripted_answers_are_not_waited_for(tmp_path: Path, what: str) -> None:
    path = tmp_path / "answers.jsonl"
    UNREADABLE[what](path)
    with pytest.raises(UsageError, match=f"cannot be read: it is {what}, not a file"):
        Scripted(model=str(path)).prepare()


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ('{"id": "q1", "text": "3"}', "'q1' has an answer for attempt 0 before it"),
        ('{"id": "q1", "text": "3", "attempt": 0}', "answer 3: 'q1' has an answer"),
        ('{"id": "q2", "text": "3", "text": "4"}', "'text' is there twice (line 3)"),
    ],
)
def test_scripted_answers_are_given_once(
    tmp_path: Path, second: str, said: str
) -> None:
    path = tmp_path / "answers.jsonl"
    first = '{"id": "q1", "text": "1"}\n{"id": "q1", "text": "2", "attempt": 1}\n'
    path.write_text(first)
    Scripted(model=str(path)).prepare()
    path.write_text(f"{first}{second}\n")
    with pytest.raises(UsageError) as caught:
        Scripted(model=str(path)).prepare()
    assert said in str(caught.value)
