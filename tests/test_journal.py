"""What the journal gives back is what was written, whatever is written meanwhile."""

from pathlib import Path

from evalkit import Completion
from evalkit.folder import RunFolder
from evalkit.journal import JournalFile


def answered(number: int) -> Completion:
    """Lines of many lengths, so that they lie across the ends of any buffer."""
    text = f"{number} " * (1 + 37 * number % 101)
    return Completion(request_id=f"r{number}", text=text, finish="stop")


def test_what_was_written_is_read_while_more_is_written(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "task" / "run")
    folder.path.mkdir(parents=True)
    old, new = range(400), range(400, 800)
    first = JournalFile(folder)
    for number in old:
        first.append(answered(number))
    first.close()
    second = JournalFile(folder)
    for number in old:
        assert second.read(f"r{number}") == answered(number)
        second.append(answered(400 + number))
    assert second.read("r400") is None
    second.close()
    third = JournalFile(folder)
    assert [third.read(f"r{each}") for each in new] == [*map(answered, new)]
    third.close()
