"""Chat templates: rendered as transformers has it, under limits, with a user's
arguments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalkit import Generate, Message, Sampling, UsageError
from evalkit_backends._models.rendering import Apart, Limits, NotRendered, Runaway
from evalkit_backends.hf import HF
from evalkit_backends.vllm import VLLM
from tests.backends import spoiled

transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

HI = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hé\n{{ x }} \U0001f642"},
)
TEMPLATES = (
    "{% for m in messages %}[{{ m.role }}] {{ m['content'] | trim }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}",
    "{{ bos_token }}{{ messages | tojson }}",
    "{%- set ns = namespace(n=0) -%}{% for m in messages[::-1] %}"
    "{% if loop.first %}{% continue %}{% endif %}{% set ns.n = ns.n + 1 %}{% endfor %}"
    "{{ ns.n }}{% generation %}x{% endgeneration %}{{ strftime_now('%Y') | length }}",
    "{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(messages[0].content) }}{{ tools }}",
)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("answer", [True, False])
def test_a_text_is_that_of_transformers(
    tiny_llama: Path, template: str, answer: bool
) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    expected = tokenizer.apply_chat_template(
        list(HI), chat_template=template, tokenize=False, add_generation_prompt=answer
    )
    render = Apart(template, tokenizer.special_tokens_map)
    assert render(HI, answer) == expected


def said(content: str) -> list[dict[str, str]]:
    """One turn of a user's."""
    return [{"role": "user", "content": content}]


TIGHT = Limits(seconds=0.3, memory=64 << 20, most=1000)
STOPPED = "was stopped after 0.3 s of processor time"
LOOP = "{% for i in range(100000) %}" * 4 + "{% set x = i %}" + "{% endfor %}" * 4
RUNAWAYS = {
    LOOP: STOPPED,
    "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}"
    "{{ f(60) }}": STOPPED,
    "{{ 9 ** (9 ** (messages | length * 9)) }}": STOPPED,
    "{{ 'a' * 10**10 }}": "took too much memory",
    "{{ ''.center(10**9) }}": "took too much memory",
    "{{ '%1000000000d' % 1 }}": "took too much memory",
    "{{ 'a' * 5000 }}": "wrote 5,000 characters",
}


@pytest.mark.parametrize("template", RUNAWAYS)
def test_a_template_without_end_is_stopped(template: str) -> None:
    render = Apart(
        "{% if messages[0].content != 'go' %}fine{% else %}" + template + "{% endif %}",
        {},
        TIGHT,
    )
    assert render(said("come"), True) == "fine"
    with pytest.raises(Runaway, match=RUNAWAYS[template]):
        render(said("go"), True)
    assert render(said("come"), True) == "fine"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('no system') }}", "no system"),
        ("{{ messages[7].content }}", "list object has no element 7"),
        ("{% if %}", "Expected an expression"),
        ("{{ range(10**9) | list }}", "Range too big"),
        ("{{ messages.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_what_a_template_raises_is_told(template: str, said: str) -> None:
    with pytest.raises(NotRendered, match=said):
        Apart(template, {})(HI, True)


def test_a_template_without_end_is_refused_before_a_question(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (folder / "chat_template.jinja").write_text("{{ 'a' * 10**10 }}")
    backend = HF(model=str(folder))
    with pytest.raises(UsageError, match="its chat template took too much memory"):
        backend.load(backend.prepare())


# Arguments

THINKS = (
    "{% if enable_thinking is defined and not enable_thinking %}brief{% else %}long"
    "{% endif %} {{ effort | default('usual') }} {{ messages[0].content }}"
)


def prompt(folder: Path, **options: Any) -> str:
    """A prompt as the model gets it."""
    backend = HF(model=str(folder), **options)
    with backend.load(backend.prepare()) as engine:
        sampling = Sampling(max_tokens=1)
        chat = (Message("user", "How?"),)
        engine.submit([Generate(prompt=chat, id="0", sampling=sampling)])
        (found,) = engine.step()
    return found.prompt


@pytest.fixture(scope="module")
def thinker(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose template has variables."""
    folder = spoiled.copied(tiny_llama, tmp_path_factory.mktemp("thinker") / "model")
    (folder / "chat_template.jinja").write_text(THINKS)
    return folder


@pytest.mark.parametrize(
    ("options", "begin"),
    [
        ({}, "long usual How?"),
        ({"enable_thinking": True}, "long usual How?"),
        ({"enable_thinking": False}, "brief usual How?"),
        ({"chat_template_kwargs": '{"effort": "low"}'}, "long low How?"),
        (
            {"chat_template_kwargs": '{"effort": 2}', "enable_thinking": False},
            "brief 2 How?",
        ),
    ],
    ids=str,
)
def test_arguments_reach_the_template(
    thinker: Path, options: Mapping[str, Any], begin: str
) -> None:
    assert prompt(thinker, **options) == begin


def test_an_argument_that_the_template_does_not_know_is_refused(
    thinker: Path, tmp_path: Path
) -> None:
    backend = HF(model=str(thinker), chat_template_kwargs='{"efort": 1}')
    with pytest.raises(UsageError, match="template that knows no 'efort'"):
        backend.load(backend.prepare())
    plain = spoiled.copied(thinker, tmp_path / "plain")
    (plain / "chat_template.jinja").unlink()
    backend = HF(model=str(plain), enable_thinking=False)
    with pytest.raises(UsageError, match="no chat template to take enable_thinking"):
        backend.load(backend.prepare())


@pytest.mark.parametrize("backend", [HF, VLLM])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "takes a JSON object"),
        ("[1]", "takes a JSON object"),
        ('{"messages": []}', "cannot set 'messages'"),
        ('{"add_generation_prompt": false}', "cannot set 'add_generation_prompt'"),
        ('{"a b": 1}', "cannot set 'a b'"),
        ('{"enable_thinking": true}', "say different things"),
    ],
)
def test_arguments_that_are_none_are_refused(
    backend: type[HF] | type[VLLM], given: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        backend(model="m", chat_template_kwargs=given, enable_thinking=False)


def test_arguments_are_the_same_however_they_are_written() -> None:
    first = HF(model="m", chat_template_kwargs='{"b": 1,  "a": 2}')
    assert first == HF(model="m", chat_template_kwargs='{"a":2,"b":1}')
    assert HF(model="m", chat_template_kwargs="{}") == HF(model="m")
