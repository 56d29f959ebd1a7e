"""Make the run folders here anew, as the evalkit that is installed writes them.

    cd <a checkout of evalkit at commit f84baea, with its [dev] environment>
    .venv/bin/python <this folder>/make.py

README.md says what was written by hand; all else comes from this. Each kind has an
output folder of its own in made/, and commands.json says what was called, so that the
same commands can be given again.
"""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = Path.cwd()
PORT = 47913
LAUNCH = """\
import os
from evalkit import environment
os.cpu_count = lambda: 2
environment.processor = lambda: "a processor"
from evalkit.commands import main
main()
"""
"""The command line, on a machine without a name: records tell what they ran on."""
DATA = "--data=data"
SVAMP = ("run", "--tasks=svamp", DATA)
FOUR = ("--attempts=4", "--temperature=0.7", "--metric=pass@2")
WEIGH = ("--model=scripted:made_models:weigh", "--backend-set=ranks=true", DATA)
VILLAGE = ("run", "--tasks=exams/village", "--model=scripted:answers/village.jsonl")
DEMO = ("run", "--tasks=demo_exam", "--model=scripted:answers/demo.jsonl")
JUDGE = ("--judge=scripted:made_models:judge", "--judge-votes=3")
HUNGARIAN = (
    "run",
    "--tasks=hungarian_exam",
    "--model=scripted:answers/hungarian.jsonl",
    "--limit=14",
)
RUNS: Mapping[str, Sequence[Sequence[str]]] = {
    "chat": [(*SVAMP, "--model=scripted:answers/svamp.jsonl")],
    "fewshot": [
        (*SVAMP, "--model=scripted:answers/fewshot.jsonl", "--protocol=fewshot")
    ],
    "attempts": [(*SVAMP, "--model=scripted:answers/four.jsonl", *FOUR)],
    "failed": [(*SVAMP, "--model=scripted:answers/gaps.jsonl")],
    "thinking": [(*SVAMP, "--model=scripted:made_models:think")],
    "extended": [
        (*SVAMP, "--model=scripted:answers/svamp.jsonl", "--limit=2"),
        (*SVAMP, "--model=scripted:answers/svamp.jsonl", "--limit=5"),
    ],
    "interrupted": [
        (*SVAMP, "--model=scripted:made_models:count", "--backend-set=delay=400")
    ],
    "sessions": [
        (*SVAMP, "--model=scripted:made_models:count", "--backend-set=delay=400")
    ],
    "undecided": [
        (
            *("run", "--tasks=math", "--set=subject=algebra", DATA),
            "--model=scripted:answers/math.jsonl",
        )
    ],
    "table": [("run", "--tasks=gsm8k", DATA, "--model=scripted:answers/gsm8k.jsonl")],
    "server": [
        (
            *(*SVAMP, "--model=api:made-up", "--limit=3"),
            f"--base-url=http://127.0.0.1:{PORT}/v1",
            *("--price-in=0.4", "--price-out=1.6"),
        )
    ],
    "ranked": [
        ("run", "--tasks=arc_challenge", DATA, "--model=hf:tiny", "--protocol=rank")
    ],
    "written": [(*SVAMP, "--model=hf:tiny", "--max-tokens=12", "--limit=3")],
    "protocols": [("run", "--tasks=arc_challenge", "--protocol=all", *WEIGH)],
    "suite": [("run", "--tasks=gpt4all", *WEIGH)],
    "own_exam": [VILLAGE],
    "regraded": [VILLAGE],
    "judged": [(*DEMO, *JUDGE, "--limit=6")],
    "demo_exam": [DEMO],
    "marked": [HUNGARIAN],
}
"""By kind, the commands that finish it; their --output is made/<kind>."""

GRADED: Mapping[str, Sequence[str]] = {
    "own_exam": ("--task=exams/village",),
    "regraded": ("--task=exams/village_mended",),
    **dict.fromkeys(("judged", "demo_exam", "marked"), ()),
}
"""What `grade` needs besides the run, where that is not the data."""


def main() -> None:
    """Make every kind, the larger ones last."""
    os.chdir(HERE)
    for name in ("made", "sheets", "tiny", "verdicts.jsonl"):
        shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(True)
    write_tiny()
    with served():
        for kind, commands in RUNS.items():
            if kind not in ("interrupted", "sessions"):
                for words in commands:
                    evalkit(*words, f"--output=made/{kind}")
    for kind in ("interrupted", "sessions"):
        kill(kind)
    evalkit(*RUNS["sessions"][0], "--output=made/sessions")
    evalkit("grade", run_of("regraded"), *GRADED["regraded"], "--write")
    mark()
    evalkit(
        *("grade", "--responses=responses.jsonl", "--reference-field=target"),
        *("--label-field=correct", "--out=verdicts.jsonl"),
    )
    for lock in Path("made").rglob("lock"):
        lock.unlink()  # a killed run leaves the machine's name in it
    told = {
        kind: {"run": [*map(list, commands)], "grade": [*GRADED.get(kind, (DATA,))]}
        for kind, commands in RUNS.items()
    }
    Path("commands.json").write_text(json.dumps(told, indent=1) + "\n")


def evalkit(*words: str, status: Sequence[int] = (0, 1)) -> None:
    """The command line, which is to end as said."""
    print("evalkit", *words, flush=True)
    done = subprocess.run(
        (sys.executable, "-c", LAUNCH, *words), env=variables(), stderr=2, check=False
    )
    assert done.returncode in status, done.returncode


def variables() -> dict[str, str]:
    """What a process is told: no Hub, no key."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
    return {**kept, "HF_HUB_OFFLINE": "1", "COLUMNS": "80"}


def run_of(kind: str) -> str:
    """The one run folder of a kind."""
    (found,) = Path("made", kind).glob("*/*/spec.json")
    return str(found.parent)


def kill(kind: str) -> None:
    """Begin a run and kill it when three answers are there."""
    words = (*RUNS[kind][0], f"--output=made/{kind}")
    begun = (sys.executable, "-c", LAUNCH, *words)
    with subprocess.Popen(begun, env=variables()) as process:
        while True:
            time.sleep(0.02)
            found = [*Path("made", kind).glob("*/*/completions.jsonl")]
            if found and found[0].read_bytes().count(b"\n") >= 3:
                break
        process.kill()
    assert process.returncode == -signal.SIGKILL


def mark() -> None:
    """Export sheets, fill them in as two people would, and take them back."""
    run = run_of("marked")
    Path("sheets").mkdir()
    evalkit("marks", "export", run, "--to=sheets/sheet.csv")
    evalkit("marks", "export", run, "--to=sheets/sheet.html", "--seed=5")
    evalkit(
        *("marks", "export", run, "--to=sheets/semicolons.csv"), "--separator=semicolon"
    )
    rows = [
        *csv.DictReader(io.StringIO(Path("sheets/sheet.csv").read_text("utf-8-sig")))
    ]
    for place, row in enumerate(rows):
        row["points"] = str(min(float(row["points possible"]), place % 3)).rstrip("0")
        row["points"] = row["points"].rstrip(".") or "0"
        row["comment"] = '=a slip, and "more"' if place % 4 == 0 else ""
    write(Path("sheets/filled.csv"), rows, list(rows[0]), ",")
    for place, row in enumerate(rows):
        half = min(float(row["points possible"]), place % 2 + 0.5)
        row["points"] = f"{half:g}".replace(".", ",")
        row["comment"] = "Ágnes: jó" if place % 5 == 0 else ""
        row["marker"] = "Ágnes"
    page = ["id", "number", "points possible", "points", "comment", "marker"]
    write(Path("sheets/downloaded.csv"), rows, page, ",")
    evalkit("marks", "import", run, "sheets/filled.csv", "--by=Ann")
    evalkit(
        *("marks", "import", run, "sheets/downloaded.csv"), "--as=human2", "--by=Ágnes"
    )


def write(
    path: Path, rows: Sequence[Mapping[str, str]], names: Sequence[str], separator: str
) -> None:
    """A sheet as it comes back: the page's button writes one like this too."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        writer.writerows([[row[name] for name in names] for row in rows])


def write_tiny() -> None:
    """A Llama of a few thousand random weights, by the tests of this checkout."""
    sys.path.insert(0, str(CHECKOUT))
    from tests.backends import tiny

    tiny.write_model(Path("tiny"), tiny.llama(tiny.write_tokenizer(Path("tiny"))))


class Answers(BaseHTTPRequestHandler):
    """A server of OpenAI's protocol that knows one answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send({"object": "list", "data": [{"id": "made-up", "object": "model"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": "That makes \\boxed{90}."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 50, "completion_tokens": 9, "total_tokens": 59}
        self.send({"model": "made-up-1", "choices": [choice], "usage": usage})

    def send(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class served:
    """The server, while the block runs."""

    def __enter__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", PORT), Answers)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    main()
