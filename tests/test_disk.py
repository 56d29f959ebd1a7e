"""What lies in a folder may be a link, a pipe or a device: nothing goes through it, and
nothing waits for it."""

import os
import shutil
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from evalkit import DataError, EvalkitError, UsageError, run
from evalkit.disk import lines_of, read_file, replace_own
from evalkit.estimate import lines
from evalkit.folder import RunFolder, check_writable
from evalkit.marks.reading import read_sheet
from evalkit.marks.store import Marking, write_marking
from evalkit.regrade import regrading
from evalkit.response_file import Fields, response_file
from evalkit.responses import verdict_file
from evalkit.results import Results
from tests.test_run import experiment, plugins

SECRET = "somebody's own\n"
REFUSED = ("lock", "completions.jsonl", "sessions.jsonl")
"""Files that are written on; what is written anew takes the place of a link."""
RENEWED = ("spec.json", "record.json", "results.jsonl", "results.jsonl.part", "card.md")
FOLDERS = ("marks", "judging", "regrading", "regraded")
LINKS: Mapping[str, Callable[[Path, Path], None]] = {
    "symbolic": os.symlink,
    "hard": os.link,
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file that is nobody's business."""
    path = tmp_path / "mine"
    path.write_text(SECRET)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run."""
    root = tmp_path_factory.mktemp("made")
    (record,) = run(experiment(root), plugins())
    return RunFolder.of(root, record.spec)


@pytest.fixture
def finished(tmp_path: Path, made: RunFolder) -> RunFolder:
    """A copy of it, in runs/."""
    path = tmp_path / "runs" / made.path.parent.name / made.path.name
    shutil.copytree(made.path, path)
    return RunFolder.named(path)


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("name", REFUSED)
def test_a_run_writes_on_no_file_of_somebody_elses(
    tmp_path: Path, finished: RunFolder, mine: Path, name: str, kind: str
) -> None:
    path = finished.path / name
    path.unlink()
    LINKS[kind](mine, path)
    with pytest.raises((UsageError, DataError), match=rf"{kind} link"):
        run(experiment(tmp_path / "runs"), plugins())
    assert mine.read_text() == SECRET


@pytest.mark.parametrize("kind", LINKS)
def test_what_a_run_writes_anew_takes_the_place_of_a_link(
    tmp_path: Path, finished: RunFolder, mine: Path, kind: str
) -> None:
    for name in RENEWED:
        (finished.path / name).unlink(missing_ok=True)
        LINKS[kind](mine, finished.path / name)
    (record,) = run(experiment(tmp_path / "runs"), plugins())
    assert finished.read_record() == record
    assert mine.read_text() == SECRET
    assert mine.stat().st_nlink == 1
    assert not any(each.is_symlink() for each in finished.path.iterdir())


@pytest.mark.parametrize("place", ["the run's folder", "the task's folder"])
def test_a_run_is_not_written_into_a_folder_that_is_a_link(
    tmp_path: Path, finished: RunFolder, place: str
) -> None:
    path = finished.path if place == "the run's folder" else finished.path.parent
    away = tmp_path / "away"
    path.rename(away)
    path.symlink_to(away)
    before = {each: each.stat().st_mtime_ns for each in away.rglob("*")}
    with pytest.raises(UsageError, match="it is a symbolic link") as caught:
        run(experiment(tmp_path / "runs"), plugins())
    assert repr(str(path)) in str(caught.value)
    named = RunFolder.named(finished.path)
    with pytest.raises(UsageError, match="it is a symbolic link"), named.locked():
        pass
    assert {each: each.stat().st_mtime_ns for each in away.rglob("*")} == before


def test_the_output_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    (record,) = run(experiment(tmp_path / "runs"), plugins())
    folder = RunFolder.of(tmp_path / "disk", record.spec)
    assert folder.read_record() == record
    with RunFolder.named(RunFolder.of(tmp_path / "runs", record.spec).path).locked():
        pass


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_within_a_run_are_no_links(
    tmp_path: Path, finished: RunFolder, name: str
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "results.jsonl").write_text(SECRET)
    (finished.path / name).symlink_to(away)
    with pytest.raises((OSError, EvalkitError), match="it is a symbolic link"):
        write_into(name, finished)
    assert [each.name for each in away.iterdir()] == ["results.jsonl"]
    assert (away / "results.jsonl").read_text() == SECRET


def write_into(name: str, folder: RunFolder) -> None:
    """Have something written into a folder of a run's."""
    if name == "marks":
        write_marking(folder, Marking(marker="human"))
    elif name == "judging":
        folder.judging(folder.read_record().spec).make()
    else:
        with regrading(folder, None, plugins(), write=True) as held:
            held.judge(lambda change: None)


def test_grading_changes_nothing_unless_it_is_to_write(
    finished: RunFolder, mine: Path
) -> None:
    for name in (*REFUSED, "results.jsonl.part", "card.md", "marks"):
        (finished.path / name).unlink(missing_ok=True)
        (finished.path / name).symlink_to(mine)
    before = state(finished, mine)
    with regrading(finished, None, plugins()) as held:
        assert held.judge(lambda change: None).tally.flipped == 0
    assert state(finished, mine) == before


def state(folder: RunFolder, *others: Path) -> list[tuple[Path, int, int]]:
    """What would tell of any change in a folder."""
    every = (folder.path, *others, *sorted(folder.path.rglob("*")))
    return [(each, each.lstat().st_mtime_ns, each.lstat().st_ino) for each in every]


def test_a_file_that_is_replaced_is_its_own_and_leaves_nothing(
    tmp_path: Path, mine: Path
) -> None:
    (tmp_path / "sheet.csv.part").symlink_to(mine)
    (tmp_path / "sheet.csv").symlink_to(mine)
    replace_own(tmp_path / "sheet.csv", b"new")
    assert (tmp_path / "sheet.csv").read_bytes() == b"new"
    assert not (tmp_path / "sheet.csv").is_symlink()
    assert mine.read_text() == SECRET
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        replace_own(tmp_path / "taken", b"new")
    left = {"mine", "sheet.csv", "sheet.csv.part", "taken"}
    assert {each.name for each in tmp_path.iterdir()} == left


def test_verdicts_are_written_through_no_link(tmp_path: Path, mine: Path) -> None:
    (tmp_path / "out.jsonl.part").symlink_to(mine)
    out = tmp_path / "out.jsonl"
    with verdict_file(out, tmp_path / "responses.jsonl") as write:
        write(b"{}\n")
    assert out.read_bytes() == b"{}\n"
    assert mine.read_text() == SECRET


def test_trying_an_output_folder_writes_through_no_link(
    tmp_path: Path, mine: Path
) -> None:
    (tmp_path / f".evalkit-{os.getpid()}").symlink_to(mine)
    check_writable(tmp_path)
    assert mine.read_text() == SECRET


def test_what_a_killed_process_left_is_swept(finished: RunFolder) -> None:
    litter = finished.path / ".record.json.0123456789ab.part"
    litter.write_text("{")
    with finished.locked():
        assert not litter.exists()


UNREADABLE = {
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a socket": lambda path: bound(path).close(),
    "a device": lambda path: os.symlink("/dev/zero", path),
}


def bound(path: Path) -> socket.socket:
    """A socket with a name; the path of one must be short."""
    found = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(path.parent)
    found.bind(path.name)
    os.chdir(here)
    return found


READERS: dict[str, Callable[[Path], object]] = {
    "record.json": lambda path: RunFolder(path.parent).read_record(),
    "sessions.jsonl": lambda path: RunFolder(path.parent).read_sessions(),
    "results.jsonl": lambda path: list(Results(path)),
    "completions.jsonl": lines,
    "sheet.csv": read_sheet,
    "responses.jsonl": lambda path: read_responses(path),
}


def read_responses(path: Path) -> None:
    with response_file(path, Fields(reference="target")) as file:
        list(file.rows())


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_is_told_in_a_line_and_not_waited_for(
    tmp_path: Path, name: str, what: str
) -> None:
    UNREADABLE[what](tmp_path / name)
    with pytest.raises((UsageError, DataError), match=f"it is {what}, not a file"):
        READERS[name](tmp_path / name)


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * 100 + b"\n")
    assert len(read_file(path, 101)) == 101
    with pytest.raises(OSError, match="larger than"):
        read_file(path, 100)
    assert len(list(lines_of(path, 101))) == 1
    with pytest.raises(OSError, match="no file of lines"):
        list(lines_of(path, 100))


@pytest.mark.parametrize("name", ["record.json", "sessions.jsonl", "completions.jsonl"])
def test_deep_nesting_is_told_in_a_line(
    tmp_path: Path, finished: RunFolder, name: str
) -> None:
    (finished.path / name).write_text('{"facts": ' + "[" * 200_000 + "\n")
    (finished.path / "record.json").touch()
    readers: dict[str, Callable[[], object]] = {
        "record.json": finished.read_record,
        "sessions.jsonl": finished.read_sessions,
        "completions.jsonl": lambda: run(experiment(tmp_path / "runs"), plugins()),
    }
    with pytest.raises((UsageError, DataError), match="damaged"):
        readers[name]()
