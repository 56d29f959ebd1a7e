"""Put evalkit and lm-evaluation-harness 0.4.13 to the same questions, and compare.

    python -m venv lm-eval
    lm-eval/bin/pip install "lm-eval[hf]==0.4.13"
    python tests/parity/compare.py --data DATA --lm-eval lm-eval/bin/python

DATA is a folder laid out as on the Hub, with the datasets of the tasks below. Both
harnesses read the same files and run the same weights in float32, each in a process of
its own, one after the other. What should be alike is compared sample by sample: the
prompt and what is ranked behind it byte for byte, each choice's log-probability,
whether it is what the model would have written, and the score.

Where evalkit shows texts of its own in place of other people's prose (TruthfulQA's
preamble) or draws worked examples otherwise (gsm8k), lm-evaluation-harness is given
evalkit's. The exit status is 1 if something is not alike that should be.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evalkit import Data
from evalkit_backends._models.builtin import find
from evalkit_backends._models.convert import ready
from evalkit_tasks.gsm8k import Gsm8k
from evalkit_tasks.truthfulqa import PREAMBLE

HERE = Path(__file__).parent
SHOTS = 5
TOLERANCE = 1e-3
SUBJECTS = (
    "abstract_algebra",
    "anatomy",
    "college_chemistry",
    "management",
    "world_religions",
)
TASKS = (
    "agieval_sat_math",
    "agieval_lsat_ar",
    "agieval_logiqa_en",
    "arc_challenge",
    "openbookqa",
    "truthfulqa_mc1",
    "truthfulqa_mc2",
    "boolq",
    *(f"mmlu_{subject}@{shots}" for subject in SUBJECTS for shots in (0, 5)),
    "gsm8k@5",
)
LONG = "agieval_lsat_rc"


@dataclass(frozen=True, kw_only=True)
class Line:
    """How alike two harnesses are on one task."""

    task: str
    samples: int
    prompts: int
    """Samples whose prompt and choices are the same, byte for byte."""
    apart: float | None
    """The greatest difference of a log-probability; None where texts were written."""
    greedy: int
    """Samples of which all choices agree in being what the model would have written;
    where texts were written, samples whose texts are the same."""
    ours: float
    theirs: float
    by_characters: tuple[float, float] | None
    """The same per character: lm-evaluation-harness calls it acc_norm."""
    seconds: float
    their_seconds: float
    cpu_seconds: float
    """Of the harness's own process: a busy machine stretches it less."""
    their_cpu_seconds: float

    @property
    def alike(self) -> bool:
        """Whether all is as it should be."""
        near = self.apart is None or self.apart <= TOLERANCE
        same = self.by_characters is None or close(*self.by_characters)
        whole = self.prompts == self.greedy == self.samples
        return near and same and whole and close(self.ours, self.theirs)


def close(one: float, other: float) -> bool:
    """Whether two scores are equal but for rounding."""
    return abs(one - other) < 1e-4


def compared(task: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Line:
    """One task by both harnesses."""
    ranked = "logprobs" in theirs["samples"][0]
    arranged = by_text if ranked else dict[str, Any]
    pairs = [
        (arranged(one), arranged(other))
        for one, other in zip(ours["samples"], theirs["samples"], strict=True)
    ]
    their_score = theirs["acc"] if ranked else theirs["exact_match,flexible-extract"]
    return Line(
        task=task,
        samples=len(pairs),
        prompts=sum(same_prompt(one, other) for one, other in pairs),
        apart=max(differences(pairs)) if ranked else None,
        greedy=sum(one["greedy"] == other["greedy"] for one, other in pairs)
        if ranked
        else sum(one["text"] == other["text"] for one, other in pairs),
        ours=ours["acc"],
        theirs=their_score,
        by_characters=(ours["acc_norm"], theirs["acc_norm"])
        if "acc_norm" in theirs
        else None,
        seconds=ours["seconds"],
        their_seconds=theirs["seconds"],
        cpu_seconds=ours["cpu_seconds"],
        their_cpu_seconds=theirs["cpu_seconds"],
    )


def by_text(sample: dict[str, Any]) -> dict[str, Any]:
    """A sample with its choices in the order of their texts: evalkit shuffles those of
    TruthfulQA, of which the first is always right."""
    columns = ("choices", "logprobs", "greedy")
    rows = sorted(zip(*(sample[column] for column in columns), strict=True))
    return {**sample, **dict(zip(columns, zip(*rows, strict=True), strict=True))}


def same_prompt(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both asked the same."""
    asked = (one["prompt"], tuple(one["choices"]))
    return asked == (other["prompt"], tuple(other.get("choices", ())))


def differences(pairs: Sequence[tuple[Any, Any]]) -> Iterator[float]:
    """How far the log-probabilities of each choice are apart."""
    for one, other in pairs:
        for a, b in zip(one["logprobs"], other["logprobs"], strict=True):
            yield abs(a - b)


def table(lines: Sequence[Line]) -> Iterator[str]:
    """The lines as a Markdown table."""
    yield (
        "| task | samples | same prompts | log-probabilities apart by | same greedy or "
        "text | evalkit | lm-eval | s | lm-eval s | times faster | by CPU time |"
    )
    yield "| --- |" + " --: |" * 10
    for each in lines:
        apart = "–" if each.apart is None else f"{each.apart:.0e}"
        scores = [(each.ours, each.theirs)]
        scores += [each.by_characters] if each.by_characters else []
        cells = (
            each.task,
            each.samples,
            each.prompts,
            apart,
            each.greedy,
            *(
                " / ".join(f"{100 * pair[side]:.2f}" for pair in scores)
                for side in (0, 1)
            ),
            f"{each.seconds:.1f}",
            f"{each.their_seconds:.1f}",
            f"{each.their_seconds / each.seconds:.1f}",
            f"{each.their_cpu_seconds / each.cpu_seconds:.1f}",
        )
        yield f"| {' | '.join(map(str, cells))} |"


def examples(data: Path) -> dict[str, Any]:
    """What lm-evaluation-harness is given in place of its own."""
    worked = Gsm8k(data=Data(root=data)).exemplars()[:SHOTS]
    return {
        "gsm8k": [
            {"question": each.question, "answer": each.solution} for each in worked
        ],
        "truthfulqa_preamble": PREAMBLE,
    }


def run_side(command: Sequence[str], output: Path) -> dict[str, Any]:
    """Run one half in a process of its own and read what it found."""
    threads = {"OMP_NUM_THREADS": str(len(os.sched_getaffinity(0)))}
    subprocess.run(
        [*command, "--output", str(output)],
        check=True,
        env={**os.environ, **threads},
        stdout=sys.stderr,
    )
    found: dict[str, Any] = json.loads(output.read_bytes())["tasks"]
    return found


def both(given: argparse.Namespace, tasks: Sequence[str], limit: int) -> list[Line]:
    """Some tasks by both harnesses, one harness after the other."""
    model = str(ready(Path(find(backend="hf").location)))
    common = ["--data", str(given.data), "--model", model, "--tasks", ",".join(tasks)]
    common += ["--limit", str(limit)]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        texts = folder / "examples.json"
        texts.write_text(json.dumps(examples(given.data)), encoding="utf-8")
        ours = run_side(
            [sys.executable, str(HERE / "evalkit_side.py"), *common],
            folder / "evalkit.json",
        )
        theirs = run_side(
            [
                given.lm_eval,
                str(HERE / "lm_eval_side.py"),
                *common,
                "--examples",
                str(texts),
                "--batch-size",
                str(given.batch_size),
            ],
            folder / "lm_eval.json",
        )
    return [compared(task, ours[task], theirs[task]) for task in tasks]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lm-eval", required=True, help="its Python")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--long-limit", type=int, default=200, help=f"of {LONG}")
    parser.add_argument("--batch-size", type=int, default=4, help="of lm-eval")
    given = parser.parse_args()
    lines = both(given, given.tasks.split(","), given.limit)
    if given.long_limit:
        lines += both(given, [LONG], given.long_limit)
    print("\n".join(table(lines)))
    return int(not all(each.alike for each in lines))


if __name__ == "__main__":
    sys.exit(main())
