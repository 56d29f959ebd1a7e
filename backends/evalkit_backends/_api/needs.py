"""Whether the packages that talk to a server are installed, without importing them."""

from importlib.util import find_spec

from evalkit import UsageError

PACKAGES = ("openai", "httpx2")


def check_packages() -> None:
    """Raise UsageError, saying what to install, if a package is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"backend 'api' needs {' and '.join(missing)}: pip install 'evalkit[api]'"
        )
