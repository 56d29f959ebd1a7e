"""A small real Llama on disk, made once for all tests of backends."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Llama with random weights, a tokenizer and a chat template."""
    pytest.importorskip("torch", reason="the package torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tests.backends import tiny

    folder = tmp_path_factory.mktemp("tiny-llama")
    return tiny.write_model(folder, tiny.llama(tiny.write_tokenizer(folder)))


@pytest.fixture(scope="session")
def wider_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with heads as wide as vLLM's attention on a CPU has them at least."""
    from tests.backends import tiny

    folder = tmp_path_factory.mktemp("wider-llama")
    size = tiny.write_tokenizer(folder)
    return tiny.write_model(folder, tiny.llama(size, head_dim=32))


@pytest.fixture(scope="module")
def small_vllm_cache() -> Iterator[None]:
    """A cache of one GiB for each engine, however many there are in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        yield
