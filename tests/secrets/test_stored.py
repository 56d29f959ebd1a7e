"""A prompt is stored as it was asked; what a model has brought into it is hidden."""

from dataclasses import replace

import pytest

from evalkit import Completion, Generate, Message, Secrets
from evalkit.secrets.stored import noted
from tests.secrets.test_finding import KEY, leaks

SECRETS = Secrets.of([KEY, "hunter22222222222222222222"])
QUESTION = "What comes after 222?"
"""Six of its characters stand in a row in one of the secrets, spaces left aside."""
ASKED = Generate(prompt=(Message("user", QUESTION),))


def prompt_of(prompt: str, asked: Generate | None) -> str:
    completion = Completion(request_id="", text="223", finish="stop", prompt=prompt)
    return noted(completion, SECRETS, asked).prompt


@pytest.mark.parametrize(
    "prompt", [f"[user]\n{QUESTION}", f"<|user|>{QUESTION}<|end|>"]
)
def test_a_prompt_of_ours_stays_as_it_was_asked(prompt: str) -> None:
    assert prompt_of(prompt, ASKED) == prompt


def test_what_nobody_here_asked_is_hidden() -> None:
    for asked in (ASKED, None):
        shown = prompt_of(f"{QUESTION} {KEY}", asked)
        assert not leaks(shown)
        assert (QUESTION in shown) == (asked is not None)


def test_a_model_has_had_a_say_in_later_prompts() -> None:
    later = replace(ASKED, prompt=f"You said {KEY}.", turn=1)
    assert not leaks(prompt_of(f"You said {KEY}.", later))
