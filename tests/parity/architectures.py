"""Every causal architecture of transformers: backend `hf` beside plain passes.

    python tests/parity/architectures.py [NAME ...] [--table FILE]

For each architecture a tiny model with random weights is built from its configuration,
saved, and asked by the engine: eleven prompts of 5 to 56 tokens, some with a beginning
in common, first one by one and then all at once; four choices behind each are ranked,
and ten tokens written. What comes must be what plain passes of the model tell that was
built: log-probabilities within 1e-3, the same greedy texts. So it is also seen that
what was saved is loaded again, weights that are tied included. Windows are 8 tokens
wide, so that all prompts but the shortest are longer.

The exit status is 1 if something is not alike. What cannot be built is listed with the
reason, as is what the engine refuses.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from evalkit import UsageError  # noqa: E402
from tests.parity.comparing import PROMPTS, Compared, compare, expected  # noqa: E402
from tests.parity.tiny_models import (  # noqa: E402
    VARIANTS,
    causal_kinds,
    named_config,
    tiny_model,
)
from tests.parity.tiny_texts import VOCABULARY, write_tokenizer  # noqa: E402

TOLERANCE = 1e-3
HEAD = """\
| architecture | ranking | writing | apart, alone | beside others | same texts | tied |
| --- | --- | --- | --: | --: | --: | --- |"""
WAYS = {
    "all choices": "packed",
    "each choice": "apart",
    "each text": "plain",
    "rows beside": "together",
    "one row": "one by one",
    "each token": "plain",
}
"""What the engine's words for its ways are in the table."""


class NotBuiltError(Exception):
    """An architecture of which no tiny model can be had."""


@dataclass(frozen=True)
class Line:
    """What came of one architecture."""

    name: str
    alone: Compared
    together: Compared
    tied: bool
    """Whether the same weights stand at both ends of the model."""

    @property
    def good(self) -> bool:
        return all(
            each.apart <= TOLERANCE and each.texts == len(PROMPTS)
            for each in (self.alone, self.together)
        )

    def __str__(self) -> str:
        one, all_ = self.alone, self.together
        cells = (
            self.name,
            way(all_.facts["ranking"]),
            way(all_.facts["writing"]),
            f"{one.apart:.0e}",
            f"{all_.apart:.0e}",
            f"{one.texts} and {all_.texts} of {len(PROMPTS)}",
            "yes" if self.tied else "",
        )
        return f"| {' | '.join(cells)} |"


def way(told: str) -> str:
    """The short name of a way."""
    return next(short for words, short in WAYS.items() if told.startswith(words))


def line(name: str) -> Line:
    """Build, save, ask and compare one architecture; raise NotBuiltError if none is to
    be had."""
    with TemporaryDirectory() as folder:
        try:
            model = built(name, Path(folder))
        except Exception as exc:  # each configuration has errors of its own
            raise NotBuiltError(" ".join(str(exc).split())) from exc
        wanted = [expected(model, prompt) for prompt in PROMPTS]
        ends = model.get_input_embeddings(), model.get_output_embeddings()
        return Line(
            name,
            compare(Path(folder), PROMPTS, wanted, alone=True),
            compare(Path(folder), PROMPTS, wanted, alone=False),
            tied=ends[1] is not None and ends[0].weight is ends[1].weight,
        )


def built(name: str, folder: Path) -> Any:
    """A tiny model, saved with its tokenizer."""
    model = tiny_model(named_config(name, VOCABULARY))
    model.save_pretrained(folder)
    write_tokenizer(folder)
    config = transformers.AutoConfig.from_pretrained(folder)
    if type(config) not in transformers.MODEL_FOR_CAUSAL_LM_MAPPING:
        kind = type(config).__name__
        raise NotBuiltError(f"it is saved as a {kind}, which is none that writes text")
    with torch.no_grad():  # some keep what they have found
        model(input_ids=torch.tensor([PROMPTS[0]]))
    return model


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument(
        "--table", type=Path, help="where to write the lines of a table"
    )
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    lines, missing = compared(given.names or [*causal_kinds(), *VARIANTS])
    if given.table:
        rows = "\n".join(f"- {name}: {why}" for name, why in missing.items())
        table = "\n".join([HEAD, *map(str, lines)])
        given.table.write_text(f"{table}\n\n{rows}\n")
    bad = [each.name for each in lines if not each.good]
    print(f"{len(lines)} compared, {len(missing)} not had, not alike: {bad or 'none'}")
    return int(bool(bad))


def compared(names: Sequence[str]) -> tuple[list[Line], dict[str, str]]:
    """The lines of these architectures, and why there is none of some."""
    lines: list[Line] = []
    missing: dict[str, str] = {}
    print(HEAD)
    for name in names:
        try:
            lines.append(line(name))
        except (NotBuiltError, UsageError) as exc:
            missing[name] = str(exc)
            print(f"{name}: {exc}", file=sys.stderr)
        else:
            print(lines[-1], flush=True)
    return lines, missing


if __name__ == "__main__":
    sys.exit(main())
