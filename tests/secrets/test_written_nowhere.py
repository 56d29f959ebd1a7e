"""A server that sends the key back in every way: no six characters of it in a row are
written or printed, but within the answers that it stands in. Those stay as they came.
"""

import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import counting
import pytest

from evalkit import Experiment, Plugins, Results, RunRecord, UsageError, run
from evalkit.commands import command_line, main
from evalkit.folder import RunFolder
from tests.backends.api_server import (
    JSON,
    Asked,
    Reaction,
    Server,
    chat,
    counts,
    error,
    models,
)
from tests.conftest import PLUGINS, Evalkit
from tests.secrets.test_finding import KEY, WAYS, leaks

pytest.importorskip("openai", reason="the package openai is not installed")

ANSWERS = tuple(way for way in WAYS if "JSON" not in way)
FIELDS: Mapping[str, Callable[[str], Reaction]] = {
    "the code": lambda key: Reaction(status=400, body=error("", code=key)),
    "the type": lambda key: Reaction(status=422, body=error("no", type=key, param=key)),
    "details": lambda key: Reaction(
        status=422, body=json.dumps({"detail": [{"loc": [key], "msg": key}]}).encode()
    ),
    "a plain text": lambda key: Reaction(
        status=400, body=key.encode(), headers={"Content-Type": "text/plain"}
    ),
    "headers": lambda key: Reaction(
        status=400,
        body=error("no"),
        headers=JSON | {"Retry-After": key, "X-Request-Id": key, "Location": key},
    ),
    "the type of the content": lambda key: Reaction(
        body=chat("5"), headers={"Content-Type": f"text/{key}; charset={key}"}
    ),
    "the packing": lambda key: Reaction(
        body=chat("5"), headers={"Content-Encoding": key}
    ),
    "an error inside": lambda key: Reaction(body=error(f"about {key}", code=400)),
    "a redirection": lambda key: Reaction(
        status=307, headers=JSON | {"Location": f"http://h/{key}"}
    ),
    "another form": lambda key: Reaction(
        body=json.dumps({"choices": {key: [key]}}).encode()
    ),
    "no JSON": lambda key: Reaction(body=f'{{"choices": {key}'.encode()),
    "the reason to end": lambda key: Reaction(body=chat("5", finish=key)),
    "a tool": lambda key: Reaction(
        body=chat(None, tool_calls=[{"function": {"name": key}}])
    ),
    "a broken head": lambda key: Reaction(
        body=b"{}", headers={f"{key}\r\n {key}": "no header"}
    ),
}
OFFSETS = tuple(range(245, 305, 4))
"""Characters before the key, so that what is shown of an error ends within it."""


def reaction(number: int) -> Reaction:
    """What the server does about a question: one thing after the other."""
    if number < len(ANSWERS):
        written = WAYS[ANSWERS[number]](KEY)
        return Reaction(body=chat(f"Key {written}, and that is {number + 1}"))
    number -= len(ANSWERS)
    if number < len(WAYS):
        said = [*WAYS.values()][number](KEY)
        return Reaction(status=400, body=error(f"Wrong: {said}."))
    number -= len(WAYS)
    if number < len(FIELDS):
        return [*FIELDS.values()][number](KEY)
    before = "x" * OFFSETS[number - len(FIELDS)]
    return Reaction(status=400, body=error(f"{before}{KEY}"))


COUNT = len(ANSWERS) + len(WAYS) + len(FIELDS) + len(OFFSETS)


def behavior(asked: Asked) -> Reaction:
    return counts(asked) if asked.method == "GET" else reaction(asked.number)


def beside_answers(folder: Path) -> Iterator[tuple[Path, str]]:
    """All that files below a folder have, but for what the model wrote."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if path.name in {"completions.jsonl", "results.jsonl"}:
            lines = [json.loads(line) for line in text.splitlines()]
            text = json.dumps([without_answers(each) for each in lines])
        yield path, text


def without_answers(line: Any) -> Any:
    """A line of a file, without the texts of its answers."""
    if isinstance(line, dict) and "finish" in line:
        return {**line, "text": "", "reasoning": ""}
    if isinstance(line, dict):
        return {name: without_answers(value) for name, value in line.items()}
    return [*map(without_answers, line)] if isinstance(line, list) else line


@dataclass(frozen=True)
class Done:
    """A run against the server, and what was said meanwhile."""

    output: Path
    record: RunRecord
    said: str

    @property
    def folder(self) -> RunFolder:
        return RunFolder.of(self.output, self.record.spec)


def experiment(url: str, output: Path, n: int, **more: str) -> Experiment:
    return Experiment(
        tasks=("counting",),
        model="api:counter",
        backend_options={"base_url": url, "tries": "1", **more},
        task_options={"n": str(n)},
        output=output,
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The run; its key is in a variable whose name does not tell that."""
    output = tmp_path_factory.mktemp("runs")
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        Server(behavior) as server,
        redirect_stderr(said),
        redirect_stdout(said),
    ):
        patch.setenv("MY_SERVER", KEY)
        wanted = experiment(server.url, output, COUNT, key_env="MY_SERVER")
        (record,) = run(wanted, Plugins(counting, third_party=False))
    return Done(output, record, said.getvalue())


def test_answers_are_what_came(done: Done) -> None:
    for result in list(Results(done.folder.results))[: len(ANSWERS)]:
        number = int(result.id[1:])
        sent = json.loads(reaction(number).body)["choices"][0]["message"]["content"]
        assert result.attempts[0].turns[0].text == sent
        assert result.attempts[0].turns[0].secrets, ANSWERS[number]


def test_no_piece_is_written_beside_them(done: Done) -> None:
    files = dict(beside_answers(done.output))
    assert {"card.md", "record.json", "results.jsonl", "completions.jsonl"} <= {
        each.name for each in files
    }
    for path, text in files.items():
        assert not leaks(text), path
    assert not leaks(done.said)


def test_the_card_tells_in_how_many_answers_it_stands(done: Done) -> None:
    told = f"the key of this run stands in {len(ANSWERS)} answers"
    assert told in done.folder.card.read_text().replace("\\", "")


def commands(folder: Path, out: Path) -> Iterator[tuple[str, ...]]:
    """All that shows a run to people."""
    yield "show", str(folder)
    yield from (("show", str(folder), "--sample", f"q{n}") for n in range(COUNT))
    for ending in ("csv", "html"):
        yield "marks", "export", str(folder), "--to", str(out / f"sheet.{ending}")
    yield "marks", "show", str(folder)
    yield "grade", str(folder), "--write"


def test_it_is_shown_to_nobody_on_another_day(done: Done, tmp_path: Path) -> None:
    """No variable has the key then."""
    folder = tmp_path / "run"
    shutil.copytree(done.folder.path, folder)
    before = (folder / "results.jsonl").read_bytes()
    plugins = Plugins(counting, third_party=False)
    cli = command_line(plugins)
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        for words in commands(folder, tmp_path):
            cli(list(words), obj=plugins, standalone_mode=False)
    assert out.getvalue().count("[key]") > 2 * len(ANSWERS)
    assert not leaks(out.getvalue())
    assert not leaks(errors.getvalue())
    for path, text in beside_answers(tmp_path):
        assert not leaks(text), path
    assert (folder / "results.jsonl").read_bytes() == before


def test_a_dummy_key_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("1", "EMPTY", "none", "sk-no-key-required"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with Server(counts) as server:
            wanted = experiment(server.url, tmp_path / key, 12)
            (record,) = run(wanted, Plugins(counting, third_party=False))
        assert record.outcomes["right"] == 12
        assert not record.warnings
        assert server.questions[0].headers["authorization"] == f"Bearer {key}"


@pytest.mark.parametrize("status", [401, 404])
def test_it_is_in_no_line_that_ends_a_run(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def refusing(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return Reaction(body=models(f"counter-{KEY}", f"{KEY[:9]}\n{KEY[9:]}"))
        return Reaction(status=status, body=error(f"{'y' * 280}{KEY}"))

    with Server(refusing) as server, pytest.raises(UsageError) as caught:
        run(
            experiment(server.url, tmp_path, 3),
            Plugins(counting, third_party=False),
        )
    assert not leaks(str(caught.value))
    assert str(caught.value).count("[key]") >= 1
    assert not any(leaks(text) for _, text in beside_answers(tmp_path))


def test_it_is_in_no_stream_of_a_command(
    evalkit: Evalkit, site: Path, tmp_path: Path
) -> None:
    """Warnings, logs of libraries and tracebacks included."""

    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return counts(asked)
        if "temperature" in asked.body:
            words = f"Unsupported parameter: 'temperature' for {KEY}"
            return Reaction(status=400, body=error(words, param="temperature"))
        return Reaction(body=chat(f"{KEY}"), headers=JSON | {"X-Request-Id": KEY})

    (tmp_path / "sitecustomize.py").write_text(
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
    )
    with Server(behavior) as server:
        done = evalkit(
            *("run", "--tasks=counting", "--set=n=3", "--model=api:counter"),
            f"--base-url={server.url}",
            OPENAI_API_KEY=KEY,
            OPENAI_LOG="debug",
            PYTHONPATH=os.pathsep.join(map(str, (tmp_path, site, PLUGINS))),
        )
    assert done.returncode == 0, done.stderr
    assert "refuses 'temperature', which is left out" in done.stderr
    assert "[key]" in done.stderr
    assert not leaks(done.stdout + done.stderr)
    assert not any(leaks(text) for _, text in beside_answers(tmp_path / "runs"))


@pytest.fixture
def process() -> Iterator[None]:
    """What a command does to its process, undone."""
    hook = sys.excepthook
    yield
    sys.excepthook = hook


@pytest.mark.usefixtures("process")
def test_it_is_in_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A bug of ours ends a command with what `main` has put up for that."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(sys, "argv", ["evalkit", "tasks", "nope"])
    with pytest.raises(SystemExit):
        main()
    try:
        raise ZeroDivisionError(f"a bug with {KEY!r}")
    except ZeroDivisionError:
        sys.excepthook(*sys.exc_info())
    errors = capfd.readouterr().err
    assert "Traceback" in errors
    assert "ZeroDivisionError: a bug with '[key]'" in errors
    assert not leaks(errors)


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("--model=api:m", f"--base-url=http://127.0.0.1:9/{KEY}/v1"), {}),
        (("--model=api:m", f"--base-url=http://127.0.0.1:9/v1?code={KEY}"), {}),
        (("--model=api:m", f"--base-url=http://me:{KEY}@127.0.0.1:9/v1"), {}),
        (("--model=api:m", f'--backend-set=extra_body={{"user": "{KEY}"}}'), {}),
        (
            ("--model=api:m", '--backend-set=extra_body={"key": "hunter2-08-15"}'),
            {},
        ),
        (("--model=api:m", f"--backend-set=key_env={KEY}"), {}),
        (("--model=api:m", f"--backend-set=timeout={KEY}"), {}),
        (("--model=api:m", f"--backend-set={KEY}"), {}),
        (("--model=api:m", f"--backend-set={KEY[6:]}"), {}),
        (("--model=api:m", f"--backend-set=begin={KEY[:20]}"), {"MY_TOKEN": KEY}),
        ((f"--model=api:{KEY}",), {}),
        ((f"--model=api:gpt-{KEY[4:20]}",), {"OPENAI_API_KEY": KEY}),
        (("--model=api:m",), {"OPENAI_BASE_URL": f"http://127.0.0.1:9/{KEY}/v1"}),
        ((f"--judge=api:{KEY}", "--model=scripted:counting:right"), {}),
        (
            (
                "--judge=api:m",
                f"--judge-set=base_url=http://h/v1?key={KEY}",
                "--model=scripted:counting:right",
            ),
            {},
        ),
        ((f"--set=path={KEY}", "--model=scripted:counting:right"), {}),
        ((f"--ray-address=ray://me:{KEY}@h:1", "--model=scripted:counting:right"), {}),
    ],
)
def test_a_key_that_is_typed_is_refused_and_not_repeated(
    words: tuple[str, ...],
    variables: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    command = ["evalkit", "run", "--tasks=counting", f"--output={tmp_path}", *words]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    out, errors = capfd.readouterr()
    assert len(errors.splitlines()) == 1, errors
    assert not leaks(out + errors)
    assert "hunter2" not in errors
    assert not list(tmp_path.rglob("*.json*"))
