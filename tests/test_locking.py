"""One process at a time in a run's folder, on filesystems with and without locks."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.folder import RunFolder
from evalkit.locking import InUse
from tests.conftest import Evalkit

SOURCE = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int flock(int file, int operation) { errno = ENOSYS; return -1; }

#ifdef NO_LOCKS
static int control(int file, int command, void *given)
{
    if (command == F_SETLK || command == F_SETLKW) { errno = ENOLCK; return -1; }
    return syscall(SYS_fcntl, file, command, given);
}
#define CONTROL(name) \
    int name(int file, int command, ...) \
    { \
        va_list list; va_start(list, command); \
        void *given = va_arg(list, void *); va_end(list); \
        return control(file, command, given); \
    }
CONTROL(fcntl)
CONTROL(fcntl64)
#endif
"""
HOLD = """
import sys, time
from pathlib import Path
from evalkit.folder import RunFolder
with RunFolder(Path(sys.argv[1])).locked():
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
"""A process that holds a folder for a while."""


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Libraries that take locks away: of one kind, and of both."""
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("needs gcc, on Linux")
    folder = tmp_path_factory.mktemp("without")
    (folder / "locks.c").write_text(SOURCE)
    built: dict[str, str] = {}
    for name, flags in {"flock": [], "locks": ["-DNO_LOCKS"]}.items():
        built[name] = str(folder / f"{name}.so")
        words = ["gcc", "-shared", "-fPIC", *flags, "-o", built[name]]
        subprocess.run([*words, str(folder / "locks.c")], check=True)
    return built


def holding(folder: Path, library: str, seconds: float = 60) -> "subprocess.Popen[str]":
    """A process that has taken a folder, where these locks are."""
    return subprocess.Popen(
        (sys.executable, "-c", HOLD, str(folder), str(seconds)),
        env={"LD_PRELOAD": library},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_run_is_made_where_there_is_no_flock(
    evalkit: Evalkit, tmp_path: Path, without: dict[str, str]
) -> None:
    words = ("run", "--tasks=counting", "--model=scripted:counting:right")
    done = evalkit(*words, LD_PRELOAD=without["flock"])
    assert (done.returncode, done.stderr.count("cannot")) == (0, 0), done.stderr
    assert any(tmp_path.glob("runs/counting/*/record.json"))


@pytest.mark.parametrize("lacking", ["nothing", "flock", "locks"])
def test_the_second_is_refused_and_whoever_was_killed_holds_nothing(
    tmp_path: Path, without: dict[str, str], lacking: str
) -> None:
    library = without.get(lacking, "")
    folder = tmp_path / "run"
    with holding(folder, library) as first:
        assert said(first) == "held"
        with holding(folder, library) as second:
            assert said(second) == ""
            assert second.stderr is not None
            told = second.stderr.read().splitlines()[-1]
        first.kill()
    assert f"is in use by process {first.pid} on " in told
    assert ("remove" in told) is (lacking == "locks")
    with holding(folder, library, 0) as third:
        assert said(third) == "held"
    assert [each.name for each in folder.iterdir()] == ["lock"]
    assert (folder / "lock").read_text() == ""


def test_a_holder_on_another_machine_is_believed_until_somebody_says_otherwise(
    tmp_path: Path, without: dict[str, str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    held = folder / "lock-held"
    held.write_text("another machine\n1 5\nprocess 1 on cluster7, since noon\n")
    with holding(folder, without["locks"], 0) as process:
        assert said(process) == ""
        assert process.stderr is not None
        told = process.stderr.read().splitlines()[-1]
    assert "is in use by process 1 on cluster7, since noon; if that has ended" in told
    assert f"remove {str(held)!r}" in told


def test_reading_keeps_writers_away_and_takes_no_lock_of_its_own(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path / "run")
    refused = pytest.raises(InUse, match="in use by process")
    with folder.locked(), refused, folder.undisturbed():
        pass
    before = folder.lock.stat().st_mtime_ns
    with folder.undisturbed(), pytest.raises(InUse), folder.locked():
        pass
    assert folder.lock.stat().st_mtime_ns == before
    folder.lock.unlink()
    with folder.undisturbed():
        assert not folder.lock.exists()
