"""Failures have kinds, which say whether the same command may bring an answer."""

import pytest

from evalkit import Failure, Generate
from evalkit.dialogue import completion_of, turn_of
from evalkit_backends._api.trouble import refused, refused_inside


@pytest.mark.parametrize("kind", Failure)
def test_every_kind_is_told_in_words(kind: Failure) -> None:
    assert kind.told
    assert kind.told != kind.value.replace("_", "")


def test_what_passes_by_itself_is_the_worlds_and_never_the_questions() -> None:
    passing = {kind for kind in Failure if kind.passes}
    assert passing == {Failure.SERVER, Failure.LATE, Failure.LOST, Failure.OTHER}


def test_a_failures_kind_stays_with_its_turn() -> None:
    request = Generate(prompt="?", id="r1")
    completion = request.failure("5,312 tokens", Failure.TOO_LONG)
    turn = turn_of(completion)
    assert turn.failure is Failure.TOO_LONG
    assert completion_of(turn, request) == completion


def test_a_backend_may_tell_no_kind() -> None:
    assert Generate(prompt="?").failure("out of order").failure is Failure.OTHER


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, '{"code": "context_length_exceeded"}', Failure.TOO_LONG),
        (
            400,
            '{"message": "This model\'s maximum context length is 2048 tokens. '
            'However, you requested 5312 tokens"}',
            Failure.TOO_LONG,
        ),
        (400, '{"type": "exceed_context_size_error"}', Failure.TOO_LONG),
        (400, '{"code": "content_filter"}', Failure.FILTERED),
        (403, '{"metadata": {"flagged_input": "…"}}', Failure.FILTERED),
        (400, '{"message": "no such thing"}', Failure.REFUSED),
        (422, '{"message": "no such thing"}', Failure.REFUSED),
        (429, '{"message": "slow down"}', Failure.SERVER),
        (500, '{"message": "out of order"}', Failure.SERVER),
        (503, '{"message": "busy"}', Failure.SERVER),
    ],
)
def test_a_servers_words_tell_the_kind(status: int, error: str, kind: Failure) -> None:
    trouble = refused(status, {}, f'{{"error": {error}}}'.encode())
    assert trouble.failure is kind


def test_an_error_in_place_of_an_answer_tells_its_kind_too() -> None:
    body = {"error": {"code": 400, "message": "the prompt is too long: 9 tokens"}}
    trouble = refused_inside(body)
    assert trouble is not None
    assert trouble.failure is Failure.TOO_LONG
