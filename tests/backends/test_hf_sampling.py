"""Drawing tokens: the right distribution, from one uniform number per token."""

import random

import pytest

torch = pytest.importorskip("torch", reason="the package torch is not installed")

from evalkit_backends._hf.sampling import drawn, likeliest  # noqa: E402

DRAWS = 20_000


def frequencies(
    logits: list[float], *, temperature: float, top_p: float
) -> list[float]:
    """How often each token is drawn, for as many rows as there are draws."""
    uniform = random.Random(5)
    rows = torch.tensor([logits]).expand(DRAWS, -1)
    tokens = drawn(
        rows,
        [temperature] * DRAWS,
        [top_p] * DRAWS,
        [uniform.random() for _ in range(DRAWS)],
    )
    return [float((tokens == n).float().mean()) for n in range(len(logits))]


def shares(logits: list[float], temperature: float) -> list[float]:
    """The probabilities that a softmax gives."""
    return torch.softmax(torch.tensor(logits) / temperature, dim=-1).tolist()


LOGITS = [1.0, -0.5, 0.3, 2.0, -3.0, 0.9]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_the_softmax_says(temperature: float) -> None:
    found = frequencies(LOGITS, temperature=temperature, top_p=1.0)
    for share, expected in zip(found, shares(LOGITS, temperature), strict=True):
        deviation = (expected * (1 - expected) / DRAWS) ** 0.5
        assert share == pytest.approx(expected, abs=4 * deviation)


def test_top_p_leaves_the_fewest_tokens_that_reach_it() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().tolist()
    found = frequencies(logits, temperature=1.0, top_p=0.7)
    assert found[2:] == [0, 0]
    assert found[0] == pytest.approx(0.5 / 0.8, abs=0.02)
    assert found[1] == pytest.approx(0.3 / 0.8, abs=0.02)


def test_top_p_reaches_beyond_the_tokens_looked_at_first() -> None:
    size = 2000
    logits = torch.zeros(2, size)
    logits[1, 7] = 20.0
    uniform = [0.97, 0.97]
    flat, sharp = drawn(logits, [1.0, 1.0], [0.9, 0.9], uniform).tolist()
    assert flat == pytest.approx(0.97 * size, abs=2)  # all are alike, so all are kept
    assert sharp == 7
    slope = torch.linspace(0, -1, size)[None]
    kept = [
        drawn(slope, [1.0], [0.5], [number / 100])[0].item() for number in range(100)
    ]
    total = torch.softmax(slope[0], dim=-1).cumsum(-1)
    last = int((total < 0.5).sum())
    assert last - 20 < max(kept) <= last


def test_a_tiny_temperature_or_mass_takes_the_likeliest() -> None:
    logits = torch.tensor([LOGITS, LOGITS])
    assert drawn(logits, [1e-6, 5.0], [1.0, 1e-6], [0.99, 0.99]).tolist() == [3, 3]
    assert likeliest(logits).tolist() == [3, 3]


def test_the_ends_of_the_unit_interval_give_possible_tokens() -> None:
    logits = torch.full((2, 300), -torch.inf)
    logits[:, [10, 250]] = 0.0
    almost = 1 - 2**-53
    assert drawn(logits, [1.0, 1.0], [1.0, 1.0], [0.0, almost]).tolist() == [10, 250]
    assert drawn(logits, [1.0, 1.0], [0.99] * 2, [0.0, almost]).tolist() == [10, 250]


def test_a_row_draws_the_same_beside_others() -> None:
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn((40, 3000), generator=generator) * 3
    uniform = [random.Random(n).random() for n in range(40)]
    top_p = [0.5 + n / 80 for n in range(40)]
    temperature = [0.1 + n / 10 for n in range(40)]
    together = drawn(logits, temperature, top_p, uniform).tolist()
    alone = [
        drawn(logits[n : n + 1], [temperature[n]], [top_p[n]], [uniform[n]]).item()
        for n in range(40)
    ]
    assert together == alone
