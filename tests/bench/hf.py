"""How fast backend `hf` writes, beside the best plain loop around `model.generate`.

    python tests/bench/hf.py speed --data DIR [--fewshot] [--fixed] [--max-tokens 128]
    python tests/bench/hf.py slots --data DIR [--fewshot] [--questions 128]

`speed` puts the same gsm8k questions to both in turn, in one process, and prints the
ratio of their times. The plain loop reads batches padded on the left and sorted by
length, with the batch size that does best. `--fixed` takes the model's ends away, so
that both write the same number of tokens; without it, answers end where they end.
`slots` counts what goes through the model on a run: padding, finished rows, tokens.
On a busy machine set OMP_NUM_THREADS=1: threads that wait for each other take CPU time.
"""

import argparse
import gc
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
import transformers

from evalkit import Completion, Generate, Sampling
from evalkit_backends.hf import HF

SHOTS = 5
STOP = "Question:"
SIZES = (8, 16, 32, 64)
NO_END = "<file_sep>"
"""A token that the model does not write, to stand for the end of a text."""
INSTRUCTION = """\
{question}

Reason step by step, then give the final number, without a unit, in \\boxed{{}}."""


@dataclass(frozen=True)
class Job:
    """What both sides are given."""

    folder: Path
    prompts: Sequence[str]
    max_tokens: int
    stop: tuple[str, ...]
    ends: Sequence[int]


@dataclass(frozen=True)
class Took:
    """What one go at all prompts cost."""

    wall: float
    """Seconds on the clock."""
    cpu: float
    """Seconds of all threads."""
    tokens: int


# The questions


def questions(data: Path, split: str, count: int) -> list[dict[str, str]]:
    """The first rows of gsm8k."""
    path = data / "openai" / "gsm8k" / "main" / f"{split}.jsonl"
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]


def fewshot_prompts(data: Path, count: int) -> list[str]:
    """Questions behind five worked examples, as base models are asked."""
    worked = "".join(
        f"Question: {row['question']}\nAnswer: {row['answer']}\n\n"
        for row in questions(data, "train", SHOTS)
    )
    rows = questions(data, "test", count)
    return [f"{worked}Question: {row['question']}\nAnswer:" for row in rows]


def chat_prompts(data: Path, count: int, tokenizer: Any) -> list[str]:
    """Questions as chat models are asked, through the chat template."""
    return [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": INSTRUCTION.format(**row)}],
            tokenize=False,
            add_generation_prompt=True,
        )
        for row in questions(data, "test", count)
    ]


def endless(folder: Path, target: Path) -> Path:
    """The model with an end that never comes: the same weights, no chat template."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    end = tokenizer.convert_tokens_to_ids(NO_END)
    for source in folder.iterdir():
        if source.suffix == ".safetensors":
            (target / source.name).symlink_to(source)
        elif source.name != "chat_template.jinja":
            shutil.copy(source, target)
    for name in ("config.json", "generation_config.json"):
        settings = json.loads((target / name).read_text())
        (target / name).write_text(json.dumps({**settings, "eos_token_id": end}))
    tokenizer.chat_template = None
    tokenizer.eos_token = NO_END
    tokenizer.save_pretrained(target)
    return target


# The two sides


class Raw:
    """The plain loop: sorted by length, padded on the left, `generate` per batch."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.tokenizer.padding_side = "left"
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32
        )

    @torch.inference_mode()
    def answer(self, job: Job, size: int) -> int:
        """Answer all prompts; give the number of tokens written."""
        lengths = [len(self.tokenizer(prompt).input_ids) for prompt in job.prompts]
        order = sorted(range(len(lengths)), key=lambda n: lengths[n], reverse=True)
        ends = torch.tensor(job.ends)
        tokens = 0
        for start in range(0, len(order), size):
            texts = [job.prompts[n] for n in order[start : start + size]]
            batch = self.tokenizer(texts, return_tensors="pt", padding=True)
            output = self.model.generate(
                **batch,
                max_new_tokens=job.max_tokens,
                do_sample=False,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=list(job.ends) or None,
                stop_strings=list(job.stop) or None,
                tokenizer=self.tokenizer if job.stop else None,
            )
            written = output[:, batch.input_ids.shape[1] :]
            ended = torch.isin(written, ends).int().cumsum(-1) > 0
            tokens += int((~ended).sum() + ended.any(-1).sum())
            self.tokenizer.batch_decode(written, skip_special_tokens=True)
        return tokens


class Ours:
    """The engine, as a run drives it."""

    def __init__(self, folder: Path) -> None:
        backend = HF(model=str(folder))
        self.engine = backend.load(backend.prepare())

    def answer(self, job: Job) -> list[Completion]:
        sampling = Sampling(max_tokens=job.max_tokens, stop=job.stop)
        self.engine.submit(
            [
                Generate(prompt=prompt, sampling=sampling, id=str(number))
                for number, prompt in enumerate(job.prompts)
            ]
        )
        done: list[Completion] = []
        while len(done) < len(job.prompts):
            done += self.engine.step()
        return done


def timed(work: Callable[[], int]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu, tokens)


# What is measured


def speed(job: Job, rounds: int, sizes: Sequence[int]) -> None:
    """Print the ratio of the engine's time to the plain loop's."""
    raw, ours = Raw(job.folder), Ours(job.folder)
    short = Job(job.folder, job.prompts, min(32, job.max_tokens), (), job.ends)
    tried = {n: timed(lambda n=n: raw.answer(short, n)) for n in sizes}
    best = min(tried, key=lambda n: tried[n].cpu)
    for n, took in tried.items():
        print(f"plain loop, batches of {n}: {took.cpu:.1f} CPU s for 32 tokens each")
    pairs: list[tuple[Took, Took]] = []
    for _ in range(rounds):  # interleaved, so that a busy moment hits both alike
        one = timed(lambda: raw.answer(job, best))
        other = timed(lambda: sum(each.completion_tokens for each in ours.answer(job)))
        pairs.append((one, other))
        print(f"raw {one}\nevalkit {other}", flush=True)
    print(f"plain loop in batches of {best}, medians of {rounds}")
    for name in ("cpu", "wall"):
        plain = median(getattr(one, name) for one, _ in pairs)
        engine = median(getattr(other, name) for _, other in pairs)
        ratios = sorted(getattr(b, name) / getattr(a, name) for a, b in pairs)
        print(
            f"{name:4}  plain {plain:7.1f} s  evalkit {engine:7.1f} s  "
            f"evalkit/plain {median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
        )
    print(f"tokens  plain {pairs[0][0].tokens}  evalkit {pairs[0][1].tokens}")


@dataclass
class Slots:
    """What went through the model."""

    writing: int = 0
    reading: int = 0
    padding: int = 0
    """Of the places read."""
    passes: int = 0

    def see(self, ids: torch.Tensor, mask: torch.Tensor | None) -> None:
        rows, width = ids.shape
        self.passes += 1
        if width == 1:
            self.writing += rows
            return
        self.reading += rows * width
        if mask is not None:
            self.padding += rows * width - int(mask[:, -width:].sum())


@contextmanager
def watched(slots: Slots) -> Generator[None]:
    """Count what the one model in memory is given."""
    (model,) = (
        each
        for each in gc.get_objects()
        if issubclass(type(each), transformers.PreTrainedModel)
        and each.get_output_embeddings() is not None
    )

    def see(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        slots.see(given["input_ids"], given.get("attention_mask"))

    handle = model.register_forward_pre_hook(see, with_kwargs=True)
    yield
    handle.remove()


def count_slots(job: Job, lengths: Path | None) -> None:
    """Print how many of the places that went through the model were of use."""
    ours, slots = Ours(job.folder), Slots()
    with watched(slots):
        begun = time.process_time()
        done = ours.answer(job)
        took = time.process_time() - begun
    if lengths:
        lengths.write_text(json.dumps([each.completion_tokens for each in done]))
    kept = sum(each.completion_tokens for each in done)
    prompts = sum(each.prompt_tokens for each in done)
    # The first token of each row is told by the pass that reads its prompt.
    waste = 1 - (kept - len(done)) / max(1, slots.writing)
    print(f"{len(done)} questions, {took:.0f} CPU s, {slots.passes} passes")
    print(f"written {kept} tokens; slots while writing {slots.writing}")
    print(f"wasted while writing: {waste:.1%}")
    print(
        f"prompts of {prompts} tokens; read {slots.reading} places "
        f"({slots.reading / prompts:.1%}), {slots.padding / slots.reading:.1%} padding"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("measure", choices=("speed", "slots"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fewshot", action="store_true")
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--lengths", type=Path, help="where to write how long answers are"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        job = job_of(options, Path(scratch))
        if options.measure == "speed":
            speed(job, options.rounds, options.sizes)
        else:
            count_slots(job, options.lengths)


def job_of(options: argparse.Namespace, scratch: Path) -> Job:
    """What the command line asks for."""
    folder = Path(HF(model=HF.builtin_model).prepare().location)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    if options.fewshot:
        prompts = fewshot_prompts(options.data, options.questions)
    else:
        prompts = chat_prompts(options.data, options.questions, tokenizer)
    ends = [tokenizer.eos_token_id]
    if options.fixed:
        folder = endless(folder, scratch)
        ends = [tokenizer.convert_tokens_to_ids(NO_END)]
    return Job(
        folder,
        prompts,
        options.max_tokens,
        (STOP,) if options.fewshot and not options.fixed else (),
        ends,
    )


if __name__ == "__main__":
    main()
