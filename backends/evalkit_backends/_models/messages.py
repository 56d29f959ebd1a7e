"""Messages through a chat template, with none of them lost on the way."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit import Message, known_thinking
from evalkit_backends._models.rendering import Renderer, Runaway, Turns

PROBE = "evalkit{}word"
"""A word that no template has, once it has its number."""
BEGUN = 12
"""Characters of a message that show that it was begun."""


class Lost(ValueError):
    """A template that leaves out what it is to render."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Messages as the model gets them."""

    text: str
    behind: str
    """What stands behind the last of them, where the model's own turn begins."""
    tokens: list[int] | None = None
    """Its tokens, where they are other than those of the text."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How turns of some roles are to be rendered."""

    in_parts: bool
    """Whether the template wants content as a list of parts."""
    behind: str | None
    """What it puts behind the last message, if that could be told."""


class Faithful:
    """A chat template whose texts hold all that was said.

    Some templates leave out a system message, others want content as a list of parts
    and take a text for one without any. So each sequence of roles is tried out with
    words that can be found again, and real messages are looked for in what they give.
    """

    def __init__(self, render: Renderer) -> None:
        self._render = render
        self._manners: dict[tuple[str, ...], Manner] = {}

    def __call__(self, messages: Sequence[Message]) -> Rendered:
        """The text of messages; raise Lost if it lacks one, or part of it."""
        roles = tuple(each.role for each in messages)
        if roles not in self._manners:
            self._manners[roles] = self._manner(roles)
        manner = self._manners[roles]
        given = turns(messages, in_parts=manner.in_parts)
        text = self._render(given, True)
        problem = lost(messages, text)
        if problem:
            raise Lost(problem)
        tokens = self._render.tokens(given)
        return Rendered(text, behind(messages, text, manner), tokens)

    def _manner(self, roles: Sequence[str]) -> Manner:
        """How such turns are rendered whole; raise Lost if they are in no way."""
        problems: list[Exception] = []
        probes = probing(roles)
        for in_parts in (False, True):
            try:
                text = self._render(turns(probes, in_parts=in_parts), True)
            except Runaway:
                raise
            except Exception as exc:  # templates raise whatever they like
                problems.append(exc)
                continue
            problem = lost(probes, text)
            if not problem:
                return Manner(in_parts, text.rpartition(probes[-1].content)[2])
            problems.append(Lost(problem))
        told = [each for each in problems if isinstance(each, Lost)]
        if told:
            raise told[0]
        return Manner(in_parts=False, behind=None)  # the messages will show what it is


def probing(roles: Sequence[str]) -> list[Message]:
    """Messages of those roles, each with a word of its own."""
    return [
        Message(role, PROBE.format(number))  # type: ignore[arg-type]
        for number, role in enumerate(roles)
    ]


def turns(messages: Sequence[Message], *, in_parts: bool) -> Turns:
    """Messages as templates have them."""
    if in_parts:
        return [
            {"role": each.role, "content": [{"type": "text", "text": each.content}]}
            for each in messages
        ]
    return [{"role": each.role, "content": each.content} for each in messages]


def lost(messages: Sequence[Message], text: str) -> str:
    """What of some messages a text does not have, in words; empty if it has all."""
    wanted = Counter(each.content.strip() for each in messages)
    del wanted[""]
    for each in messages:
        content = each.content.strip()
        there = text.count(content) if content else 0
        if there < wanted[content] and (there or not is_there(each, text)):
            begun = len(content) > BEGUN and content[:BEGUN] in text and not there
            part = "a part of the" if begun else "the"
            return f"its chat template leaves out {part} {each.role} message"
    return ""


def is_there(message: Message, text: str) -> bool:
    """Whether a text has a message in another form, with nothing left out."""
    content = message.content.strip()
    forms = [json.dumps(content)[1:-1], json.dumps(content, ensure_ascii=False)[1:-1]]
    if message.role == "assistant":  # what was thought in earlier turns is left out
        forms.append(known_thinking().part(content).answer.strip())
    squeezed = " ".join(text.split())
    return any(
        form in text or " ".join(form.split()) in squeezed
        for form in (content, *filter(None, forms))
    )


def behind(messages: Sequence[Message], text: str, manner: Manner) -> str:
    """What stands behind the last message."""
    if manner.behind is not None and text.endswith(manner.behind):
        return manner.behind
    content = messages[-1].content.strip() if messages else ""
    return text.rpartition(content)[2] if content and content in text else text
