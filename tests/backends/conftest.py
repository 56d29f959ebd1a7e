"""A small real Llama on disk, made once for all tests of backends."""

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
