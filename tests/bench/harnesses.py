"""evalkit beside lm-evaluation-harness and inspect_ai: the same prompts, model, tokens.

    python tests/bench/harnesses.py --data DATA --model FOLDER \\
        --lm-eval PYTHON --inspect PYTHON [--rounds 5] [--batch-sizes 16,32,64]

Each harness runs as its own command on transformers on the CPU: 64 questions of GSM8K
through the model's chat template, greedy, at most 128 tokens each; `--shots 5` puts
worked examples before each question. The other two first
find their best batch size; evalkit chooses its own. Then the commands take turns. What
is printed: wall seconds of the whole command, and seconds from the first request to the
last score, as medians, and evalkit's share of the faster of the others.

The other two live in environments of their own, with the same torch and transformers:

    pip install 'lm-eval[hf]==0.4.13'          inspect_ai==0.3.285 and accelerate
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
SIDES = Path(__file__).parent / "harnesses"
sys.path.insert(0, str(SIDES))

from clock import elapsed  # noqa: E402

INSTRUCTION = (
    "{question}\n\nThink step by step, and end with the answer as a number on a line "
    "of its own."
)
YAML = """\
task: prompts
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{prompts}"}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{prompt}}}}"
doc_to_target: "{{{{target}}}}"
generation_kwargs: {{until: [], max_gen_toks: {tokens}, do_sample: false}}
filter_list:
  - name: last
    filter:
      - {{function: regex, regex_pattern: "(-?[0-9]+)", group_select: -1}}
      - {{function: take_first}}
metric_list: [{{metric: exact_match}}]
"""


@dataclass(frozen=True)
class Seconds:
    """What one command took."""

    whole: float
    asking: float


@dataclass(frozen=True)
class Bench:
    """What all commands have in common."""

    model: Path
    folder: Path
    tokens: int
    evalkit: str
    lm_eval: str
    inspect: str

    def run(self, words: Sequence[str], path: Sequence[Path]) -> Seconds:
        """Run a command to its end; its own output is shown if it fails."""
        clock = self.folder / "clock"
        clock.unlink(missing_ok=True)
        variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "CLOCK": str(clock),
            "PROMPTS": str(self.folder / "prompts.jsonl"),
            "MAX_TOKENS": str(self.tokens),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_CACHE": str(self.folder / "cache"),
        }
        begun = time.monotonic()
        done = subprocess.run(
            words,
            env=variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        whole = time.monotonic() - begun
        if done.returncode:
            raise SystemExit(f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return Seconds(whole, elapsed(clock))

    def with_evalkit(self, batch: int) -> Seconds:
        output = tempfile.mkdtemp(dir=self.folder)
        words = (self.evalkit, "-m", "evalkit", "run", "--tasks=prompts")
        model = (f"--model=clocked:{self.model}", f"--max-tokens={self.tokens}")
        return self.run((*words, *model, f"-o{output}"), (self.folder / "site", SIDES))

    def with_lm_eval(self, batch: int) -> Seconds:
        words = (self.lm_eval, str(SIDES / "lm_eval_command.py"), "run")
        what = ("--tasks", "prompts", "--include_path", str(self.folder / "tasks"))
        model = (
            "--model",
            "hf",
            "--model_args",
            f"pretrained={self.model},dtype=float32",
            "--device",
            "cpu",
            "--batch_size",
            str(batch),
            "--apply_chat_template",
            "--output_path",
            str(self.folder / "lm_eval"),
            "--log_samples",
        )
        return self.run((*words, *what, *model), (SIDES,))

    def with_inspect(self, batch: int) -> Seconds:
        words = (self.inspect, "-m", "inspect_ai", "eval", "inspect_task.py")
        model = (
            "--model",
            "hf/local",
            "-M",
            f"model_path={self.model}",
            "-M",
            "device=cpu",
            "-M",
            "do_sample=False",
            "--max-connections",
            str(batch),
            "--display",
            "none",
            "--log-dir",
            str(self.folder / "inspect"),
        )
        return self.run((*words, *model), (SIDES,))


Command: TypeAlias = Callable[[int], Seconds]


def rows_of(data: Path, split: str, count: int) -> list[dict[str, str]]:
    """The first rows of a split of GSM8K."""
    path = data / "openai" / "gsm8k" / "main" / f"{split}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()[:count]]


def prompts(data: Path, questions: int, shots: int) -> Iterator[tuple[str, str]]:
    """Each question as a prompt, behind worked examples, and its row's answer."""
    examples = "".join(
        f"Question: {row['question']}\nAnswer: {row['answer']}\n\n"
        for row in rows_of(data, "train", shots)
    )
    for row in rows_of(data, "test", questions):
        yield examples + INSTRUCTION.format(question=row["question"]), row["answer"]


def prepare(folder: Path, asked: Iterator[tuple[str, str]], tokens: int) -> None:
    """Write the prompts and what each harness needs to find them."""
    lines: list[str] = []
    for number, (prompt, answer) in enumerate(asked):
        target = answer.rsplit("#### ", 1)[1].replace(",", "")
        lines.append(
            json.dumps({"id": str(number), "prompt": prompt, "target": target})
        )
    (folder / "prompts.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "tasks").mkdir()
    text = YAML.format(prompts=folder / "prompts.jsonl", tokens=tokens)
    (folder / "tasks" / "prompts.yaml").write_text(text)
    # inspect_ai looks for task files in the current folder only.
    shutil.copy(SIDES / "inspect_task.py", folder)
    info = folder / "site" / "bench-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bench\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[evalkit]\nbench = evalkit_plugin\n")


def best_batch(run: Command, sizes: Sequence[int]) -> int:
    """The batch size with which a harness is fastest; one alone need not be tried."""
    if len(sizes) == 1:
        return sizes[0]
    timed = {size: run(size) for size in sizes}
    for size, each in timed.items():
        print(
            f"  batch {size}: {each.whole:.1f} s, asking {each.asking:.1f} s",
            flush=True,
        )
    return min(timed, key=lambda size: timed[size].whole)


def report(timed: Mapping[str, list[Seconds]]) -> None:
    """The table, and evalkit's share of the faster of the others."""
    whole = {name: median(each.whole for each in all_) for name, all_ in timed.items()}
    asking = {
        name: median(each.asking for each in all_) for name, all_ in timed.items()
    }
    for name in timed:
        print(f"{name:8} {whole[name]:7.1f} s whole, {asking[name]:7.1f} s asking")
    for what, seconds in (("whole command", whole), ("first to last", asking)):
        others = min(value for name, value in seconds.items() if name != "evalkit")
        print(
            f"evalkit / faster of the others, {what}: {seconds['evalkit'] / others:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--lm-eval", required=True)
    parser.add_argument("--inspect", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-sizes", default="16,32,64")
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--shots", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=128)
    given = parser.parse_args()
    sizes = [int(size) for size in given.batch_sizes.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = prompts(given.data, given.questions, given.shots)
        prepare(folder, asked, given.tokens)
        bench = Bench(
            model=given.model.resolve(),
            folder=folder,
            tokens=given.tokens,
            evalkit=sys.executable,
            lm_eval=given.lm_eval,
            inspect=given.inspect,
        )
        runs = {"evalkit": (bench.with_evalkit, 0)}
        for other, run in (
            ("lm-eval", bench.with_lm_eval),
            ("inspect", bench.with_inspect),
        ):
            print(f"{other}:", flush=True)
            runs[other] = (run, best_batch(run, sizes))
        timed: dict[str, list[Seconds]] = {each: [] for each in runs}
        for number in range(given.rounds):
            for each, (run, batch) in runs.items():
                timed[each].append(run(batch))
                print(f"round {number + 1}, {each}: {timed[each][-1]}", flush=True)
        report(timed)


if __name__ == "__main__":
    main()
