"""Whether the packages that a backend needs are installed, without importing them."""

from collections.abc import Sequence
from importlib.util import find_spec

from evalkit import UsageError


def check_packages(backend: str, packages: Sequence[str], install: str = "") -> None:
    """Raise UsageError, saying what to install, if a package is missing.

    That is evalkit's extra of the backend's name, unless `install` says otherwise.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        needed = " and ".join(missing)
        install = install or f"pip install 'evalkit[{backend}]'"
        raise UsageError(f"backend {backend!r} needs {needed}: {install}")
