"""Prompts as models get them: none closed, nothing lost, thoughts known."""

import base64
import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from evalkit import Generate, Message, Rank, Tags, UsageError
from evalkit.testing import answer_all

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers: Any = pytest.importorskip(
    "transformers", reason="transformers is not installed"
)

from tokenizers import Regex, normalizers, processors  # noqa: E402

from evalkit_backends._models.template import PromptError, Template  # noqa: E402
from evalkit_backends.hf import HF  # noqa: E402
from tests.backends import tiny  # noqa: E402

QUESTION = "Natalia sold 48 clips. How many?"
TALK = (
    Message("system", "Be brief, please."),
    Message("user", QUESTION),
    Message("assistant", "<think>Is it 7?</think>It is 8."),
    Message("user", "Are you sure of that?"),
)


def tokenizer(folder: Path, template: str | None = None) -> Any:
    """The tokenizer of the tiny models, with another template."""
    tiny.write_tokenizer(folder, template or tiny.CHATML)
    return transformers.AutoTokenizer.from_pretrained(folder)


# Tokenizers that end what is to be gone on with


BEGUN = ("<s>", tiny.BOS)
ENDED = ("</s>", tiny.EOS)


def processing(pattern: str) -> Any:
    return processors.TemplateProcessing(
        single=pattern, pair=f"{pattern} $B", special_tokens=[BEGUN, ENDED]
    )


CLOSERS: dict[str, Callable[[], Any]] = {
    "template": lambda: processing("<s> $A </s>"),
    "template without a beginning": lambda: processing("$A </s>"),
    "template, closed twice": lambda: processing("<s> $A </s> </s>"),
    "roberta": lambda: processors.RobertaProcessing(ENDED, BEGUN),
    "bert": lambda: processors.BertProcessing(ENDED, BEGUN),
    "sequence": lambda: processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), processing("<s> $A </s>")]
    ),
}


@pytest.mark.parametrize("name", CLOSERS)
def test_no_prompt_ends_in_what_its_tokenizer_adds(name: str, tmp_path: Path) -> None:
    closing = tokenizer(tmp_path)
    closing.backend_tokenizer.post_processor = CLOSERS[name]()
    assert closing(QUESTION).input_ids[-1] == tiny.EOS
    check_open(closing)
    # What the text itself ends with stays.
    read = Template(closing, ()).read
    assert read(f"{QUESTION}</s>").tokens == [*read(QUESTION).tokens, tiny.EOS]


def check_open(closing: Any) -> None:
    """No text that is asked ends in what the tokenizer puts behind it."""
    template = Template(closing, ())
    plain = closing(QUESTION, add_special_tokens=False).input_ids
    read = template.read(QUESTION).tokens
    assert read[-len(plain) :] == plain
    prompt, choices = template.parts(QUESTION, (" 48 clips", " half"))
    assert prompt == read
    for tokens, choice in zip(choices, (" 48 clips", " half"), strict=True):
        whole = closing(QUESTION + choice, add_special_tokens=False).input_ids
        assert [*prompt, *tokens][-len(whole) :] == whole
    _, alone = template.parts("", ("half", "48 clips"))
    assert alone[0] == closing("half", add_special_tokens=False).input_ids


def test_nor_where_the_tokenizer_is_one_of_python() -> None:
    closing = transformers.ByT5Tokenizer()
    assert closing("ab").input_ids[-1] == closing.eos_token_id
    check_open(closing)


def ending(folder: Path, where: str) -> Any:
    """A tokenizer that writes an end into texts before it looks at them."""
    made = tokenizer(folder)
    end = transformers.AddedToken("§", special=True, normalized=True)
    made.add_special_tokens({"eos_token": end})
    made.backend_tokenizer.normalizer = normalizers.Replace(Regex(where), "§")
    return made


def test_nor_where_no_special_tokens_are_asked_for(tmp_path: Path) -> None:
    closing = ending(tmp_path, "(?<=[0-9A-Za-z?.)>])$")
    bare = closing(QUESTION, add_special_tokens=False).input_ids
    assert bare[-1] == closing.eos_token_id
    template = Template(closing, ())
    assert template.read(QUESTION).tokens == [tiny.BOS, *bare[:-1]]
    assert template.read((Message("user", "?"),)).tokens[-1] != closing.eos_token_id


def test_a_tokenizer_that_ends_some_texts_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ends some texts with '§' and others not"):
        Template(ending(tmp_path, "(?<=[0-9])$"), ())
    template = Template(ending(tmp_path, "(?<=many[?])$"), ())
    with pytest.raises(PromptError, match="ends some texts with '§'"):
        template.read(QUESTION)
    assert template.read("Who?").tokens


def test_a_model_is_asked_the_same_with_and_without_a_closing(
    tiny_llama: Path, tmp_path: Path
) -> None:
    requests = [
        Generate(prompt=QUESTION, id="1"),
        Rank(prompt=QUESTION, choices=(" 48 clips", " half"), id="2"),
        Rank(prompt="", choices=("48 clips", "half"), id="3"),
    ]

    def found(folder: Path) -> list[Any]:
        backend = HF(model=str(folder), device="cpu")
        with backend.load(backend.prepare()) as engine:
            done = sorted(
                answer_all(engine, requests), key=lambda each: each.request_id
            )
        return [(each.text, each.ranked, each.prompt_sha256) for each in done]

    for file in tiny_llama.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    closing = transformers.AutoTokenizer.from_pretrained(tmp_path)
    closing.backend_tokenizer.post_processor = processing("<s> $A </s>")
    closing.save_pretrained(tmp_path)
    assert found(tmp_path) == found(tiny_llama)


# Templates that leave something out


HEAD = "{% for each in messages %}<|im_start|>{{ each['role'] }}\n"
TAIL = "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
SAID = "{{ each['content'] }}"
END = "{% endif %}"
PARTS = "{% for part in each['content'] %}{{ part['text'] }}{% endfor %}"


@pytest.mark.parametrize(
    "said",
    [
        PARTS,
        "{% for part in each['content'] %}{% if part['type'] == 'text' %}"
        "{{ part['text'] }}{% elif part['type'] == 'image' %}<image>{% endif %}"
        "{% endfor %}",
        "{% if each['content'] is string %}{% else %}" + PARTS + "{% endif %}",
        "{% if each['content'] is string %}{{ raise_exception('a list') }}"
        "{% endif %}" + PARTS,
        "{{ each['content'][0]['text'] }}",
    ],
)
def test_content_goes_in_parts_where_a_template_wants_that(
    said: str, tmp_path: Path
) -> None:
    made = tokenizer(tmp_path, HEAD + said + TAIL + END)
    text = Template(made, ())
    shown = text.prompt(text.read(TALK).tokens)
    assert all(each.content in shown for each in TALK)


FOLDED = (
    "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}"
    "{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}"
    "{% for each in rest %}<|im_start|>{{ each['role'] }}\n"
    "{% if loop.last and system %}{{ system }}\n\n{% endif %}"
)


@pytest.mark.parametrize(
    "template",
    [
        HEAD + SAID + TAIL,
        HEAD + "{{ each['content'] | trim }}" + TAIL,
        HEAD + "{{ each['content'].split('</think>')[-1] }}" + TAIL,
        HEAD + "{{ each['content'] | tojson }}" + TAIL,
        HEAD + "{{ each['content'].split() | join(' ') }}" + TAIL,
        FOLDED + SAID + TAIL,  # the system message stands before the last question
    ],
)
def test_templates_that_only_write_it_another_way(
    template: str, tmp_path: Path
) -> None:
    read = Template(tokenizer(tmp_path, template + END), ())
    talk = (*TALK, Message("user", 'It "is"\n\t8.\n'))
    assert read.read(talk).tokens
    assert read.read((Message("user", " \n"),)).tokens
    assert read.read((Message("user", "a"), Message("user", "a"))).tokens


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("{% if each['role'] != 'system' %}" + SAID + "{% endif %}", "the system"),
        ("{{ each['content'][:18] }}", "a part of the user"),
        ("{{ each['content'][5:] }}", "the system"),
        ("{{ each['content'] | upper }}", "the system"),
        ("{% if loop.last %}" + SAID + "{% endif %}", "the system"),
        ("{% if loop.index < 3 %}" + SAID + "{% endif %}", "the assistant"),
        ("Hello.", "the system"),
    ],
)
def test_a_message_that_is_not_in_the_prompt_is_told(
    said: str, what: str, tmp_path: Path
) -> None:
    read = Template(tokenizer(tmp_path, HEAD + said + TAIL + END), ())
    with pytest.raises(PromptError, match=f"leaves out {what} message"):
        read.read(TALK)


def test_one_of_two_alike_is_told_too(tmp_path: Path) -> None:
    once = "{% if loop.index < 3 or not loop.last %}" + SAID + "{% endif %}"
    read = Template(tokenizer(tmp_path, HEAD + once + TAIL + END), ())
    alike = (Message("user", QUESTION), Message("assistant", "8."))
    assert read.read((*alike, Message("user", "Sure?"), *alike[1:])[:2]).tokens
    with pytest.raises(PromptError, match="leaves out the user message"):
        read.read((*alike, Message("user", QUESTION)))


def test_a_question_that_is_lost_fails_and_its_reason_is_told(tmp_path: Path) -> None:
    tiny.write_model(
        tmp_path, tiny.llama(tiny.write_tokenizer(tmp_path, HEAD + "?" + TAIL + END))
    )
    backend = HF(model=str(tmp_path), device="cpu")
    with backend.load(backend.prepare()) as engine:
        (done,) = answer_all(engine, [Generate(prompt=TALK[1:2], id="1")])
    assert done.error == (
        "the model takes no such prompt: its chat template leaves out the user message"
    )


# What templates tell of thoughts


REFLECT = Tags(("<reflect>",), ("</reflect>",))
OPENED = "<reflect>\n"


@pytest.mark.parametrize(
    ("template", "tags", "opened"),
    [
        # opened by the prompt
        (HEAD + SAID + TAIL + OPENED, REFLECT, True),
        (HEAD + SAID + TAIL + "[REASON]", Tags(("[REASON]",), ("[/REASON]",)), True),
        (HEAD + SAID + TAIL + "◁muse▷\n", Tags(("◁muse▷",), ("◁/muse▷",)), True),
        (  # earlier turns have an empty thought
            HEAD
            + "{% if each['role'] == 'assistant' %}<begin>\n\n<finish>\n\n{% endif %}"
            + SAID
            + TAIL
            + "<begin>\n",
            Tags(("<begin>",), ("<finish>",)),
            True,
        ),
        (
            HEAD + SAID + TAIL + "<|muse_start|>{# and <|muse_end|> #}",
            Tags(("<|muse_start|>",), ("<|muse_end|>",)),
            True,
        ),
        # written into earlier turns, or taken out of them
        (
            HEAD
            + "{% if each.reasoning_content %}<reflect>\n{{ each.reasoning_content }}\n"
            + "</reflect>\n\n{% endif %}"
            + SAID
            + TAIL,
            REFLECT,
            False,
        ),
        (
            HEAD
            + "{% if each.reasoning %}Let me see: {{ each.reasoning }}\nSo I say:\n"
            + "{% endif %}"
            + SAID
            + TAIL,
            Tags(("Let me see:",), ("So I say:",), first=True, alone=False),
            False,
        ),
        (
            HEAD
            + "{% if each.thinking %}<|in|>{{ each.thinking }}<|out|>{% endif %}"
            + SAID
            + TAIL,
            Tags(("<|in|>",), ("<|out|>",)),
            False,
        ),
        (
            HEAD
            + "{% set said = each['content'] %}{% if '</reflect>' in said %}"
            + "{% set said = said.split('</reflect>')[-1] %}{% endif %}"
            + "{{ said }}{# <reflect> #}"
            + TAIL,
            REFLECT,
            False,
        ),
    ],
)
def test_tags_that_only_the_template_tells(
    template: str, tags: Tags, opened: bool, tmp_path: Path
) -> None:
    read = Template(tokenizer(tmp_path, template + END), ())
    found = read.read((Message("user", QUESTION),)).opened
    assert found == (tags if opened else None)
    done = Generate(prompt="").completion(f"{tags.opens[0]}7?{tags.closes[0]}8")
    assert read.apart(done, None).text == "8"
    done = Generate(prompt="").completion(f"{tags.opens[0]}7?")
    assert (read.apart(done, found).text, read.apart(done, found).finish) == (
        "",
        "length",
    )
    assert ("thinking" in read.facts()) == opened


@pytest.mark.parametrize(
    "template",
    [
        HEAD + SAID + TAIL,
        HEAD + SAID + TAIL + "<reflect>\n</reflect>\n\n",
        HEAD + SAID + TAIL + "<begin>\n\n<finish>\n\n",
        HEAD + SAID + TAIL + "<|channel>thought\n<channel|>",
        HEAD + SAID + TAIL + "<|START_THINKING|><|END_THINKING|>",
        HEAD + SAID + TAIL + "<|en|>",
        "{% for each in messages %}<{{ each['role'] }}>" + SAID + TAIL + "<assistant>",
        "{% for each in messages %}[{{ each['role'] }}]" + SAID + "\n{% endfor %}"
        "{% if add_generation_prompt %}[assistant]",
        "{% for each in messages %}[INST] " + SAID + " [/INST]{% endfor %}{% if 1 %}",
        HEAD + "<tool_call>" + SAID + "</tool_call>" + TAIL,
    ],
)
def test_templates_that_tell_of_no_thoughts(template: str, tmp_path: Path) -> None:
    read = Template(tokenizer(tmp_path, template + END), ())
    assert read.read((Message("user", QUESTION),)).opened is None
    for text in ("It is 8.", "<reflect>7?</reflect>8", "<assistant>8", "[user]8"):
        done = Generate(prompt="").completion(text)
        assert read.apart(done, None) == done


def test_what_a_tokenizer_says_of_its_models_answers(tmp_path: Path) -> None:
    made = tokenizer(tmp_path)
    fields: Any = {"thinking": {"open": ["<muse>"], "close": "</muse>"}}
    made.response_template = {"fields": fields}
    done = Generate(prompt="").completion("<muse>7?</muse>8")
    assert Template(made, ()).apart(done, None).text == "8"
    broken: Sequence[Any] = (7, {"fields": [1]}, {"fields": {"thinking": {"open": 1}}})
    for each in broken:
        made.response_template = each
        assert Template(made, ()).apart(done, None) == done


def test_a_token_that_ends_thoughts_is_no_end_of_an_answer(tmp_path: Path) -> None:
    folder = tmp_path
    made = tokenizer(folder, HEAD + SAID + TAIL.replace("im_end", "end") + END)
    made.add_special_tokens({"additional_special_tokens": ["<|end|>"]})
    end = made.convert_tokens_to_ids("<|end|>")
    assert end in Template(made, ()).ends  # as with Phi
    made.add_special_tokens({"additional_special_tokens": ["<|end|>", "<|channel|>"]})
    assert end not in Template(made, ()).ends  # as with gpt-oss
    assert end in Template(made, (end,)).ends  # the configuration knows better


@pytest.mark.vllm
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("templated", [True, False])
def test_a_tokenizer_that_has_its_own_way_with_messages(
    templated: bool, tmp_path: Path
) -> None:
    """Mistral's, which comes with vLLM: its chats are tokens, texts are for people."""
    pytest.importorskip("mistral_common", reason="the package is not installed")
    from evalkit_backends._models.files import Whose
    from evalkit_backends._models.pretrained import read_renderer, read_tokenizer

    known = import_module("mistral_common.tokens.tokenizers.base").SpecialTokens
    names = [each.value for each in known]
    special = [*names, *(f"<SPECIAL_{each}>" for each in range(len(names), 100))]
    tekken = {
        "config": {
            "pattern": "(?s:.)",
            "num_vocab_tokens": 256,
            "default_vocab_size": 356,
            "default_num_special_tokens": 100,
            "version": "v13",
        },
        "vocab": [
            {
                "rank": each,
                "token_bytes": base64.b64encode(bytes([each])).decode(),
                "token_str": None,
            }
            for each in range(256)
        ],
        "special_tokens": [
            {"rank": number, "token_str": name, "is_control": True}
            for number, name in enumerate(special)
        ],
    }
    if templated:
        tiny.write_tokenizer(tmp_path)
    (tmp_path / "tekken.json").write_text(json.dumps(tekken))
    (tmp_path / "config.json").write_text('{"model_type": "mistral"}')
    read = read_tokenizer(tmp_path)
    render = read_renderer(read, {}, Whose(backend="hf", what="it"))
    template = Template(read, (), render=render)
    asked = template.read((Message("user", "8?"),)).tokens
    if templated:
        assert template.prompt(asked).startswith("<s><|im_start|>user\n8?")
        return
    plain = [100 + each for each in b"8?"]
    frame = [special.index(each) for each in ("<s>", "[INST]", "[/INST]")]
    assert asked == [*frame[:2], *plain, frame[2]]
    assert template.parts((Message("user", "8?"),), ("8",)) == (asked, [[156]])
    tags = [special.index(each) for each in ("[THINK]", "[/THINK]")]
    written = [tags[0], *(100 + each for each in b"7?"), tags[1], 156]
    assert template.answer(written) == "[THINK]7?[/THINK]8"
    done = Generate(prompt="").completion(template.answer(written))
    assert template.apart(done, None).text == "8"
