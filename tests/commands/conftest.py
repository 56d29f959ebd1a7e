"""The command line called within this process, for tables of many commands."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import click
import counting
import pytest

from evalkit import EvalkitError, Plugins
from evalkit.commands import command_line

Call: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def builtin() -> Plugins:
    """What ships with evalkit, and the plugin `counting`."""
    return Plugins(counting, third_party=False)


@pytest.fixture
def call(
    builtin: Plugins,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Call:
    """Call ``evalkit`` in an empty folder: its status, its output, its complaint."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def called(*words: str, more: Sequence[object] = ()) -> tuple[int, str, str]:
        plugins = builtin
        if more:
            plugins = Plugins(counting, *more, third_party=False)
        try:
            status = command_line(plugins)(
                list(words), obj=plugins, prog_name="evalkit", standalone_mode=False
            )
        except click.ClickException as exc:
            return 2, capsys.readouterr().out, exc.format_message()
        except EvalkitError as exc:
            return 2, capsys.readouterr().out, str(exc)
        return status or 0, capsys.readouterr().out, ""

    return called
