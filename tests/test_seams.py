"""Values are checked as a whole: types, bounds, and what must hold between fields."""

from dataclasses import replace
from typing import Any

import pytest

from evalkit import (
    Answer,
    Completion,
    Estimate,
    Failure,
    Generate,
    Mark,
    Message,
    Model,
    Outcome,
    Plugins,
    Rank,
    Ranked,
    Sample,
    Sampling,
    Score,
    Step,
)
from evalkit.errors import Unsound
from evalkit.registering import problem_in
from evalkit.scoring_worker import score_problem
from evalkit.seams import (
    ANSWER,
    COMPLETION,
    ESTIMATE,
    GENERATE,
    MODEL,
    RANK,
    SAMPLE,
    SCORE,
    Seam,
    mismatch,
    several,
    sound_request,
)

CHAT = (Message("user", "?"),)
RANKED = Ranked(logprob=-1.5, tokens=2, size=3, greedy=False)
SOUND: dict[Seam[Any], Any] = {
    SAMPLE: Sample(
        id="Ünï 1",
        question="",
        target="A",
        choices=("a", "b"),
        points=0,
        rubric=(Step(points=1.5, step="one"),),
        metadata={"a": "b"},
    ),
    GENERATE: Generate(
        prompt=CHAT, sampling=Sampling(temperature=0.5, stop=("x",)), schema="{}"
    ),
    RANK: Rank(prompt="", choices=("a",)),
    COMPLETION: Completion(
        request_id="r", ranked=(RANKED,), failure=Failure.SERVER, error="busy"
    ),
    ANSWER: Answer(text="x", finish="length", weights=(-1.0, 2.5)),
    SCORE: Score(
        value=0.5,
        outcome=Outcome.PARTIAL,
        points=1,
        marks=(Mark(step="one", worth=2, points=1),),
    ),
    ESTIMATE: Estimate(metric="m", value=0.5, low=0.5 + 1e-12, high=1, n=3),
    MODEL: Model(name="m", identity={"revision": "abc"}),
}
BOUNDLESS = (float("nan"), float("inf"), -float("inf"))


@pytest.mark.parametrize("seam", SOUND, ids=lambda seam: seam.kind.__name__)
def test_sound_values_pass_as_they_are(seam: Seam[Any]) -> None:
    value = SOUND[seam]
    assert seam(value) is value


@pytest.mark.parametrize("seam", SOUND, ids=lambda seam: seam.kind.__name__)
@pytest.mark.parametrize("value", [None, 5, "text", {"id": "x"}, SOUND, Sample])
def test_other_things_are_refused(seam: Seam[Any], value: object) -> None:
    with pytest.raises(Unsound, match=rf"an? {seam.kind.__name__} is meant, not "):
        seam(value)


CASES: list[tuple[Seam[Any], str, object, str]] = [
    (SAMPLE, "id", 5, "Sample.id: expected `str`, got `int`"),
    (SAMPLE, "id", "", "Sample.id: expected `str` of length >= 1"),
    (SAMPLE, "id", "a\x1bb", "Sample.id: control characters in 'a\\\\x1bb'"),
    (SAMPLE, "question", None, "Sample.question: expected `str`, got `null`"),
    (SAMPLE, "choices", ["a"], "Sample.choices: expected `tuple`, got `list`"),
    (SAMPLE, "choices", ("a", 5), r"Sample.choices\[1\]: expected `str`, got `int`"),
    (SAMPLE, "points", -1, "Sample.points: expected `float` >= 0.0, not -1"),
    (SAMPLE, "points", "1", "Sample.points: expected `float`, got `str`"),
    (SAMPLE, "points", True, "Sample.points: expected `float`, got `bool`"),
    (SAMPLE, "metadata", {"a": 1}, r"Sample.metadata\[...\]: expected `str`"),
    (SAMPLE, "rubric", ("step",), r"Sample.rubric\[0\]: expected `object`"),
    (GENERATE, "prompt", list(CHAT), "Generate.prompt: expected `tuple`, got `list`"),
    (GENERATE, "prompt", ("?",), r"Generate.prompt\[0\]: expected `object`"),
    (GENERATE, "prompt", (Message("robot", ""),), "invalid enum value 'robot'"),  # type: ignore[arg-type]
    (GENERATE, "sampling", Sampling(max_tokens=0), "sampling.max_tokens: expected"),
    (GENERATE, "sampling", Sampling(temperature=-1), "sampling.temperature: expected"),
    (GENERATE, "sampling", Sampling(top_p=0), "sampling.top_p: expected"),
    (GENERATE, "sampling", Sampling(stop=("",)), r"sampling.stop\[0\]: expected"),
    (GENERATE, "sampling", Sampling(stop=["x"]), "sampling.stop: expected `tuple`"),  # type: ignore[arg-type]
    (GENERATE, "sampling", Sampling(seed=2**63), "sampling.seed: "),
    (GENERATE, "schema", "{", "Generate.schema: no JSON"),
    (RANK, "choices", ("a", None), r"Rank.choices\[1\]: expected `str`"),
    (
        COMPLETION,
        "finish",
        "banana",
        "Completion.finish: expected one of stop, length, error, not 'banana'",
    ),
    (COMPLETION, "prompt_tokens", -1, "prompt_tokens: expected `int` >= 0, not -1"),
    (COMPLETION, "completion_tokens", 10**30, "completion_tokens: "),
    (COMPLETION, "completion_tokens", 1.0, "expected `int`, got `float`"),
    (COMPLETION, "text", b"x", "Completion.text: expected `str`, got `bytes`"),
    (COMPLETION, "failure", "server", "Completion.failure: expected `Failure`"),
    (COMPLETION, "ranked", (replace(RANKED, tokens=-1),), r"ranked\[0\].tokens: "),
    (ANSWER, "weights", (1.0, "x"), r"Answer.weights\[1\]: expected `float`"),
    (SCORE, "value", 1.5, "Score.value: expected `float` <= 1.0, not 1.5"),
    (SCORE, "outcome", "right", "Score.outcome: expected `Outcome`, got `str`"),
    (SCORE, "points", -1, "Score.points: expected `float` >= 0.0, not -1"),
    (SCORE, "answer", 5, "Score.answer: expected `str | null`, got `int`"),
    (ESTIMATE, "n", -1, "Estimate.n: expected `int` >= 0, not -1"),
    (ESTIMATE, "low", 0.6, "value: 0.5 does not lie between low 0.6 and high 1"),
    (ESTIMATE, "high", 0.4, "value: 0.5 does not lie between"),
    (ESTIMATE, "scale", 0.4, "value: 0.5 is more than the scale of 0.4"),
    (MODEL, "name", None, "Model.name: expected `str`"),
    (MODEL, "identity", {"a": 1}, r"Model.identity\[...\]: expected `str`"),
    *((SAMPLE, "points", number, "Sample.points: ") for number in BOUNDLESS),
    *((SCORE, "value", number, "Score.value: ") for number in BOUNDLESS),
    *((SCORE, "points", number, "Score.points: ") for number in BOUNDLESS),
    *((ESTIMATE, "value", number, "Estimate.value: ") for number in BOUNDLESS),
    *((ANSWER, "weights", (number,), r"weights\[0\]: ") for number in BOUNDLESS),
]


@pytest.mark.parametrize(("seam", "field", "value", "said"), CASES)
def test_a_wrong_field_is_told(
    seam: Seam[Any], field: str, value: object, said: str
) -> None:
    broken = replace(SOUND[seam], **{field: value})
    with pytest.raises(Unsound, match=said):
        seam(broken)


def test_a_request_is_one_of_two() -> None:
    assert sound_request(SOUND[RANK]) is SOUND[RANK]
    assert sound_request(SOUND[GENERATE]) is SOUND[GENERATE]
    with pytest.raises(Unsound, match="a Generate or a Rank is meant, not 'text'"):
        sound_request("text")


@pytest.mark.parametrize(
    ("completion", "said"),
    [
        (Completion(request_id="r1", ranked=(RANKED,)), ""),
        (Completion(request_id="r1", error="busy"), ""),
        (Completion(request_id="r2", ranked=(RANKED,)), "of another request: 'r2'"),
        (Completion(request_id="r2", error="busy"), "of another request: 'r2'"),
        (Completion(request_id="r1", text="A"), "0 choices ranked where 1 were asked"),
        (Completion(request_id="r1", ranked=(RANKED,) * 2), "2 choices ranked"),
    ],
)
def test_a_completion_belongs_to_its_request(completion: Completion, said: str) -> None:
    found = mismatch(Rank(prompt="", choices=("a",), id="r1"), completion)
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("value", "outcome", "points", "said"),
    [
        (1, "right", 2, ""),
        (1, "right", 0, ""),
        (0.5, "partial", 1, ""),
        (0, "wrong", 0, ""),
        (0, "unmarked", 0, ""),
        (0, "right", 0, "right has the value 1, not 0"),
        (1, "wrong", 2, "wrong has the value 0, not 1"),
        (1, "partial", 2, "a value between 0 and 1, not 1"),
        (0, "partial", 0, "a value between 0 and 1, not 0"),
        (0.5, "no_answer", 1, "no answer has the value 0, not 0.5"),
        (1, "error", 0, "error has the value 0, not 1"),
        (1, "right", 2.1, "2.1 points of 2"),
        (1, "right", 1e308, "1e+308 points of 2"),
    ],
)
def test_the_parts_of_a_score_go_together(
    value: float, outcome: str, points: float, said: str
) -> None:
    sample = Sample(id="1", question="", target="", points=2)
    score = Score(value=value, outcome=Outcome(outcome), points=points)
    found = score_problem(score, sample)
    assert said in found
    assert bool(found) == bool(said)


def test_what_has_no_end_is_told() -> None:
    assert list(several(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    with pytest.raises(Unsound, match="more than 1,000 letters"):
        list(several(iter(str, "x"), 1000, "letters"))


def test_a_strangers_class_cannot_break_the_telling() -> None:
    class Mean:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    with pytest.raises(Unsound, match="a Sample is meant, not <Mean>"):
        SAMPLE(Mean())


def test_all_that_ships_is_as_it_should_be() -> None:
    plugins = Plugins(third_party=False)
    for registry, hook in (
        (plugins.tasks, "evalkit_tasks"),
        (plugins.suites, "evalkit_suites"),
        (plugins.protocols, "evalkit_protocols"),
        (plugins.backends, "evalkit_backends"),
        (plugins.metrics, "evalkit_metrics"),
    ):
        for entry in registry:  # type: ignore[attr-defined]
            assert problem_in(entry.item, hook) == ""
