"""Which tags a model thinks within, as its chat template tells by what it does.

A template that opens a thought ends its prompts with the opening tag. One that knows
thoughts writes them into earlier turns, within their tags, or takes them out of there.
Templates are tried out for all three; nobody need have heard of the model.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from evalkit import Tags, known_thinking
from evalkit_backends._models.rendering import Renderer, Runaway, Turns

ASKED, THOUGHT, ANSWER = "evalkitasked", "evalkitthought", "evalkitanswer"
FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Where templates look for what was thought in an earlier turn."""
TAG = re.compile(
    r"<[^<>\s/][^<>\s]{0,60}>|</[^<>\s]{1,60}>|\[/?[^\[\]\s/]{1,60}\]|◁/?[^◁▷\s]{1,60}▷"
)
"""What looks like a tag."""
CLOSING = re.compile(r"</([\w:.|-]{1,40})>|\[/([\w:.-]{1,40})\]|◁/([\w:.-]{1,40})▷")
SIDES = (
    *(("START", "END"), ("start", "end"), ("begin", "end"), ("BEGIN", "END")),
    *(("open", "close"), ("prefix", "suffix"), ("enter", "exit")),
)
"""Words by which the tags of a pair differ."""
LONGEST = 60
"""Characters of what opens or closes a thought without being a tag."""
FRAME = "<|"
"""How tokens of a chat's frame begin."""
MOST = 20
"""Pairs of tags in a template that are tried."""


def learned_tags(render: Renderer, tokenizer: Any) -> tuple[Tags, ...]:
    """The kinds of thinking that a model's template shows, if it shows any."""
    source = source_of(tokenizer)
    if not source:
        return ()
    found = [
        *of_answers(getattr(tokenizer, "response_template", None)),
        *of_fields(render),
        *of_history(render, source),
        *of_opening(render, source, tokenizer),
    ]
    return tuple(each for each in dict.fromkeys(found) if not is_known(each))


def is_known(tags: Tags) -> bool:
    """Whether a kind of thinking is one that is known anyway."""
    known = known_thinking().words.opening.get(tags.opens[0])
    return known is not None and tags.closes[0] in known.closes


def source_of(tokenizer: Any) -> str:
    """A tokenizer's chat template; empty if it has none, or several without a first."""
    template: object = tokenizer.chat_template
    if isinstance(template, Mapping):
        template = cast(Mapping[str, object], template).get("default")
    return template if isinstance(template, str) else ""


def of_answers(template: object) -> Iterator[Tags]:
    """What the tokenizer itself says of how its model's answers are to be read."""
    fields: object = given(template, "fields")
    for name in (*FIELDS, "thought"):
        field = given(fields, name)
        opens, closes = texts(given(field, "open")), texts(given(field, "close"))
        if opens and closes:
            yield Tags(opens, closes)


def given(holder: object, name: str) -> object:
    """A value of a JSON object, None if it has none or is none."""
    if not isinstance(holder, Mapping):
        return None
    return cast(Mapping[str, object], holder).get(name)


def texts(value: object) -> tuple[str, ...]:
    """A text, or the texts of a list, as they are without blanks around."""
    values = cast(list[object], value) if isinstance(value, list) else [value]
    return tuple(
        each.strip() for each in values if isinstance(each, str) and each.strip()
    )


def of_fields(render: Renderer) -> Iterator[Tags]:
    """The tags within which a template writes what was thought in an earlier turn."""
    plain = tried(render, [*asked(), answered(ANSWER)]).rpartition(ASKED)[2]
    header = plain.partition(ANSWER)[0]
    for field in FIELDS:
        text = tried(render, [*asked(), {**answered(ANSWER), field: THOUGHT}])
        turn = text.rpartition(ASKED)[2]
        before, thought, behind = turn.partition(THOUGHT)
        between, answer, _ = behind.partition(ANSWER)
        if thought and answer and not is_told_apart(turn):
            yield from around(header, before, between)


def around(header: str, before: str, between: str) -> Iterator[Tags]:
    """The tags that stand around a thought, or whatever else does if that is short.

    `header` is how a turn without a thought begins.
    """
    opening, closing = tag_at_end(before), tag_at_start(between)
    if opening and closing:
        # Those of a frame stand before an answer as well.
        if opening not in (tag_at_end(header), tag_at_end(between)):
            yield Tags((opening,), (closing,))
    elif before.startswith(header):
        opening, closing = before.removeprefix(header).strip(), between.strip()
        is_short = max(len(opening), len(closing)) <= LONGEST
        if opening and closing and is_short and FRAME not in opening + closing:
            # Ordinary words may well be said within an answer.
            yield Tags((opening,), (closing,), first=True, alone=False)


def is_told_apart(turn: str) -> bool:
    """Whether the known kinds of thinking suffice for a turn with a thought."""
    answer = known_thinking().part(turn).answer
    return ANSWER in answer and THOUGHT not in answer


def of_history(render: Renderer, source: str) -> Iterator[Tags]:
    """The tags that a template takes out of earlier turns, with what is within them."""
    for opening, closing in pairs_in(source):
        content = f"{opening}\n{THOUGHT}\n{closing}\n\n{ANSWER}"
        text = tried(render, [*asked(), answered(content), *asked()])
        if ANSWER in text and THOUGHT not in text:
            yield Tags((opening,), (closing,))


def pairs_in(source: str) -> list[tuple[str, str]]:
    """The pairs of tags that stand in a template."""
    names = dict.fromkeys(found[0] for found in CLOSING.finditer(source))
    pairs = [(closing.replace("/", "", 1), closing) for closing in names]
    return [pair for pair in pairs if pair[0] in source][:MOST]


def of_opening(render: Renderer, source: str, tokenizer: Any) -> Iterator[Tags]:
    """The tag that prompts end with, where earlier turns of the model begin without."""
    prompt = tried(render, asked(), answer=True).rpartition(ASKED)[2].rstrip()
    earlier = tried(render, [*asked(), answered(ANSWER)])
    header = earlier.rpartition(ASKED)[2].partition(ANSWER)[0]
    opening = tag_at_end(prompt)
    if not (opening and earlier) or opening == tag_at_end(header):
        return
    if closes_something(opening, prompt):
        return
    if prompt in header:  # an empty thought stands before the answer there
        closing = tag_at_start(header.partition(prompt)[2])
    else:
        closing = counterpart(opening, source, tokenizer)
    if closing:
        yield Tags((opening,), (closing,))


def closes_something(tag: str, prompt: str) -> bool:
    """Whether the tag at a prompt's end closes what another one has opened."""
    known = known_thinking().words
    closing = {text for each in known.tags for text in (*each.closes, *each.around)}
    behind_another = tag_at_end(prompt.removesuffix(tag))
    frames = behind_another.startswith("<|") or not behind_another
    return tag in closing or "/" in tag[:2] or not frames


def counterpart(opening: str, source: str, tokenizer: Any) -> str:
    """What closes what a tag opens, by its looks; empty if they do not tell.

    Tags that are no more than tokens of a frame count only where the model knows, or
    the template names, the other one.
    """
    if not opening.startswith("<|"):
        return f"{opening[0]}/{opening[1:]}"
    known = tokenizer.get_vocab()
    sides = [opening.replace(*side) for side in SIDES if side[0] in opening]
    for closing in (*sides, opening.replace("<|", "<|/", 1)):
        if closing in known or closing in source:
            return closing
    return ""


def asked() -> list[Mapping[str, Any]]:
    return [{"role": "user", "content": ASKED}]


def answered(content: str) -> Mapping[str, Any]:
    return {"role": "assistant", "content": content}


def tried(render: Renderer, turns: Turns, *, answer: bool = False) -> str:
    """Turns as the template has them; empty if it does not take them."""
    for form in (turns, [in_parts(each) for each in turns]):
        try:
            text = render(form, answer)
        except Runaway:
            raise
        except Exception:  # templates raise whatever they like
            continue
        if ASKED in text:
            return text
    return ""


def in_parts(turn: Mapping[str, Any]) -> Mapping[str, Any]:
    """A turn whose content is a list of parts."""
    return {**turn, "content": [{"type": "text", "text": turn["content"]}]}


def tag_at_end(text: str) -> str:
    """The tag that a text ends with, blanks aside; empty if there is none."""
    text = text.rstrip()[-70:]
    ends = [each[0] for each in TAG.finditer(text) if each.end() == len(text)]
    return ends[0] if ends else ""


def tag_at_start(text: str) -> str:
    """The tag that a text begins with, blanks aside; empty if there is none."""
    found = TAG.match(text.lstrip())
    return found[0] if found else ""
