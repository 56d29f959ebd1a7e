"""Whether a server's chat template opens a thought, from servers that show prompts.

vLLM's and llama.cpp's do, beside OpenAI's protocol. Only a server without TLS is asked,
for such a one is near and run by whoever asks; what goes wrong there means nothing.
"""

import asyncio
from collections.abc import Mapping, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from evalkit import Tags, Thinking
from evalkit_backends._api.address import Address
from evalkit_backends._api.finding import waited
from evalkit_backends._api.trouble import Trouble

if TYPE_CHECKING:
    from evalkit_backends._api.client import Client

MOMENT = 5.0
"""Seconds that a server may take to show a prompt."""
MOST = 1 << 20
"""Bytes of an answer that are read."""
ASKED = "evalkitasked"
VLLM = "vllm"
SHOWING = frozenset({VLLM, "llamacpp"})
"""Servers that show prompts, by what they call themselves."""

T = TypeVar("T")


class Owned(msgspec.Struct):
    """A model with who serves it."""

    owned_by: str = ""


class Models(msgspec.Struct):
    """The models that a server names."""

    data: list[Owned]


class Tokens(msgspec.Struct):
    """A prompt as tokens."""

    tokens: list[int]


class Shown(msgspec.Struct):
    """A prompt as text."""

    prompt: str


def opened_by_server(
    address: Address, owners: Set[str], asked: Mapping[str, Any], thinking: Thinking
) -> Tags | None:
    """The kind of thought that a server's prompts end within, if it shows one.

    `asked` is what each request is to have beside its messages.
    """
    if not (owners & SHOWING and address.url.startswith("http://")):
        return None
    prompt = waited(shown(address, owners, asked))
    _, found, behind = prompt.rpartition(ASKED)
    return thinking.opened(behind, chat=True) if found else None


def owners_in(served: bytes) -> Set[str]:
    """Who serves the models that a server says it has."""
    try:
        models = msgspec.json.decode(served, type=Models)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(each.owned_by for each in models.data)


async def shown(address: Address, owners: Set[str], asked: Mapping[str, Any]) -> str:
    """A prompt as the server's template makes it; empty if it shows none."""
    from evalkit_backends._api.client import Client

    root = replace(address, url=address.url.rstrip("/").removesuffix("/v1"))
    given: dict[str, Any] = {
        **asked,
        "messages": [{"role": "user", "content": ASKED}],
        "add_generation_prompt": True,
    }
    try:
        async with Client(root, 1) as client, asyncio.timeout(MOMENT):
            if VLLM in owners:
                return await by_vllm(client, given)
            return (await put(client, "/apply-template", given, Shown)).prompt
    except (Trouble, TimeoutError, ValueError, RecursionError):
        return ""


async def by_vllm(client: "Client", given: Mapping[str, Any]) -> str:
    """The prompt as vLLM makes it: it gives tokens, and takes them for their text."""
    tokens = (await put(client, "/tokenize", given, Tokens)).tokens
    wanted = {"model": given["model"], "tokens": tokens}
    return (await put(client, "/detokenize", wanted, Shown)).prompt


async def put(
    client: "Client", path: str, given: Mapping[str, Any], kind: type[T]
) -> T:
    """What a server gives for some JSON."""
    body = await client.ask(path, msgspec.json.encode(given), MOST)
    return msgspec.json.decode(body, type=kind)
