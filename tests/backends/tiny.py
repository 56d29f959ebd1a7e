"""Real models of a few thousand weights, made when a test asks for one.

The weights are random and large, so that what such a model writes depends on all that
it has read: a wrong mask or position shows in the text.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from evalkit import Generate

SPECIAL = ("<pad>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
PAD, BOS, EOS, OPEN, CLOSE = range(5)
TEXT = """Natalia sold clips to 48 of her friends in April, and then she sold half as
many clips in May. How many clips did Natalia sell altogether in April and May? Weng
earns $12 an hour for babysitting. Yesterday, she just did 50 minutes of babysitting."""
CHATML = """{{ bos_token }}{% for message in messages -%}
{% if message['role'] == 'system' -%}
{{ raise_exception('System role not supported') }}{% endif -%}
{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""
CONTEXT = 128
SPACE, NEWLINE = "Ġ", "Ċ"
"""As byte-level tokenizers spell them."""


def write_tokenizer(folder: Path, template: str | None = CHATML) -> int:
    """Train a byte-level tokenizer and give its size.

    It knows ASCII only, and puts <s> before plain texts.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(SPECIAL),
        initial_alphabet=[*map(chr, range(33, 127)), SPACE, NEWLINE],
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", BOS)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        chat_template=template,
    )
    fast.save_pretrained(folder)
    return len(fast)


def write_model(folder: Path, config: Any, **generation: Any) -> Path:
    """Save a model with random weights, the same ones each time."""
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config)
    model.generation_config = transformers.GenerationConfig(**generation)
    save(folder, model)
    return folder


def save(folder: Path, *parts: Any) -> None:
    """Save a model, a tokenizer or both, without a progress bar."""
    bars = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    for part in parts:
        part.save_pretrained(folder)
    if bars:
        transformers.utils.logging.enable_progress_bar()


def llama(size: int, **changes: Any) -> Any:
    """The configuration of a small Llama with `size` tokens in its vocabulary."""
    settings = {
        "vocab_size": size,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT,
        "initializer_range": 0.3,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
    }
    return transformers.LlamaConfig(**(settings | changes))


def write_wide(folder: Path) -> None:
    """Save a Llama that is wide enough to run out of memory, with its tokenizer."""
    wide = llama(
        write_tokenizer(folder),
        hidden_size=1024,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=4096,
    )
    write_model(folder, wide)


def generated(folder: Path, requests: Sequence[Generate]) -> list[str]:
    """What transformers' own generate() writes for each request by itself."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    texts: list[str] = []
    for request in requests:
        ids = tokenizer(request.prompt, return_tensors="pt").input_ids
        output = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=request.sampling.max_tokens,
            do_sample=False,
            eos_token_id=[EOS, CLOSE],
            pad_token_id=PAD,
        )
        written = output[0][ids.shape[1] :]
        texts.append(str(tokenizer.decode(written, skip_special_tokens=True)))
    return texts
