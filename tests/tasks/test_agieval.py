"""AGIEval: queries taken apart and put together again, right choices, data errors."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from evalkit import (
    Answer,
    ChoiceTask,
    Data,
    DataError,
    Generate,
    Outcome,
    Rank,
    Sample,
    Task,
)
from evalkit.scoring import reference
from evalkit.scoring_worker import resolve
from evalkit.testing import TaskContract
from evalkit_tasks import agieval
from evalkit_tasks.agieval import CHINESE, ENGLISH, FREEWILLY, choices
from evalkit_tasks.agieval.parts import MATHQA, PARTS
from evalkit_tasks.agieval.written import AgievalGaokaoMathcloze, AgievalMath
from tests.conftest import shared

Json = dict[str, Any]
TASKS = {each.name: each for each in agieval.evalkit_tasks()}
CHOICES = [f"agieval_{part.name}" for part in PARTS]
ENGLISH_TAIL = " Answer Choices: {}\nA: Among A through D, the answer is"
CHINESE_TAIL = " 选项：{}\n答案：从A到D, 我们应选择"


def listed(question: str, gold: Sequence[int], tail: str = ENGLISH_TAIL) -> Json:
    """A row with four choices, in the columns of the dataset."""
    given = [f"({letter}){10 * (place + 3)}" for place, letter in enumerate("ABCD")]
    query = question + tail.format(" ".join(given))
    return {"query": query, "choices": given, "gold": list(gold)}


def lay(root: Path, name: str, rows: Sequence[Json]) -> Data:
    """A folder with a part's dataset."""
    folder = root / f"hails/agieval-{name}"
    folder.mkdir(parents=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "test.jsonl").write_text(text)
    return Data(root=root)


def task(name: str, root: Path, rows: Sequence[Json]) -> Task:
    part = name.removeprefix("agieval_").replace("_", "-")
    return TASKS[name](data=lay(root, part, rows))


def hub() -> Data:
    shared("hub/hails")
    return Data(root=shared("hub"))


def queries(data: Data, cls: type[Task]) -> Iterator[Json]:
    """The rows of a dataset as they lie there."""
    assert cls.dataset is not None
    assert data.root is not None
    path = data.root / cls.dataset.id / "test.jsonl"
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


class TestOneRightChoice(TaskContract):
    right = {"test-0": "20 + 20 makes 40, so (B).", "test-1": "\\boxed{D}"}
    wrong = {"test-0": "The answer is (A)", "test-1": "A or D"}

    @pytest.fixture(autouse=True)
    def _data(self, tmp_path: Path) -> None:
        rows = [listed("Q: What is 20 + 20?", [1]), listed("Q: And 30 + 30?", [3])]
        type(self).task = task("agieval_sat_math", tmp_path, rows)


class TestSeveralRightChoices(TaskContract):
    right = {"test-0": "答案是AC", "test-1": "\\boxed{B}", "test-2": "\\boxed{A, B, D}"}
    wrong = {"test-0": "答案是A", "test-1": "\\boxed{BC}", "test-2": "\\boxed{ABCD}"}

    @pytest.fixture(autouse=True)
    def _data(self, tmp_path: Path) -> None:
        rights = [(0, 2), (1,), (0, 1, 3)]
        rows = [
            listed(f"问题：第{number}题", right, CHINESE_TAIL)
            for number, right in enumerate(rights)
        ]
        type(self).task = task("agieval_gaokao_physics", tmp_path, rows)


class TestMath(TaskContract):
    right = {"test-0": "Twice two is \\boxed{4}.", "test-1": "The answer is even."}
    wrong = {"test-0": "\\boxed{5}", "test-1": "The answer is odd."}

    @pytest.fixture(autouse=True)
    def _data(self, tmp_path: Path) -> None:
        rows = [
            {"query": "Q: What is $2 + 2$?\nA: The answer is", "answer": "4"},
            {"query": "Q: Is 4 even?\nA: The answer is", "answer": "\\text{even}"},
        ]
        type(self).task = task("agieval_math", tmp_path, rows)


class TestMathcloze(TaskContract):
    right = {"test-0": "\\boxed{5；10}", "test-1": "答案：$\\frac{4}{3}$"}
    wrong = {"test-0": "\\boxed{5}", "test-1": "\\boxed{\\frac34}"}

    @pytest.fixture(autouse=True)
    def _data(self, tmp_path: Path) -> None:
        rows = [
            {"query": "问题：$a=(\\quad)$, $b=(\\quad)$\n答案：", "answer": "$5$;$10$"},
            {"query": "问题：$c=(\\quad)$\n答案：", "answer": "$\\frac{4}{3}$"},
        ]
        type(self).task = task("agieval_gaokao_mathcloze", tmp_path, rows)


def test_each_part_is_english_or_chinese() -> None:
    assert sorted((*ENGLISH, *CHINESE)) == sorted(TASKS)
    assert set(FREEWILLY) < set(ENGLISH)
    assert len(TASKS) == 21


@pytest.mark.parametrize("name", TASKS)
def test_scoring_processes_find_the_class(name: str) -> None:
    cls = TASKS[name]
    assert resolve(reference(cls(), {})) is cls


def test_another_name_is_not_in_the_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'AgievalSatLatin'"):
        _ = choices.AgievalSatLatin


def test_files_are_found_as_they_lie_on_the_hub_and_nothing_beside_them(
    tmp_path: Path,
) -> None:
    ref = AgievalMath.dataset
    rows = [{"query": "Q: 1?\nA: The answer is", "answer": "1"}]
    before = lay(tmp_path / "flat", "math", rows).find(ref).sha256
    folder = tmp_path / "hub" / ref.id / "data"
    folder.mkdir(parents=True)
    parquet = folder / "test-00000-of-00001.parquet"
    write_parquet(parquet, rows)
    found = [
        each.id for each in AgievalMath(data=Data(root=tmp_path / "hub")).samples()
    ]
    assert found == ["test-0"]
    assert all(fnmatch(f"data/{parquet.name}", each) for each in ref.files.values())
    alone = Data(root=tmp_path / "hub").find(ref).sha256
    left = folder.parent / ".cache/huggingface/download/data"
    left.mkdir(parents=True)
    for end in ("lock", "metadata"):
        (left / f"{parquet.name}.{end}").write_text("")
    assert Data(root=tmp_path / "hub").find(ref).sha256 == alone
    assert before != alone


def write_parquet(path: Path, rows: Sequence[Json]) -> None:
    import pyarrow as pa  # slow to import
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(list(rows)), path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"choices": ["(A)30", " ", "(C)50", "(D)60"]}, "'choices', choice 2 must be"),
        ({"choices": ["(A)30"]}, "'choices' must be a list of choices"),
        ({"choices": ["x"] * 27}, "27 choices, and letters for 26"),
        ({"gold": [4]}, "'gold' must list numbers from 0 to 3"),
        ({"gold": [1, 1]}, "'gold' must list numbers from 0 to 3"),
        ({"query": ""}, "'query' must be a text"),
        ({"query": "Q: What?"}, "'query' must be a question and then its choices"),
        ({"query": ENGLISH_TAIL.format("(A)30 (B)40 (C)50 (D)60")}, "must be a quest"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, change: Json, problem: str) -> None:
    rows = [listed("Q: Fine?", [0]), listed("Q: And this?", [0]) | change]
    with pytest.raises(DataError) as caught:
        list(task("agieval_sat_math", tmp_path, rows).samples())
    said = str(caught.value)
    assert said.startswith("hails/agieval-sat-math/test.jsonl, row 1: ")
    assert problem in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "query", ["Q: 1?", "1?\nA: The answer is", "Q: \nA: The answer is"]
)
def test_a_written_query_must_have_its_frame(tmp_path: Path, query: str) -> None:
    rows = [{"query": query, "answer": "1"}]
    with pytest.raises(
        DataError, match=r"agieval-math/test\.jsonl, row 0: column 'que"
    ):
        list(task("agieval_math", tmp_path, rows).samples())


@pytest.mark.parametrize("name", ["agieval_sat_math", "agieval_math"])
def test_a_missing_column_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DataError, match=r"test\.jsonl has no column '(choices|answer)'"
    ):
        list(task(name, tmp_path, [{"query": "Q: 1?"}]).samples())


def test_lost_right_choices_are_put_back_only_where_they_were(tmp_path: Path) -> None:
    data = lay(tmp_path, "gaokao-mathqa", [listed("问题：一", [], CHINESE_TAIL)] * 300)
    targets = {
        each.target for each in TASKS["agieval_gaokao_mathqa"](data=data).samples()
    }
    assert targets == {""}


def test_a_ranked_choice_is_right_if_it_is_one_of_several() -> None:
    cls = TASKS["agieval_jec_qa_ca"]
    sample = Sample(id="1", question="?", target="AC", choices=("1", "2", "3", "4"))
    for weights, value in (
        ((-1.0, -2.0, -3.0, -4.0), 1),
        ((-2.0, -1.0, -3.0, -4.0), 0),
    ):
        assert cls().score(sample, Answer(weights=weights)).value == value
    assert cls().score(sample, Answer(text="答案是A")).value == 0
    assert cls().score(sample, Answer(text="答案是C和A")).value == 1


def test_a_sample_without_a_right_choice_is_never_right() -> None:
    cls = TASKS["agieval_jec_qa_kd"]
    sample = Sample(id="1", question="?", target="", choices=("1", "2"))
    assert cls().gold(sample) == ()
    for answer in (Answer(text="\\boxed{A}"), Answer(weights=(-1.0, -2.0))):
        score = cls().score(sample, answer)
        assert (score.value, score.outcome) == (0, Outcome.WRONG)
        assert score.explanation == "the dataset names no right choice"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_chat_is_told_where_several_choices_can_be_right(part: Any) -> None:
    cls = TASKS[f"agieval_{part.name}"]
    (generate,) = (each for each in cls.protocols if each.name == "generate")
    sample = Sample(id="1", question="Q", target="A", choices=("(A)1", "(B)2"))
    prompt = next(generate.converse(sample, ())).prompt
    assert ("One or more of these are right" in prompt[-1].content) is part.all_of_them
    assert "(A)1 (B)2" in prompt[-1].content


def test_an_answer_at_once_is_the_end_of_the_sentence() -> None:
    sample = Sample(id="1", question="Is 4 even?", target="\\text{even}")
    way = AgievalMath.as_it_stands
    conversation = way.converse(sample, ())
    request = next(conversation)
    assert isinstance(request, Generate)
    assert request.prompt == "Q: Is 4 even?\nA: The answer is"
    assert request.sampling.stop == ("Q:",)
    with pytest.raises(StopIteration) as stopped:
        conversation.send(request.completion(" even.\n\n"))
    assert stopped.value.value == Answer(text="The answer is even.\n\n")
    assert AgievalMath().score(sample, stopped.value.value).outcome is Outcome.RIGHT


def test_silence_does_not_become_an_answer() -> None:
    sample = Sample(id="1", question="?", target="4")
    conversation = AgievalMath.as_it_stands.converse(sample, ())
    request = next(conversation)
    assert isinstance(request, Generate)
    with pytest.raises(StopIteration) as stopped:
        conversation.send(request.completion(" \n"))
    assert stopped.value.value.text == ""


@pytest.mark.parametrize("name", CHOICES)
def test_real_queries_are_what_a_ranking_model_is_given(name: str) -> None:
    """As lm-evaluation-harness gives them, whose prompts are the queries."""
    data = hub()
    cls = TASKS[name]
    rank = cls.protocols[0]
    assert rank.name == "rank"
    samples = list(cls(data=data).samples())
    for sample, row in zip(samples, queries(data, cls), strict=True):
        request = next(rank.converse(sample, ()))
        assert isinstance(request, Rank)
        assert request.prompt == row["query"]
        assert request.choices == tuple(f" {each}" for each in row["choices"])


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_real_parts_have_the_rows_that_are_told_and_right_answers(part: Any) -> None:
    cls = TASKS[f"agieval_{part.name}"]
    given = cls(data=hub())
    samples = list(given.samples())
    assert len(samples) == part.rows
    assert f": {part.rows} " in (cls.__doc__ or "")
    for sample in samples:
        for text in given.gold(sample):
            score = given.score(sample, Answer(text=text))
            assert score.outcome is Outcome.RIGHT, sample.id
    several = sum(len(each.target) > 1 for each in samples)
    assert isinstance(given, ChoiceTask)
    assert bool(several) is given.all_of_them
    without = [each.id for each in samples if not each.target]
    assert without == (["test-211"] if part.name == "jec_qa_kd" else [])


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_real_right_choices_are_those_of_agievals_own_data(part: Any) -> None:
    name = part.name.replace("_", "-")
    path = shared("hub/ruixiangcui/AGIEval") / name / "test.jsonl"
    with path.open(encoding="utf-8") as lines:
        labels = [json.loads(line)["label"] or "" for line in lines]
    samples = TASKS[f"agieval_{part.name}"](data=hub()).samples()
    for sample, label in zip(samples, labels, strict=True):
        assert sample.target == "".join(sorted({*label} & {*"ABCDE"})), sample.id


def test_corrections_meet_the_rows_that_they_are_for() -> None:
    rows = list(queries(hub(), TASKS["agieval_gaokao_mathqa"]))
    for each in MATHQA:
        row = rows[each.number]
        found = hashlib.sha256(row["query"].encode()).hexdigest()
        assert found.startswith(each.sha256)
        assert "".join("ABCD"[place] for place in row["gold"]) == each.left


@pytest.mark.parametrize(
    ("cls", "count"), [(AgievalMath, 1000), (AgievalGaokaoMathcloze, 118)]
)
def test_real_written_answers(
    cls: type[AgievalMath | AgievalGaokaoMathcloze], count: int
) -> None:
    data = hub()
    given = cls(data=data)
    samples = list(given.samples())
    assert len(samples) == count
    assert f": {count} " in (cls.__doc__ or "")
    for sample, row in zip(samples, queries(data, cls), strict=True):
        assert cls.as_it_stands.query(sample) == row["query"]
        said = f"{cls.as_it_stands.begun} {row['answer']}.\n\n"
        score = given.score(sample, Answer(text=said))
        assert score.outcome is Outcome.RIGHT, sample.id
    without = [each.id for each in samples if not given.gold(each)]
    assert without == (["test-21"] if cls is AgievalGaokaoMathcloze else [])
    for sample in islice(samples, 100):
        other = replace(sample, target="987654321")
        for text in given.gold(sample):
            assert given.score(sample, Answer(text=text)).outcome is Outcome.RIGHT
            assert given.score(other, Answer(text=text)).value == 0


@pytest.mark.parametrize(
    ("name", "mark", "tail"),
    [
        ("agieval_sat_en", "Q: ", ENGLISH_TAIL),
        ("agieval_gaokao_chinese", "问题：", CHINESE_TAIL),
    ],
)
def test_questions_about_a_passage_are_one_cluster(
    tmp_path: Path, name: str, mark: str, tail: str
) -> None:
    passages = ("Of ships. Q: Is it one?", "Of ships. Q: Is it one?", "")
    rows = [
        listed(f"{passage}{mark}Number {n}?", [0], tail)
        for n, passage in enumerate(passages)
    ]
    part = task(name, tmp_path, rows)
    assert [part.cluster(each) for each in part.samples()] == list(passages)


@pytest.mark.parametrize("name", CHOICES)
def test_clusters_are_the_passages_that_were_published(name: str) -> None:
    part = name.removeprefix("agieval_").replace("_", "-")
    path = shared("hub/ruixiangcui") / "AGIEval" / part / "test.jsonl"
    with path.open(encoding="utf-8") as lines:
        passages = [(json.loads(each).get("passage") or "").strip() for each in lines]
    found = TASKS[name](data=hub())
    clusters = list(map(found.cluster, found.samples()))
    assert len(clusters) == len(passages)
    assert grouped(clusters) == grouped(passages)


def grouped(names: Sequence[str]) -> set[tuple[int, ...]]:
    """Which places have one name; those without one are by themselves."""
    places: dict[str | int, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name or place, []).append(place)
    return set(map(tuple, places.values()))
