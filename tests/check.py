"""Everything that must hold before a change lands: lint, types, reference, tests.

python tests/check.py
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPLIT = ("-n", "2", "--dist", "loadfile")
"""Two processes, each with whole files: most tests wait for processes of their
own."""
STEPS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types, by mypy": ("mypy",),
    "types, by pyright": ("pyright", "--pythonpath", sys.executable),
    "reference": ("cogapp", "--check", "docs/reference.md"),
    "tests": ("pytest", "--quiet", "--durations=5", *SPLIT),
}


class Beside:
    """A step that runs beside the others and is told of when they are done."""

    def __init__(self, name: str, script: str, variables: Mapping[str, str]) -> None:
        self.name = name
        self._begun = time.monotonic()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  finish() closes it
        self._process = subprocess.Popen(
            (sys.executable, script),
            cwd=ROOT,
            env=variables,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def finish(self) -> bool:
        """Wait for it, print what it printed; whether it went well."""
        status = self._process.wait()
        self._output.seek(0)
        print(f"=== {self.name}, beside the others", flush=True)
        sys.stdout.buffer.write(self._output.read())
        self._output.close()
        print(f"    {time.monotonic() - self._begun:.0f} s", flush=True)
        return status == 0


def main() -> int:
    """Run every step, the later ones too when an earlier one failed.

    vLLM's tests have an environment of their own, made while the other steps run. With
    two streams of work, more than one thread in each would only be in the way.
    """
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    beside = Beside("tests, with vLLM", "tests/vllm_env.py", variables)
    failed: list[str] = []
    for name, (module, *words) in STEPS.items():
        print(f"=== {name}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(
            (sys.executable, "-m", module, *words),
            cwd=ROOT,
            env=variables,
            check=False,
        )
        if done.returncode:
            failed.append(name)
        print(f"    {time.monotonic() - begun:.0f} s", flush=True)
    if not beside.finish():
        failed.append(beside.name)
    print(f"=== failed: {', '.join(failed)}" if failed else "=== all is well")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
