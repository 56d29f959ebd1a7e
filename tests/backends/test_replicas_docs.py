"""The recipes for clusters are well-formed; there is no cluster to run them on."""

import shlex
import subprocess
from typing import Any

import click
import pytest

from evalkit.commands.run import run_command
from tests.conftest import ROOT
from tests.test_docs import blocks

PAGE = ROOT / "docs" / "how-to" / "clusters.md"
TEXTS = {label or text: text for _, label, text in blocks(PAGE)}
COMMANDS = [
    line
    for text in TEXTS.values()
    for line in text.replace("\\\n", " ").splitlines()
    if line.startswith("evalkit run ")
]


@pytest.mark.parametrize(
    "script", [text for language, _, text in blocks(PAGE) if language == "sh"]
)
def test_scripts_are_bash(script: str) -> None:
    done = subprocess.run(
        ("bash", "-n"), input=script, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_resource_for_kubernetes_has_what_its_kind_needs() -> None:
    yaml: Any = pytest.importorskip("yaml", reason="the package yaml is not installed")
    job = yaml.safe_load(TEXTS["label=evalkit-rayjob.yaml"])
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    check_options(job["spec"]["entrypoint"])
    cluster = job["spec"]["rayClusterSpec"]
    (workers,) = cluster["workerGroupSpecs"]
    assert workers["groupName"]
    for group in (cluster["headGroupSpec"], workers):
        pod = group["template"]["spec"]
        mounted = {
            mount["name"]
            for each in pod["containers"]
            for mount in each["volumeMounts"]
        }
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        assert isinstance(group["rayStartParams"], dict)


def test_commands_have_options_that_there_are() -> None:
    assert len(COMMANDS) >= 3
    for command in COMMANDS:
        check_options(command)


def check_options(command: str) -> None:
    known = {
        name
        for option in run_command.params
        if isinstance(option, click.Option)
        for name in option.opts
    }
    words = shlex.split(command)
    assert words[:2] == ["evalkit", "run"]
    assert {word for word in words if word.startswith("--")} <= known
