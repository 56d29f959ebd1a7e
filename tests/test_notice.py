"""What the project says of others' work, and what it is held to, is complete."""

import inspect
import re
import tomllib
from importlib.metadata import version

import pytest

from evalkit import Plugins
from evalkit.families import Template
from tests.conftest import ROOT

NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
PLUGINS = Plugins(third_party=False)
LISTED = dict(re.findall(r"^    (\S+/\S+) {2,}(\S.*)$", NOTICE, re.MULTILINE))
"""Datasets and their licenses."""


def described(dataset: str) -> str:
    """What the tasks of a dataset say of it, in one line."""
    tasks = (entry.item for entry in PLUGINS.tasks)
    own = (each for each in tasks if each.dataset and each.dataset.id == dataset)
    return " ".join(" ".join((inspect.getdoc(each) or "").split()) for each in own)


@pytest.mark.parametrize(
    "dataset",
    sorted(
        {
            entry.item.dataset.id
            for entry in PLUGINS.tasks
            if entry.item.dataset is not None
        }
    ),
)
def test_each_dataset_has_the_license_that_its_tasks_name(dataset: str) -> None:
    said = LISTED.get(dataset) or LISTED[f"{dataset.partition('-')[0]}-*"]
    if said.startswith("none stated"):
        assert re.search(r"(states|declares) no license", described(dataset))
    else:
        license = re.escape(said.removesuffix(", the others"))
        assert re.search(f"license:? {license}", described(dataset))


def test_each_exam_in_the_package_is_named() -> None:
    for path in (ROOT / "tasks" / "evalkit_tasks").glob("*/questions.jsonl"):
        assert f"tasks/evalkit_tasks/{path.parent.name}\n" in NOTICE


def test_each_prompt_of_a_family_is_named_with_its_source() -> None:
    protocols = (entry.item for entry in PLUGINS.protocols)
    templates = [each for each in protocols if isinstance(each, Template)]
    families = [each for each in templates if each.card]
    assert len(families) >= 6
    for each in families:
        named = re.search(rf"^protocols? .*\b{each.name}\b", NOTICE, re.MULTILINE)
        assert named, each.name
        assert each.card in NOTICE, each.name


def test_the_notice_travels_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "NOTICE" in project["project"]["license-files"]
    built = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {"/NOTICE", "/LICENSE"} <= set(built)


def test_what_verdicts_rest_on_is_held_at_the_version_in_use() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [re.split(r"[>=\[]", each)[0] for each in project["dependencies"]]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    held = dict(line.split("==") for line in lines if "==" in line)
    assert {"sympy", "mpmath", "msgspec", "pluggy", "rich", "click"} <= set(required)
    for name in required:
        assert held[name] == version(name), name
