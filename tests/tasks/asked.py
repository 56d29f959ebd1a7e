"""What a task asks a model about a sample."""

from dataclasses import replace
from typing import Any

from evalkit import Generate, Message, Rank, Sample, Task


def ranked(task: Task, sample: Sample, name: str = "rank", shots: int = 0) -> Rank:
    """What one of a task's protocols asks first, if that is to rank."""
    request = asked(task, sample, name, shots)
    assert isinstance(request, Rank)
    return request


def generated(task: Task, sample: Sample, name: str, shots: int = 0) -> str:
    """What one of a task's protocols asks first, if that is to write."""
    request = asked(task, sample, name, shots)
    assert isinstance(request, Generate)
    return text_of(request)


def text_of(request: Generate) -> str:
    """The one text of a request's prompt."""
    if isinstance(request.prompt, str):
        return request.prompt
    (message,) = request.prompt
    assert isinstance(message, Message)
    return message.content


def asked(task: Task, sample: Sample, name: str, shots: int) -> Rank | Generate:
    """What one of a task's protocols asks first, with so many worked examples."""
    protocol = next(each for each in task.protocols if each.name == name)
    if shots:
        protocol = replace(protocol, **dict[str, Any](shots=shots))
    return next(protocol.converse(sample, task.exemplars() if shots else ()))
