"""vLLM's ways to say that a model cannot be run, as one line with what to change."""

from evalkit import UsageError

MEMORY = (
    "out of memory",
    "kv cache is needed",
    "no available memory for the cache",
    "memory utilization",
    "less than requested memory",
    "can't allocate memory",
    "bad_alloc",
)
MORE_MEMORY = (
    "Lower max_model_len or max_num_seqs, change gpu_memory_utilization, spread the "
    "model by tensor_parallel, or load it with quantization"
)
ELSEWHERE = ("initialization failed", "engine core initialization")
"""What vLLM says when one of its processes did not start; that one has said why."""


class EngineDied(RuntimeError):
    """vLLM's engine cannot go on."""


def refusal(problem: BaseException, model: str) -> UsageError:
    """The error for options that vLLM does not take for this model."""
    return UsageError(f"backend 'vllm' cannot run {model!r}: {brief(problem)}")


def is_short_of_memory(problem: BaseException) -> bool:
    """Whether an error, or what led to it, says that memory was not enough."""
    return isinstance(problem, MemoryError) or any(
        sign in str(each).lower() for each in causes(problem) for sign in MEMORY
    )


def failed_start(problem: BaseException, model: str) -> Exception:
    """The error for an engine that did not start."""
    if is_short_of_memory(problem):
        return UsageError(
            f"backend 'vllm' has too little memory for {model!r}: "
            f"{brief(problem).rstrip('.')}. {MORE_MEMORY}"
        )
    said = str(problem).lower()
    if any(sign in said for sign in ELSEWHERE):
        return EngineDied(
            f"{brief(problem)} It said why above. If memory was short: {MORE_MEMORY}"
        )
    return EngineDied(brief(problem))


def death(problem: BaseException) -> EngineDied:
    """The error for an engine that broke off its work."""
    advice = f". {MORE_MEMORY}" if is_short_of_memory(problem) else ""
    name = type(problem).__name__
    return EngineDied(f"vLLM's engine died of {name}: {brief(problem)}{advice}")


def causes(problem: BaseException) -> list[BaseException]:
    """An error and those that led to it."""
    chain = [problem]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        if before in chain:
            break
        chain.append(before)
    return chain


def brief(problem: BaseException) -> str:
    """What an error says, in one line without links, of a bounded length."""
    words = " ".join(str(problem).split()) or type(problem).__name__
    # pydantic puts a heading before what was raised, and a dump of the input behind.
    _, _, words = words.rpartition("Value error, ")
    for end in ("[type=", "See https://", "For further information"):
        words = words.partition(end)[0]
    return words.strip()[:400]
