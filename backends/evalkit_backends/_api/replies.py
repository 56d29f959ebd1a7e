"""From a server's words to a completion: no answer is made where there is none."""

import json
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

import msgspec

from evalkit import Completion, Failure, Generate, Tags, Thinking
from evalkit_backends._api.trouble import Kind, Trouble, refused_inside
from evalkit_backends._api.unopened import Unopened

LENGTH = frozenset({"length", "max_tokens", "MAX_TOKENS"})
FILTERED = frozenset({"content_filter", "SAFETY", "RECITATION"})
Finish: TypeAlias = Literal["stop", "length"]
BYTES_BESIDE, LONGEST_TOKEN = 4096, 256
"""Of a text, what is allowed beside its tokens, and what the longest of these has: a
row of blanks or dashes."""
MOST_TOKENS = 1 << 40
"""Counts beyond this are none."""


class Usage(msgspec.Struct):
    """Tokens as the server has counted them."""

    prompt_tokens: Any = 0
    completion_tokens: Any = 0


class Message(msgspec.Struct):
    """What a chat model said, and what it thought before."""

    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Any = None
    function_call: Any = None


class Logprobs(msgspec.Struct):
    """Log-probabilities of a text's tokens, the prompt's included."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None = None


class Choice(msgspec.Struct):
    """One of the texts that were asked for: chat's or those of completions."""

    index: int = 0
    message: Message | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: Any = None


class Reply(msgspec.Struct):
    """What is read of an answer; the rest of it is not looked at."""

    choices: list[Choice] | None = None
    usage: Usage | None = None


NO_NUMBERS = (b"NaN", b"Infinity")
DECODER = msgspec.json.Decoder(Reply)


def decoded(body: bytes) -> Reply:
    """A body as a reply that has choices; raise Trouble if it is none."""
    try:
        reply = read(body)
    except msgspec.ValidationError as exc:
        raise inside(body) or Trouble(f"an answer of another form: {exc}") from None
    except (ValueError, RecursionError) as exc:
        raise unreadable(body, exc) from None
    if not reply.choices:
        raise inside(body) or Trouble("an answer without choices")
    return reply


def read(body: bytes) -> Reply:
    """A body as a reply, be it JSON or what some servers hold for it: with a mark of
    the order of bytes before it, or with numbers that are none."""
    try:
        return DECODER.decode(body.removeprefix(BOM_UTF8))
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as exc:
        if not any(each in body for each in NO_NUMBERS):
            raise
        try:
            return msgspec.convert(json.loads(body), Reply)
        except ValueError:
            raise exc from None


def inside(body: bytes) -> Trouble | None:
    """The error that came in place of an answer, if one did."""
    try:
        given: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    return refused_inside(cast(dict[str, Any], given))


def unreadable(body: bytes, exc: Exception) -> Trouble:
    """Why a body is no JSON: one that ends too early may be whole the next time."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return Trouble("an answer that is not UTF-8")
    if not text.strip():
        return Trouble("an empty answer", Kind.PASSING)
    if not text.lstrip().startswith("{"):
        return Trouble("an answer that is not JSON: is the base URL right?")
    if "truncated" in str(exc):
        return Trouble("an answer that is cut off", Kind.PASSING)
    return Trouble(f"an answer that is not JSON: {exc}")


@dataclass(frozen=True, slots=True)
class Telling:
    """How thoughts are told from answers."""

    thinking: Thinking
    shown: Tags | None = None
    """The kind that the server's own template is seen to open. It may tell thoughts
    apart itself, so that only an answer that was cut off is taken to be within one."""
    unopened: Unopened = field(default_factory=Unopened, compare=False)

    def apart(self, completion: Completion, request: Generate) -> Completion:
        """A completion whose text is told apart."""
        opened: Tags | None = None
        # Thoughts in a field of their own are out of the text already, and what a
        # server held to a schema has none.
        if not (completion.reasoning or (request.schema and is_json(completion.text))):
            chat = not isinstance(request.prompt, str)
            prompt = "" if chat else str(request.prompt)
            opened = self.thinking.opened(prompt, chat=chat)
            if opened is None and chat and completion.finish == "length":
                opened = self.shown
        told = self.thinking.apart(completion, opened)
        if opened is None and not isinstance(request.prompt, str):
            self.unopened.see(completion, told, self.thinking)
        return told


def completion_of(body: bytes, request: Generate, telling: Telling) -> Completion:
    """A body as the completion of a request; raise Trouble if it has no answer."""
    reply = decoded(body)
    choice = (reply.choices or [Choice()])[0]
    if choice.finish_reason in FILTERED:
        raise Trouble(
            "the server's content filter stopped the answer", about=Failure.FILTERED
        )
    if choice.finish_reason == "error":
        raise inside(body) or Trouble("the server broke off the answer", Kind.PASSING)
    is_short = choice.finish_reason in LENGTH
    if choice.message is None:
        text, reasoning = written(choice), ""
    else:
        text, reasoning = said(choice.message, is_short=is_short)
    check_length(text, reasoning, request.sampling.max_tokens)
    text, is_cut = cut(text, request.sampling.stop)
    usage = reply.usage or Usage()
    finish: Finish = "length" if is_short and not is_cut else "stop"
    completion = Completion(
        request_id=request.id,
        text=text,
        finish=finish,
        prompt=request.completion("").prompt,
        reasoning=reasoning,
        prompt_tokens=count(usage.prompt_tokens),
        completion_tokens=count(usage.completion_tokens),
    )
    return telling.apart(completion, request)


def is_json(text: str) -> bool:
    """Whether the whole of a text is JSON."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def check_length(text: str, reasoning: str, tokens: int) -> None:
    """Raise Trouble for what cannot be so few tokens."""
    most = BYTES_BESIDE + LONGEST_TOKEN * tokens
    for part in (text, reasoning):
        if len(part) > most:
            raise Trouble(
                f"an answer of {len(part):,} characters, which cannot be the "
                f"{tokens:,} tokens of max_tokens"
            )


def written(choice: Choice) -> str:
    """The text of a choice that is no chat message."""
    if choice.text is None:
        raise Trouble("an answer without text")
    return choice.text


def said(message: Message, *, is_short: bool) -> tuple[str, str]:
    """The text of a message, and the thoughts that have a field of their own.

    A refusal in words is an answer. Nothing at all is one only if the model had begun
    to think, or was cut off.
    """
    reasoning = message.reasoning_content or message.reasoning or ""
    content = message.content
    if isinstance(content, list):
        content, thoughts = joined(content)
        reasoning = reasoning or thoughts
    if not content and message.refusal:
        return message.refusal, reasoning
    if not content and (message.tool_calls or message.function_call):
        raise Trouble("the model called a tool, and none was offered")
    if content is None:
        if not reasoning and not is_short:
            raise Trouble("an answer without content")
        content = ""
    return content, reasoning


def joined(parts: Sequence[dict[str, Any]]) -> tuple[str | None, str]:
    """The answer and the thoughts in a message that comes in parts."""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in parts:
        kind = part.get("type")
        if kind in {"text", "output_text", "refusal"}:
            texts.append(text_in(part, ("text", "refusal")))
        elif kind in {"thinking", "reasoning"}:
            thoughts.append(text_in(part, ("thinking", "text")))
        else:
            raise Trouble("an answer with parts that are not text")
    return ("".join(texts) if texts else None), "".join(thoughts)


def text_in(part: dict[str, Any], names: Sequence[str]) -> str:
    """The text of one part of a message, which may have parts of its own."""
    value: object = next((part[name] for name in names if name in part), None)
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(inner_text(each) for each in cast(list[object], value))
    raise Trouble("an answer with parts that are not text")


def inner_text(part: object) -> str:
    """The text of a part of a part."""
    if not isinstance(part, dict):
        return ""
    text: object = cast(dict[str, Any], part).get("text")
    return text if isinstance(text, str) else ""


def cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """A text up to the first string that ends it, should the server have gone on."""
    ends = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def count(value: object) -> int:
    """A number of tokens, 0 if a server's value is none."""
    if isinstance(value, int) and 0 <= value < MOST_TOKENS:
        return int(value)
    return 0
