"""What several copies say of themselves, as one."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from evalkit import BackendError, __version__
from evalkit_backends._replicas.desk import Started
from evalkit_backends._replicas.library import ray

VERSION = re.compile(r"\d+\.\d+\.\d+\S*")
DECIDES = frozenset({"dtype", "quantization", "attention"})
"""Facts that can move a score, besides versions and what tells models apart."""


def agreed(copies: Sequence[Started], identity: Collection[str]) -> Mapping[str, str]:
    """The facts of all copies, one value for each that they agree on.

    Raises BackendError if they run different code or weights, or compute with
    different numbers: the results would depend on which copy answers.
    """
    for copy in copies:
        if copy.evalkit != __version__:
            raise BackendError(
                f"evalkit is {__version__} here and {copy.evalkit} on {copy.host}"
            )
    names = dict.fromkeys(name for copy in copies for name in copy.facts)
    facts: dict[str, str] = {}
    for name in names:
        values = Counter(copy.facts.get(name, "") for copy in copies)
        if len(values) > 1 and must_agree(name, values, identity):
            raise BackendError(disagreement(name, copies))
        facts[name] = ", ".join(sorted(filter(None, values)))  # some have done less
    return facts


def must_agree(name: str, values: Collection[str], identity: Collection[str]) -> bool:
    """Whether copies with different values of a fact are different models."""
    versions = any(VERSION.fullmatch(value) for value in values)
    return versions or name in DECIDES or name in identity


def disagreement(name: str, copies: Sequence[Started]) -> str:
    told = sorted(
        {f"{each.facts.get(name, 'none')!r} on {each.host}" for each in copies}
    )
    return f"the copies differ in {name}: {', '.join(told)}"


def cluster_facts(replicas: int) -> Mapping[str, str]:
    """What the copies run on, without the names of machines."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    kinds = Counter(described(node["Resources"]) for node in nodes)
    told = [f"{count} x ({kind})" for kind, count in sorted(kinds.items())]
    return {
        "replicas": str(replicas),
        "ray": ray.__version__,
        "nodes": ", ".join(told),
    }


def described(resources: Mapping[str, float]) -> str:
    """A node's resources that matter to a model."""
    parts = [f"{int(resources.get('CPU', 0))} CPUs"]
    gpus = int(resources.get("GPU", 0))
    if gpus:
        kinds = [
            name.removeprefix("accelerator_type:")
            for name in resources
            if name.startswith("accelerator_type:")
        ]
        parts.append(" ".join([f"{gpus} GPUs", *sorted(kinds)]))
    return ", ".join(parts)
