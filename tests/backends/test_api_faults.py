"""Runs against a server that fails in every way there is: nothing lost or invented."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

import counting
import pytest

from evalkit import (
    Experiment,
    Generate,
    Outcome,
    Plugins,
    Results,
    RunRecord,
    SampleResult,
    run,
)
from evalkit.folder import RunFolder
from evalkit.testing import answer_all
from evalkit_backends.api import API
from tests.backends.api_server import (
    JSON,
    Asked,
    Reaction,
    Server,
    chat,
    counts,
    error,
)
from tests.conftest import Evalkit

pytest.importorskip("openai", reason="the package openai is not installed")

KEY = "sk-very-secret-0123456789"
HUGE = b" " * (3 << 20)


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no server or proxy but those that a test names."""
    for name in ("OPENAI_BASE_URL", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def busy(**headers: str) -> Reaction:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reaction(status=429, body=error("Too many requests"), headers=JSON | headers)


PASSING: Mapping[str, Callable[[Asked], Reaction]] = {
    "busy": lambda asked: busy(),
    "busy for a moment": lambda asked: busy(Retry_After="0.1"),
    "busy for milliseconds": lambda asked: busy(Retry_After_Ms="50"),
    "busy until now": lambda asked: busy(Retry_After=formatdate(time(), usegmt=True)),
    "broken": lambda asked: Reaction(status=500, body=error("oh no")),
    "overloaded": lambda asked: Reaction(status=503, body=b"<p>wait</p>"),
    "behind a gateway": lambda asked: Reaction(status=502, body=b""),
    "too early": lambda asked: Reaction(status=425, body=b"{}"),
    "a conflict": lambda asked: Reaction(status=409, body=b"{}"),
    "a reset": lambda asked: Reaction(reset=True),
    "half a body": lambda asked: Reaction(body=chat("That is 0"), keep=9),
    "half of its JSON": lambda asked: Reaction(body=chat("That is 0")[:-9]),
    "nothing": lambda asked: Reaction(body=b""),
    "an error inside": lambda asked: Reaction(body=error("upstream", code=502)),
}
"""What goes well when it is tried again."""

LASTING: Mapping[str, tuple[Callable[[Asked], Reaction], str, int]] = {
    "refused": (
        lambda a: Reaction(status=400, body=error("bad prompt")),
        "bad prompt",
        1,
    ),
    "too long": (lambda a: Reaction(status=422, body=error("too long")), "too long", 1),
    "flagged": (
        lambda a: Reaction(
            status=403, body=error("moderated", metadata={"reasons": ["x"]})
        ),
        "moderated",
        1,
    ),
    "sent away": (
        lambda a: Reaction(status=307, headers=JSON | {"Location": "http://[::1]:1/"}),
        "sends elsewhere",
        1,
    ),
    "always broken": (lambda a: Reaction(status=500), "the last of 3 tries", 3),
    "always reset": (lambda a: Reaction(reset=True), "the last of 3 tries", 3),
    "told to wait for long": (lambda a: busy(Retry_After="3600"), "Too many", 1),
    "never answered": (lambda a: Reaction(delay=60), "no answer within 5 s", 1),
    "dripping": (
        lambda a: Reaction(body=chat("That"), drip=0.2),
        "no answer within",
        1,
    ),
    "huge": (lambda a: Reaction(body=HUGE), "more than 2048 KB", 1),
    "huge in chunks": (
        lambda a: Reaction(body=HUGE, chunked=True),
        "more than 2048 KB",
        1,
    ),
    "a page": (
        lambda a: Reaction(body=b"<p>Hi</p>", headers={"Content-Type": "text/html"}),
        "not JSON",
        1,
    ),
    "no choices": (lambda a: Reaction(body=b'{"choices": []}'), "without choices", 1),
    "other types": (
        lambda a: Reaction(body=b'{"choices": {"a": 1}}'),
        "another form",
        1,
    ),
    "no UTF-8": (
        lambda a: Reaction(body=b'{"choices": [{"text": "\xff"}]}'),
        "not UTF-8",
        1,
    ),
    "an error inside": (lambda a: Reaction(body=error("no", code=400)), "no", 1),
    "no content": (lambda a: Reaction(body=chat(None)), "without content", 1),
}
"""What is an error for good: its name, and how often it is asked."""


def faulty(asked: Asked) -> Reaction:
    """One question in ten fails for good, three in ten once; the others never."""
    if asked.method == "GET":
        return counts(asked)
    kind, turn = asked.number % 10, asked.number // 10
    if kind == 0:
        return [*LASTING.values()][turn % len(LASTING)][0](asked)
    if kind < 4 and asked.time == 0:
        return [*PASSING.values()][(turn + kind) % len(PASSING)](asked)
    return counts(asked)


def run_all(url: str, output: Path, n: int, **options: object) -> RunRecord:
    given = {"base_url": url, "tries": "3", "timeout": "5", "patience": "60", **options}
    wanted = Experiment(
        tasks=("counting",),
        model="api:counter",
        backend_options={name: str(value) for name, value in given.items()},
        task_options={"n": str(n)},
        output=output,
    )
    (record,) = run(wanted, Plugins(counting, third_party=False))
    return record


def results(output: Path, record: RunRecord) -> list[SampleResult]:
    return list(Results(RunFolder.of(output, record.spec).results))


def contents(folder: Path) -> str:
    """All that was written anywhere below a folder."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    return "\n".join(each.read_text(errors="replace") for each in files)


def tries_by_question(server: Server) -> Counter[int]:
    return Counter(each.number for each in server.questions)


def expected_tries(number: int) -> int:
    kind, turn = number % 10, number // 10
    if kind == 0:
        return [*LASTING.values()][turn % len(LASTING)][2]
    return 2 if kind < 4 else 1


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, RunRecord, Server]:
    """The folder, the record and the server of a run of 500 questions."""
    output = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch, Server(faulty) as server:
        patch.setenv("OPENAI_API_KEY", KEY)
        return output, run_all(server.url, output, 500), server


class TestARunOfFiveHundred:
    def test_every_answer_is_there_or_its_error_has_a_name(
        self, outcome: tuple[Path, RunRecord, Server]
    ) -> None:
        output, record, _ = outcome
        for number, result in enumerate(results(output, record)):
            (attempt,) = result.attempts
            if number % 10:
                assert attempt.score.outcome is Outcome.RIGHT, number
                assert attempt.turns[0].text == f"That is {number + 1}"
            else:
                turn = number // 10
                reason = [*LASTING.values()][turn % len(LASTING)][1]
                assert attempt.score.outcome is Outcome.ERROR
                assert reason in (attempt.turns[0].error or ""), number
                assert attempt.turns[0].text == ""
        assert record.errors == 50

    def test_nothing_is_asked_more_often_than_it_must_be(
        self, outcome: tuple[Path, RunRecord, Server]
    ) -> None:
        tries = tries_by_question(outcome[2])
        assert tries == {number: expected_tries(number) for number in range(500)}

    def test_the_key_is_written_nowhere(
        self, outcome: tuple[Path, RunRecord, Server]
    ) -> None:
        output, _, server = outcome
        assert all(KEY in each.headers["authorization"] for each in server.asked)
        assert KEY not in contents(output)

    def test_the_next_session_asks_only_what_failed(
        self, outcome: tuple[Path, RunRecord, Server]
    ) -> None:
        output, first, server = outcome
        with Server(counts, port=server.port) as mended:
            record = run_all(mended.url, output, 500)
        assert record.spec == first.spec
        assert record.errors == 0
        asked = tries_by_question(mended)
        assert asked == {number: 1 for number in range(0, 500, 10)}


class TestExitStatus:
    def call(self, evalkit: Evalkit, server: Server, n: int = 20) -> Any:
        return evalkit(
            "run",
            "--tasks=counting",
            f"--set=n={n}",
            "--model=api:counter",
            f"--base-url={server.url}",
            "--max-concurrency=8",
            "--backend-set=tries=2",
            OPENAI_API_KEY=KEY,
        )

    def test_zero_if_all_was_answered(self, evalkit: Evalkit, tmp_path: Path) -> None:
        def behavior(asked: Asked) -> Reaction:
            return counts(asked) if asked.time or asked.number % 2 else busy()

        with Server(lambda a: counts(a) if a.body == {} else behavior(a)) as server:
            done = self.call(evalkit, server)
        assert done.returncode == 0, done.stderr
        assert "10 tries were repeated (status 429: 10)" in done.stderr
        assert KEY not in done.stdout + done.stderr + contents(tmp_path)

    def test_one_if_something_failed(self, evalkit: Evalkit) -> None:
        def behavior(asked: Asked) -> Reaction:
            if asked.method == "POST" and asked.number == 3:
                return Reaction(status=400, body=error(f"not with {KEY}"))
            return counts(asked)

        with Server(behavior) as server:
            done = self.call(evalkit, server)
        assert done.returncode == 1, done.stderr
        assert KEY not in done.stdout + done.stderr

    @pytest.mark.parametrize("is_late", [False, True])
    def test_two_and_one_line_for_a_wrong_key(
        self, evalkit: Evalkit, tmp_path: Path, is_late: bool
    ) -> None:
        def behavior(asked: Asked) -> Reaction:
            if is_late and asked.method == "GET":
                return counts(asked)
            return Reaction(status=401, body=error(f"Wrong key: {KEY}"))

        with Server(behavior) as server:
            done = self.call(evalkit, server)
        assert done.returncode == 2
        (line,) = [each for each in done.stderr.splitlines() if "Wrong key" in each]
        assert line.startswith("evalkit: ")
        assert "Traceback" not in done.stderr
        assert KEY not in done.stdout + done.stderr + contents(tmp_path)
        assert len(server.questions) <= 8


def test_thoughts_without_end_are_a_truncated_answer(tmp_path: Path) -> None:
    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return counts(asked)
        more = {"reasoning_content": "Let me count"}
        return Reaction(body=chat(None, finish="length", **more))

    with Server(behavior) as server:
        record = run_all(server.url, tmp_path, 3)
    assert record.outcomes["truncated"] == 3
    for result in results(tmp_path, record):
        assert result.attempts[0].turns[0].reasoning == "Let me count"


def seconds_between_tries(reaction: Reaction) -> float:
    """How long a server is left alone that says how long it wants to be."""
    times: list[float] = []

    def behavior(asked: Asked) -> Reaction:
        times.append(time())
        return reaction if asked.method == "POST" and not asked.time else counts(asked)

    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url)
        with backend.load(backend.prepare()) as engine:
            list(answer_all(engine, [Generate(prompt="1", id="r")]))
    return times[-1] - times[-2]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_is_left_alone_as_long_as_it_wants(status: int) -> None:
    wait = {"Retry-After": "1.2"}
    assert seconds_between_tries(Reaction(status=status, headers=JSON | wait)) >= 1.2


def test_a_server_is_left_alone_until_a_date() -> None:
    wait = {"Retry-After": formatdate(time() + 3, usegmt=True)}
    assert seconds_between_tries(Reaction(status=429, headers=JSON | wait)) >= 1.5


def test_one_that_wants_to_be_left_alone_is_asked_nothing_else() -> None:
    times: dict[int, float] = {}

    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return counts(asked)
        is_first = not times
        times.setdefault(asked.number, time())
        return busy(Retry_After="1") if is_first else counts(asked)

    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url, max_concurrency=1)
        with backend.load(backend.prepare()) as engine:
            requests = [Generate(prompt=f"{i}", id=f"r{i}") for i in range(5)]
            assert len(list(answer_all(engine, requests))) == 5
    first, second, *_ = sorted(times.values())
    assert second - first >= 1
    assert len(server.questions) == 6


def test_a_server_that_limits_its_rate_gets_all_its_questions() -> None:
    """At most four at once, with 429 for whoever comes on top."""

    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return counts(asked)
        return replace(counts(asked), delay=0.01) if server.at_once < 4 else busy()

    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url, max_concurrency=32)
        with backend.load(backend.prepare()) as engine:
            requests = [Generate(prompt=f"{i}", id=f"r{i}") for i in range(200)]
            completions = list(answer_all(engine, requests))
    assert [each.error for each in completions] == [None] * 200
    refused = len(server.questions) - 200
    assert refused < 200


def test_an_engine_that_is_told_to_stop_leaves_no_request_behind() -> None:
    with Server(lambda a: busy() if a.method == "POST" else counts(a)) as server:
        backend = API(model="m", base_url=server.url)
        with backend.load(backend.prepare()) as engine:
            requests = [Generate(prompt=f"{i}", id=f"r{i}") for i in range(5)]
            engine.submit(requests)
            assert list(engine.step()) == []
            back = set(engine.withdraw())
            while len(back) < 5:
                assert list(engine.step()) == []
                back |= set(engine.withdraw())
            assert engine.step() == []
