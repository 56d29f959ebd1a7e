"""Copies of an engine as Ray actors, in a Ray that all tests here share."""

import os
import signal
import socket
import sys
import tempfile
import threading
import types
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import counting
import pytest

from evalkit import (
    Backend,
    BackendError,
    Completion,
    Engine,
    Experiment,
    Generate,
    Model,
    Plugins,
    Rank,
    Request,
    Sampling,
    UsageError,
    hookimpl,
    run,
)
from evalkit.testing import BackendContract, answer_all
from evalkit_backends.hf import HF
from evalkit_backends.replicas import Replicas, evalkit_replicate
from evalkit_backends.scripted import Scripted
from tests.backends import copied
from tests.conftest import wait_for

pytest.importorskip("ray", reason="the package ray is not installed")

CPUS = 8
ANSWERS = "tests.backends.copied"


@pytest.fixture(scope="module", autouse=True)
def shared_ray() -> Iterator[None]:
    """One Ray for all tests; its CPUs are only counted, whatever there are."""
    from evalkit_backends._replicas.quiet import hush

    hush()
    import ray

    with tempfile.TemporaryDirectory(
        prefix="evalkit-ray-", dir="/tmp", ignore_cleanup_errors=True
    ) as folder:
        before = signal.getsignal(signal.SIGTERM)
        os.environ.setdefault("RAY_AUTH_TOKEN", "of these tests")
        ray.init(
            "local",
            num_cpus=CPUS,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            object_store_memory=80 * 2**20,
            _temp_dir=folder,
        )
        signal.signal(signal.SIGTERM, before)
        yield
        ray.shutdown()


def copies(inner: Backend, replicas: int = 2) -> Backend:
    return evalkit_replicate(inner, replicas, "")


def scripted(function: str, **options: Any) -> Scripted:
    return Scripted(model=f"{ANSWERS}:{function}", **options)


def loaded(backend: Backend) -> Engine:
    return backend.load(backend.prepare())


def ask(prompts: Sequence[str]) -> list[Generate]:
    return [Generate(prompt=prompt, id=f"r{i}") for i, prompt in enumerate(prompts)]


def answers_and_facts(
    backend: Backend, requests: Sequence[Request]
) -> tuple[dict[str, Completion], Mapping[str, str]]:
    """All completions by id, of which none may come twice, and what the engine says."""
    with loaded(backend) as engine:
        found = list(answer_all(engine, requests))
        facts = engine.facts()
    counts = Counter(each.request_id for each in found)
    assert counts == Counter(each.id for each in requests)
    return {each.request_id: each for each in found}, facts


class TestContract(BackendContract):
    backend = copies(Scripted(model=f"{ANSWERS}:echo"))


def test_copies_pass_for_the_backend_that_they_are_copies_of() -> None:
    inner = scripted("echo", chats=False, ranks=True)
    backend = copies(inner, 3)
    model = backend.prepare()
    assert (backend.name, backend.model) == (inner.name, inner.model)
    assert model == inner.prepare()
    assert backend.can_rank(model)


def test_each_copy_answers_and_all_want_as_much_as_each_wants() -> None:
    with loaded(copies(scripted("process", delay=2), 3)) as engine:
        assert engine.capacity == 3 * 64
        found = list(answer_all(engine, ask(["?"] * 60)))
    counts = Counter(each.text for each in found)
    assert len(counts) == 3
    assert min(counts.values()) >= 10


@pytest.mark.parametrize(
    "capacity",
    [
        pytest.param(4, id="for it has room more often"),
        pytest.param(64, id="for others give back what they have not begun"),
    ],
)
def test_a_fast_copy_gets_more(tmp_path: Path, capacity: int) -> None:
    backend = copies(copied.Uneven(model=str(tmp_path), capacity=capacity))
    requests = ask(["?"] * 120)
    with loaded(backend) as engine:
        assert engine.capacity == backend.at_once() == 2 * capacity
        found: list[Completion] = []
        sent = 0
        while len(found) < len(requests):
            more = requests[sent : len(found) + engine.capacity]
            engine.submit(more)
            sent += len(more)
            found += engine.step()
        assert engine.generated_tokens == len(requests)
    counts = Counter(each.text for each in found)
    assert len(counts) == 2
    assert counts.total() == len(requests)
    assert counts[(tmp_path / "slow").read_text()] <= 40


# The real model


PROMPTS = ("How many clips", "Natalia sold", "Weng earns $12", "Yesterday, she", "In")


def test_the_real_model_answers_as_without_copies(tiny_llama: Path) -> None:
    inner = HF(model=str(tiny_llama), batch_size=1)
    requests: list[Request] = [
        Generate(
            prompt=prompt,
            id=f"{prompt} {temperature}",
            sampling=Sampling(max_tokens=20, temperature=temperature, seed=5),
        )
        for prompt in PROMPTS
        for temperature in (0.0, 0.9)
    ]
    requests += [
        Rank(prompt=f"{prompt} is", id=f"rank {prompt}", choices=(" many", " April"))
        for prompt in PROMPTS
    ]
    backend = copies(inner)
    assert backend.can_rank(backend.prepare())
    alone, facts_alone = answers_and_facts(inner, requests)
    found, facts = answers_and_facts(backend, requests)

    assert [each.error for each in found.values()] == [None] * len(requests)
    assert len({each.text for each in found.values()}) > len(PROMPTS)
    assert rounded(found) == rounded(alone)

    assert facts_alone.keys() <= facts.keys()
    for name in ("dtype", "torch", "transformers", "parameters"):
        assert facts[name] == facts_alone[name]
    for name in ("writing", "ranking"):  # each copy has tried its own lengths
        way, _, tried = facts_alone[name].partition(";")
        assert facts[name].startswith(way)
        assert "tried with" in tried
    assert facts["replicas"] == "2"
    assert facts["nodes"] == f"1 x ({CPUS} CPUs)"
    assert facts["ray"]


def rounded(found: dict[str, Completion]) -> dict[str, Any]:
    """Completions, their log-probabilities to five digits: threads add in any order."""
    return {
        id: (
            each.text,
            each.finish,
            each.prompt,
            each.completion_tokens,
            [(f"{one.logprob:.5g}", one.tokens, one.greedy) for one in each.ranked],
        )
        for id, each in found.items()
    }


# Losses


def test_requests_of_a_killed_copy_go_to_others_and_it_is_replaced() -> None:
    asked: list[Generate] = []
    found: list[Completion] = []
    with loaded(copies(scripted("process", delay=10), 3)) as engine:

        def answered_by(processes: int) -> bool:
            """Ask more until that many processes have answered."""
            more = [
                Generate(prompt="?", id=f"r{number}")
                for number in range(len(asked), len(found) + 150)
            ]
            asked.extend(more)
            engine.submit(more)
            found.extend(engine.step())
            return len({each.text for each in found}) == processes

        wait_for(lambda: answered_by(3))
        victim = found[0].text
        os.kill(int(victim), signal.SIGKILL)
        wait_for(lambda: answered_by(4), patience=120)
        found += answer_rest(engine, len(asked) - len(found))
    counts = Counter(each.request_id for each in found)
    assert counts == Counter(each.id for each in asked)


def answer_rest(engine: Engine, n: int) -> list[Completion]:
    found: list[Completion] = []
    while len(found) < n:
        found += engine.step()
    return found


def test_a_request_that_kills_every_copy_fails_by_itself() -> None:
    prompts = [f"prompt {i}" for i in range(12)]
    prompts[5] = copied.FATAL
    found, _ = answers_and_facts(copies(scripted("echo", delay=1)), ask(prompts))
    failed = found.pop("r5")
    assert failed.finish == "error"
    assert "3 copies died that worked on it" in (failed.error or "")
    assert "\n" not in (failed.error or "")
    texts = {id: each.text for id, each in found.items()}
    assert texts == {
        f"r{i}": f"echo of prompt {i}" for i in range(12) if prompts[i] != copied.FATAL
    }


def test_copies_that_only_die_end_in_an_error() -> None:
    with (
        loaded(copies(scripted("echo"))) as engine,
        pytest.raises(BackendError, match="all 2 copies died 4 times in a row"),
    ):
        list(answer_all(engine, ask([copied.FATAL] * 40)))


# Errors


def test_what_an_engine_raises_is_told_and_not_tried_again() -> None:
    with (
        loaded(copies(scripted("failing"))) as engine,
        pytest.raises(BackendError, match=r"ValueError: cannot answer one") as caught,
    ):
        list(answer_all(engine, ask(["one"])))
    assert "\n" not in str(caught.value)


def test_a_users_mistake_in_a_copy_comes_across_as_it_is() -> None:
    inner = Scripted(model="no.such:module")
    with pytest.raises(UsageError) as here:
        inner.load(Model(name="any"))
    with pytest.raises(UsageError) as there:
        copies(inner).load(Model(name="any"))
    assert str(there.value) == str(here.value)


def test_another_model_under_the_same_name_is_refused(tmp_path: Path) -> None:
    revision = tmp_path / "revision"
    revision.write_text("first")
    backend = copies(copied.Wandering(model=str(revision)))
    model = backend.prepare()
    with backend.load(model) as engine:
        (found,) = answer_all(engine, ask(["?"]))
    assert found.text == "first"
    revision.write_text("second")
    with pytest.raises(BackendError, match=r"'wanderer' on .* is another model"):
        backend.load(model)


def test_a_plugin_that_a_node_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("only_here")
    monkeypatch.setitem(sys.modules, "only_here", module)
    lonely = type(
        "Lonely", (copied.Wandering,), {"__module__": "only_here", "__doc__": "x"}
    )
    vars(module)["Lonely"] = lonely
    with pytest.raises(BackendError, match="No module named 'only_here'") as caught:
        copies(lonely(model="?")).load(Model(name="?"))
    assert "on all nodes" in str(caught.value)


def test_more_copies_than_fit_are_refused() -> None:
    with pytest.raises(UsageError, match=f"--replicas {CPUS + 1}: {CPUS} fit"):
        loaded(copies(scripted("echo"), CPUS + 1))


# Stopping


def test_what_no_copy_has_begun_can_be_withdrawn() -> None:
    requests = ask([f"{i}" for i in range(100)])
    with loaded(copies(scripted("echo", delay=60))) as engine:
        engine.submit(requests[:10])  # five for each copy, which it begins together
        found = list(engine.step())
        engine.submit(requests[10:90])
        found += engine.step()
        engine.submit(requests[90:])
        withdrawn = engine.withdraw()
        assert {each.id for each in requests[10:]} <= set(withdrawn)
        found += answer_rest(engine, 100 - len(withdrawn) - len(found))
        assert list(engine.step()) == []
        answered = {each.request_id for each in found}
        assert len(answered) + len(withdrawn) == 100
        assert answered | set(withdrawn) == {each.id for each in requests}
        again = list(answer_all(engine, requests[10:20]))
    assert {each.request_id for each in again} == {each.id for each in requests[10:20]}


# Before anything is started


def test_without_ray_it_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'evalkit\[ray\]'"):
        copies(scripted("echo")).prepare()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ray://head:10001", "on a node of the cluster"),
        ("head", "auto or HOST:PORT"),
        ("head:port", "auto or HOST:PORT"),
        (":6379", "auto or HOST:PORT"),
        ("head:99999", "auto or HOST:PORT"),
        ("127.0.0.1:1", "no cluster answers there: Connection refused"),
        ("no.such.host.invalid:6379", "no cluster answers there"),
        ("a" * 70 + ":6379", "no cluster answers there"),
    ],
)
def test_an_address_that_is_none_is_refused(address: str, told: str) -> None:
    inner = scripted("echo")
    with pytest.raises(UsageError, match=told) as caught:
        evalkit_replicate(inner, 2, address).prepare()
    assert repr(address) in str(caught.value)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+"])
def test_a_server_that_is_no_cluster_is_told_at_once(answer: bytes) -> None:
    def answer_once() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_once)
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UsageError, match="no cluster"):
            evalkit_replicate(scripted("echo"), 2, address).prepare()
        thread.join()


def test_the_backend_is_what_the_hook_gives() -> None:
    inner = scripted("echo")
    backend = evalkit_replicate(inner, 2, "auto")
    assert isinstance(backend, Replicas)
    assert (backend.inner, backend.replicas, backend.address) == (inner, 2, "auto")


def test_another_plugin_may_have_its_own_way_of_running_copies(tmp_path: Path) -> None:
    asked: list[tuple[str, int, str]] = []

    class Elsewhere:
        @hookimpl
        def evalkit_replicate(
            self, backend: Backend, replicas: int, address: str
        ) -> Backend:
            asked.append((backend.name, replicas, address))
            return backend

    wanted = Experiment(
        tasks=("counting",),
        model="scripted:counting:right",
        replicas=3,
        cluster="there",
        output=tmp_path,
    )
    (record,) = run(wanted, Plugins(counting, Elsewhere(), third_party=False))
    assert record.spec.backend == "scripted"
    assert asked == [("scripted", 3, "there")]
