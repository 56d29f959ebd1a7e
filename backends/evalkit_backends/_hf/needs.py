"""Whether the packages that run a model are installed, without importing them."""

from importlib.util import find_spec

from evalkit import UsageError

PACKAGES = ("torch", "transformers", "accelerate")


def check_packages() -> None:
    """Raise UsageError, saying what to install, if a package is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"backend 'hf' needs {' and '.join(missing)}: pip install 'evalkit[hf]'"
        )
