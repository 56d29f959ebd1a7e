"""The rules that keep the shape of the code, checked."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import evalkit
import evalkit.exam
import evalkit.stats
from evalkit import Plugins, hookspecs
from evalkit.commands import command_line
from evalkit.commands.builtin import COMMANDS
from evalkit.journal import Journal
from evalkit.progress.display import Display
from evalkit.task import Task
from tests.conftest import ROOT

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("evalkit_"))
PLUGIN_FILES = sorted(
    path
    for folder in ("tasks", "backends", "contrib")
    for path in (ROOT / folder).rglob("*.py")
)
SOURCES = sorted((ROOT / "evalkit").rglob("*.py")) + PLUGIN_FILES
PUBLIC = {
    "evalkit",
    "evalkit.exam",
    "evalkit.grading",
    "evalkit.stats",
    "evalkit.testing",
}
HEAVY = {
    "torch",
    "vllm",
    "transformers",
    "datasets",
    "openai",
    "pandas",
    "pyarrow",
    "ray",
    "sympy",
    "jsonschema",
    "mpmath",
    "numpy",
    "scipy",
    "evalkit.exam.paper",
    "evalkit.grading.judging",
    "evalkit.grading.marking.scheme",
    "evalkit.marks",
}
REFERENCE = (ROOT / "docs" / "reference.md").read_text()


def test_every_public_name_is_listed_and_has_a_home() -> None:
    homes = {name for names in evalkit.HOMES.values() for name in names}
    assert homes == set(evalkit.__all__)
    assert sorted(evalkit.__all__) == evalkit.__all__
    for name in evalkit.__all__:
        assert getattr(evalkit, name) is not None


@pytest.mark.parametrize("package", [evalkit.exam, evalkit.stats])
def test_every_public_name_of_a_package_within_has_a_home(package: Any) -> None:
    homes = {name for names in package.HOMES.values() for name in names}
    assert homes == set(package.__all__) == set(dir(package))
    assert sorted(package.__all__) == package.__all__
    for name in package.__all__:
        assert inspect.getdoc(getattr(package, name))


def test_what_type_checkers_see_is_what_is_exported() -> None:
    tree = ast.parse((ROOT / "evalkit" / "__init__.py").read_text())
    imported = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module not in ("typing", "evalkit.lazily")
        for alias in node.names
    }
    listed = {(home, name) for home, names in evalkit.HOMES.items() for name in names}
    assert imported == listed


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_plugins_use_only_the_public_api(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if module.partition(".")[0] == "evalkit":
            assert module in PUBLIC, f"{path.name}:{node.lineno} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_code_from_texts(path: Path) -> None:
    forbidden = {"eval", "exec", "sympify", "parse_expr", "__import__"}
    called = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        for name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    }
    assert not called & (forbidden - {"eval"})
    names = {
        getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert "eval" not in names


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_its_arguments(hook: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hookspecs, hook)).parameters)
    assert f"### {hook}({arguments})" in REFERENCE


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_user_that_ships_and_a_test(hook: str) -> None:
    plugins = Plugins(third_party=False)
    users = getattr(plugins.hook, hook).get_hookimpls()
    stateful: tuple[type[Any], ...] = (Journal, Display)
    assert users or any(hasattr(cls, hook) for cls in stateful)
    tests = [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
    assert any(f"def {hook}" in text for text in tests)


def test_every_command_and_option_is_documented() -> None:
    cli = command_line(Plugins(third_party=False))
    assert set(cli.commands) == set(COMMANDS)
    for name in COMMANDS:
        command = real(name)
        assert f"### evalkit {name}" in REFERENCE
        for option in command.params:
            if isinstance(option, click.Option):
                assert all(each in REFERENCE for each in option.opts)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_summary_is_its_own_first_line(name: str) -> None:
    help_text = real(name).help or ""
    assert COMMANDS[name] == " ".join(help_text.split("\n\n")[0].split())


def real(name: str) -> click.Command:
    module = importlib.import_module(f"evalkit.commands.{name}")
    command: click.Command = getattr(module, f"{name}_command")
    return command


@pytest.mark.parametrize("words", [["--help"], ["tasks"], ["backends"], ["plugins"]])
def test_listing_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from evalkit.commands import main\n"
        f"sys.argv = ['evalkit', *{words!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"heavy = {HEAVY!r} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


UNPINNED = {
    "agieval_aqua_rat",
    "agieval_gaokao_biology",
    "agieval_gaokao_chemistry",
    "agieval_gaokao_chinese",
    "agieval_gaokao_mathcloze",
    "agieval_gaokao_physics",
    "agieval_jec_qa_kd",
}
"""No commit of their datasets was to be found; the one that is fetched is recorded."""


@pytest.mark.parametrize("entry", list(Plugins(third_party=False).tasks))
def test_every_task_says_what_it_is(entry: Any) -> None:
    task: type[Task] = entry.item
    assert inspect.getdoc(task) != inspect.getdoc(Task)
    assert len((inspect.getdoc(task) or "").splitlines()[0]) < 100
    if task.dataset is not None:
        assert len(task.dataset.revision) == 40 or task.name in UNPINNED


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 330


def test_nothing_speaks_of_the_place_it_was_made() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    for name in files:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".jsonl"}:
            text = path.read_text()
            assert str(ROOT) not in text, name
            assert "/root/" not in text.replace('"/root/"', ""), name
