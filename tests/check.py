"""Everything that must hold before a change lands: lint, types, reference, tests.

python tests/check.py
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEPS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types, by mypy": ("mypy",),
    "types, by pyright": ("pyright", "--pythonpath", sys.executable),
    "reference": ("cogapp", "--check", "docs/reference.md"),
    "tests": ("pytest", "--quiet", "--durations=5"),
}


def main() -> int:
    """Run every step, the later ones too when an earlier one failed."""
    failed: list[str] = []
    for name, (module, *words) in STEPS.items():
        print(f"=== {name}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(
            (sys.executable, "-m", module, *words), cwd=ROOT, check=False
        )
        if done.returncode:
            failed.append(name)
        print(f"    {time.monotonic() - begun:.0f} s", flush=True)
    print(f"=== failed: {', '.join(failed)}" if failed else "=== all is well")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
