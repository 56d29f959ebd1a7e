"""Weights that modules are said to share, and that lie in the files once for each."""

from collections.abc import Iterator, Mapping

from evalkit_backends._models.files import CONFIG, Whose, opened
from evalkit_backends._models.headers import Tensor

BLOCK = 16 << 20


def check_tied(
    tied: Mapping[str, str], tensors: Mapping[str, Tensor], whose: Whose
) -> None:
    """Refuse weights that are said to be one and are not: some loaders take one of them
    for both, and others each for its own."""
    held = [(a, b) for a, b in tied.items() if a in tensors and b in tensors]
    for name, other in held:
        if not are_same(tensors[name], tensors[other]):
            raise whose.refusal(
                f"has other numbers for {name} than for {other}, which {CONFIG} says "
                "are one: if they are not, set tie_word_embeddings to false"
            )


def are_same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same numbers, bit for bit."""
    if (one.dtype, one.shape, one.size) != (other.dtype, other.shape, other.size):
        return False
    return all(a == b for a, b in zip(blocks(one), blocks(other), strict=True))


def blocks(tensor: Tensor) -> Iterator[bytes]:
    """The bytes of a tensor, some at a time."""
    with opened(tensor.file) as file:
        file.seek(tensor.begin)
        for start in range(0, tensor.size, BLOCK):
            yield file.read(min(BLOCK, tensor.size - start))
