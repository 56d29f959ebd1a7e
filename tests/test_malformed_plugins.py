"""No plugin's mistake is a traceback: one line names distribution, plugin and place."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import malformed
import pytest

from tests.conftest import install
from tests.here import Done, evalkit_here

DISTRIBUTION = "sound-tools 2.3"
BREAKS = list(malformed.breaks())


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    site = tmp_path / "site"
    install(site, "sound-tools", "malformed_one", "2.3", entry_point="sound")
    install(site, "counting", "counting")
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "sound_folder").mkdir()
    yield
    sys.modules.pop("malformed_one", None)
    importlib.invalidate_caches()


def met(source: str, tmp_path: Path, words: tuple[str, ...]) -> Done:
    """What comes of a command with a plugin of this source."""
    (tmp_path / "site" / "malformed_one.py").write_text(source, encoding="utf-8")
    return evalkit_here(*words)


def test_the_sound_plugin_works(tmp_path: Path) -> None:
    for words in (malformed.RUN, malformed.SUITE, malformed.FOLDER, malformed.CHECK):
        done = met(malformed.SOUND, tmp_path, words)
        assert "sound-tools" not in done.stderr
        assert done.status == 0, done
    done = met(malformed.SOUND, tmp_path, ("sound",))
    assert (done.status, done.stdout, done.stderr) == (0, "all is well\n", "")
    (card,) = tmp_path.glob("runs/folder_task/*/card.md")
    assert "## Sound\n\nAll is well." in card.read_text()
    assert "sound-tools" not in met(malformed.SOUND, tmp_path, ("plugins",)).stderr


def test_there_are_many_ways_to_break_it() -> None:
    assert len({each.name for each in BREAKS}) == len(BREAKS) > 150


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.name)
def test_one_line_names_whose_mistake_it_is(
    each: malformed.Break, tmp_path: Path
) -> None:
    done = met(each.source, tmp_path, each.words)
    assert "Traceback" not in done.stderr + done.stdout
    refused = DISTRIBUTION in done.stderr
    told = (done.stderr if refused else done.stdout).splitlines()
    lines = [line for line in told if DISTRIBUTION in line]
    assert len(lines) == each.hooks, done
    assert "sound (sound-tools 2.3)" in lines[0] or "'sound'" in lines[0]
    assert each.place in lines[0]
    if each.words == malformed.PLUGINS and done.status == 0:
        assert "sound  [sound-tools 2.3]  does not work: " in done.stdout
    else:
        assert done.status == 2 if refused else done.status == 1


KINDS = ("tasks", "suites", "protocols", "backends", "metrics")


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_tells_of_it_alike(kind: str, tmp_path: Path) -> None:
    """Each asks for the registries that it needs, and goes on without the rest."""
    (broken,) = (each for each in BREAKS if each.name == f"{kind}: 5")
    told: set[str] = set()
    for words in (
        malformed.PLUGINS,
        malformed.TASKS,
        ("backends",),
        ("check", "counting"),
        malformed.ADDED,
    ):
        done = met(broken.source, tmp_path, words)
        assert done.status == 0
        told.update(line for line in done.stderr.splitlines() if DISTRIBUTION in line)
    (line,) = told
    assert line == (
        f"evalkit: warning: plugin 'sound' (sound-tools 2.3), evalkit_{kind}: items "
        "one after the other are meant, not 5: a comma makes one thing a tuple, (it,); "
        "it is left out"
    )


@pytest.mark.parametrize(
    "name",
    [
        "completion: Completion(request_id=each.id, finish='banana')",
        "completion: Completion(request_id=each.id, prompt_tokens='x')",
        "completed raises",
        "score: 1.0",
    ],
)
def test_a_mended_plugin_goes_on_where_the_broken_one_stopped(
    name: str, tmp_path: Path
) -> None:
    (broken,) = (each for each in BREAKS if each.name == name)
    assert met(broken.source, tmp_path, malformed.RUN).status in (1, 2)
    sys.modules.pop("malformed_one")
    done = met(malformed.SOUND, tmp_path, malformed.RUN)
    assert done.status == 0, done
    (results,) = tmp_path.glob("runs/sound_task/*/results.jsonl")
    assert len(results.read_text().splitlines()) == 3
