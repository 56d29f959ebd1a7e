"""lm-evaluation-harness's command with a clock: first request, last score."""

import sys

from clock import tick
from lm_eval.__main__ import cli_evaluate
from lm_eval.api.task import ConfigurableTask
from lm_eval.models.huggingface import HFLM

generate, process = HFLM.generate_until, ConfigurableTask.process_results


def generate_until(self, *args, **kwargs):
    tick()
    return generate(self, *args, **kwargs)


def process_results(self, *args, **kwargs):
    found = process(self, *args, **kwargs)
    tick()
    return found


if __name__ == "__main__":
    HFLM.generate_until = generate_until
    ConfigurableTask.process_results = process_results
    sys.exit(cli_evaluate())
