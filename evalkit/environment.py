"""What a result may depend on besides its spec: versions and the machine."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from evalkit.__about__ import __version__

PACKAGES = (
    "accelerate",
    "datasets",
    "gguf",
    "huggingface_hub",
    "msgspec",
    "numpy",
    "openai",
    "pandas",
    "pluggy",
    "pyarrow",
    "sympy",
    "tokenizers",
    "torch",
    "transformers",
    "vllm",
)


def environment() -> dict[str, str]:
    """Versions of evalkit, Python and the packages at work, and the hardware."""
    return {
        "evalkit": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
        **{name: found for name in PACKAGES if (found := installed(name))},
    }


def installed(name: str) -> str:
    """The installed version of a distribution, empty if there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def processor() -> str:
    """The processor's own name, as far as the system tells it."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
