"""A small real Llama that thinks in any tags, as the question names them.

Its weights are written by hand: what it writes next follows from the token before, and
where that leaves a choice, from the token in the prompt that names the case. So one
model, loaded once, thinks in ten kinds of tags, opened by itself or by its template,
as special tokens or spelled over several, to the end or not.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

END, NEWLINE = "</s>", "Ċ"
FRAME = ("<s>", END, "<|im_start|>", "<|im_end|>")
AGAIN = " But wait, let me check."
ANSWER = "The answer is 8."
HEAD = 64


@dataclass(frozen=True)
class Kind:
    """The tokens of one kind of thinking."""

    opens: tuple[str, ...]
    closes: tuple[str, ...]
    before: tuple[str, ...] = ()
    """What stands between a thought's end and the answer."""

    @property
    def opening(self) -> str:
        return "".join(self.opens)

    @property
    def closing(self) -> str:
        return "".join(self.closes)


KINDS = (
    Kind(("<think>",), ("</think>",)),
    Kind(("<thinking>",), ("</thinking>",)),
    Kind(("<thought>",), ("</thought>",)),
    Kind(("<seed:think>",), ("</seed:think>",)),
    Kind(("◁think▷",), ("◁/think▷",)),
    Kind(("[THINK]",), ("[/THINK]",)),
    Kind(
        ("<|channel|>", "analysis", "<|message|>"),
        ("<|end|>",),
        ("<|start|>", "assistant", "<|channel|>", "final", "<|message|>"),
    ),
    Kind(("<|channel>", "thought"), ("<channel|>",)),
    Kind(("Here is my thought process:",), ("Here is my response:",)),
)
SHOWN = Kind(("<muse>",), ("</muse>",))
"""Nobody knows it, but the template shows it."""
NAMED = Kind(("{ponder}",), ("{done}",))
"""Nobody knows it, and only the user can name it."""
PLAIN = frozenset({"analysis", "assistant", "final", "thought"})
"""Tokens that are ordinary text."""


@dataclass(frozen=True)
class Case:
    """What the model is to write in answer to one question."""

    number: int
    kind: Kind
    opener: str
    """"model" or "template"."""
    spelling: str
    """"token" or "text"."""
    ending: str
    """Of the thought: "finished", "cut" for want of room, "ended" by the model."""

    @property
    def name(self) -> str:
        return f"[case{self.number}]"

    @property
    def id(self) -> str:
        return f"{self.kind.opening} {self.opener} {self.spelling} {self.ending}"

    @property
    def thought(self) -> str:
        return f"So the answer is 7 ({self.number})."

    @property
    def opened(self) -> str:
        """What the template ends its prompt with."""
        return f"{self.kind.opening}\n" if self.opener == "template" else ""

    @property
    def written(self) -> tuple[str, ...]:
        """What the model writes, token by token; the last one again and again if that
        is no end."""
        kind, thought, answer = self.kind, f"\n{self.thought}", f"\n\n{ANSWER}"
        behind = (*kind.closes, *kind.before)
        if self.spelling == "token":
            opens, closes = (*kind.opens, thought), (*behind, answer)
        else:  # the tags' last letters share a token with what follows them
            text = "".join(behind)
            opens = (kind.opening[:-1], kind.opening[-1] + thought)
            closes = (text[:-1], text[-1] + answer)
        if self.opener == "template":
            opens = (thought,)
        ends = {"finished": (*closes, END), "cut": (AGAIN,), "ended": (END,)}
        return (*opens, *ends[self.ending])

    @property
    def text(self) -> str:
        """What a server gives that leaves all in the text."""
        return "".join(each for each in self.written if each != END)


CASES = tuple(
    Case(number, *each)
    for number, each in enumerate(
        product(
            (*KINDS, SHOWN, NAMED),
            ("model", "template"),
            ("token", "text"),
            ("finished", "cut", "ended"),
        )
    )
)


def chat_template() -> str:
    """Opens the thought where the case says so, and shows one kind of thinking."""
    opened = {case.name: case.opened for case in CASES if case.opened}
    return (
        f"{{% set opened = {json.dumps(opened, ensure_ascii=False)} %}}"
        "{% for each in messages %}<|im_start|>{{ each['role'] }}\n"
        f"{{% if each.reasoning_content %}}{SHOWN.opening}\n"
        f"{{{{ each.reasoning_content }}}}\n{SHOWN.closing}\n\n{{% endif %}}"
        "{{ each['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n"
        "{{ opened.get(messages[-1]['content'], '') }}{% endif %}"
    )


def write_thinker(folder: Path) -> Path:
    """Save the model with its tokenizer."""
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_model(tokenizer)
    bars = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    model.save_pretrained(folder)
    if bars:
        transformers.utils.logging.enable_progress_bar()
    return folder


def make_tokenizer() -> Any:
    """One that has all tags as special tokens, and all else that is written."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE(vocab={each: n for n, each in enumerate(alphabet)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tags = (
        each
        for kind in (*KINDS, SHOWN, NAMED)
        for each in (*kind.opens, *kind.closes, *kind.before)
        if each not in PLAIN
    )
    special = [*FRAME, *dict.fromkeys(tags)]
    tokenizer.add_special_tokens([AddedToken(each, special=True) for each in special])
    texts = (
        *PLAIN,
        *(case.name for case in CASES),
        *(each for case in CASES for each in case.written),
    )
    others = [each for each in dict.fromkeys(texts) if each not in special]
    tokenizer.add_tokens([AddedToken(each, special=False) for each in others])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token=END,
        chat_template=chat_template(),
    )


def make_model(tokenizer: Any) -> Any:
    """Its one layer looks at all tokens alike: it knows which ones there are."""
    size = len(tokenizer)
    width = size + -size % HEAD
    config = transformers.LlamaConfig(
        vocab_size=size,
        hidden_size=width,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=width // HEAD,
        num_key_value_heads=width // HEAD,
        max_position_embeddings=512,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    model = transformers.LlamaForCausalLM(config)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.fill_(1.0 if "norm" in name else 0.0)
        attention = model.model.layers[0].self_attn
        attention.v_proj.weight.copy_(torch.eye(width) / width**0.5)
        attention.o_proj.weight.copy_(torch.eye(width))
        model.model.embed_tokens.weight.copy_(torch.eye(size, width))
        for (before, after), weight in links().items():
            ids = tokenizer.convert_tokens_to_ids([after, before])
            model.lm_head.weight[ids[0], ids[1]] = weight
    return model


def links() -> Mapping[tuple[str, str], float]:
    """How much each token speaks for each other one: much as the last one, and a little
    as any before it."""
    found: dict[tuple[str, str], float] = {}
    for case in CASES:
        steps: Sequence[str] = (NEWLINE, *case.written)
        found |= dict.fromkeys(pairwise(steps), 100.0)
        if steps[-1] != END:
            found[steps[-1], steps[-1]] = 100.0
        for each in case.written[:4]:  # where several cases part
            if each != END:
                found[case.name, each] = 200.0
    harmony = KINDS[6]  # it writes the same tokens around thought and answer
    for each in (harmony.before[3], f"\n\n{ANSWER}"):
        found[harmony.closing, each] = 600.0
    found[harmony.closing, harmony.before[0]] = 1000.0
    return found
