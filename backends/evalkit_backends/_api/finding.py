"""What a server is asked before a run: whether it is there, and what it can do."""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from evalkit import Rank, UsageError
from evalkit_backends._api.address import Address
from evalkit_backends._api.asking import LOG
from evalkit_backends._api.causes import unconnected
from evalkit_backends._api.lines import lines_to
from evalkit_backends._api.loop import loop_here
from evalkit_backends._api.parsing import BODY_LIMIT, ProtocolError
from evalkit_backends._api.ranking import Ranking
from evalkit_backends._api.trouble import Kind, Trouble
from evalkit_backends._api.unpacking import unpacked

if TYPE_CHECKING:
    from evalkit_backends._api.client import Client

MODELS = "/models"

MOMENT = 15.0
"""Seconds that a server may take to say what it has."""
MANY, LONG = 10_000, 200
"""Models that are looked at, and characters of their names."""
VERSION = re.compile(r"/v\d")
TRIES = 3
"""Of the request that finds out whether a server ranks."""
PROBE = Rank(prompt="Two and two are", choices=(" four.", " five."))

T = TypeVar("T")


class Listed(msgspec.Struct):
    """One of the models that a server names."""

    id: str


class Models(msgspec.Struct):
    """The models that a server names."""

    data: list[Listed]


def check_server(address: Address, patience: float) -> bytes:
    """What the server says that it has, as far as it says so; raise UsageError if it is
    not there, and wait for it no longer than that.

    What it says to a request for its models tells nothing else: not every server lists
    them, some list them to nobody, and some take names that they do not list. Whatever
    is wrong there, a key included, is told by the first request.
    """
    moment = min(MOMENT, patience)
    try:
        return waited(visit(address, moment))
    except TimeoutError:
        LOG.warning(
            "evalkit: warning: %s has not listed its models within %g s; it is asked "
            "all the same",
            address.shown,
            moment,
        )
    except Trouble as trouble:
        if trouble.is_unreached:
            raise UsageError(unreachable(address, trouble)) from None
    return b""


def unreachable(address: Address, trouble: Trouble) -> str:
    """What is said of a server that is not there."""
    said = address.told(trouble.why)
    return f"backend 'api': {address.shown} cannot be reached: {said}"


def check(address: Address, trouble: Trouble) -> None:
    """Raise UsageError for trouble after which no request is of use."""
    if trouble.kind is Kind.FINAL:
        raise UsageError(refusal(address, trouble)) from None
    if trouble.is_unreached:
        raise UsageError(unreachable(address, trouble)) from None


def refusal(address: Address, trouble: Trouble) -> str:
    """What is said of a server that takes no requests, the likely cause included."""
    said = address.told(trouble.why).rstrip(".")
    hint = ""
    if trouble.status in {400, 401, 403}:
        what = "is read from" if address.key else "would be read from"
        hint = f"; the key {what} {address.key_env}"
        hint += "" if address.key else ", which is empty"
    return f"backend 'api': {address.shown} refuses all requests, {said}{hint}"


async def visit(address: Address, moment: float) -> bytes:
    """Ask a server for its models, without the openai client where that can be: it
    takes half a second to import, in which other processes can be started."""
    lines = lines_to(address.url)
    if lines is None:
        from evalkit_backends._api.client import Client

        async with Client(address, 1) as client, asyncio.timeout(moment):
            return await client.look(MODELS)
    try:
        async with asyncio.timeout(moment):
            answer = await lines.ask(asking_for_models(address), BODY_LIMIT)
            return unpacked(answer.headers, answer.body, BODY_LIMIT)
    except TimeoutError:  # an OSError too
        raise
    except (OSError, ProtocolError) as exc:
        raise unconnected(exc, address) from None
    finally:
        lines.end()


def asking_for_models(address: Address) -> bytes:
    """The request for a server's models, as bytes."""
    parts = urlsplit(address.url)
    query = f"?{address.query}" if address.query else ""
    lines = [
        f"GET {parts.path}{MODELS}{query} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Accept: application/json",
        *([": ".join(address.key_header)] if address.key else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


async def look(client: "Client", path: str = MODELS) -> tuple[str, ...]:
    """The names of a server's models, as far as it can be asked for them."""
    try:
        async with asyncio.timeout(MOMENT):
            listed = msgspec.json.decode(await client.look(path), type=Models)
    except (Trouble, TimeoutError, msgspec.DecodeError, UnicodeDecodeError):
        return ()
    return tuple(each.id for each in listed.data[:MANY] if len(each.id) <= LONG)


async def base_of(address: Address) -> str:
    """Where the server is that was looked for one step too high; empty if nowhere."""
    if VERSION.search(address.url):
        return ""
    from evalkit_backends._api.client import Client

    below = replace(address, url=f"{address.url}/v1")
    async with Client(below, 1) as client:
        return below.shown if await look(client) else ""


async def meant(client: "Client", address: Address, name: str) -> str:
    """What may have been meant, where there is no such model or endpoint."""
    known = await look(client)
    if known:
        return suggestion(name, [address.told(each) for each in known])
    base = await base_of(address)
    if base:
        return f". It is at {base}: --base-url {base}"
    if VERSION.search(address.url):
        return ""
    return f". Most servers are at URLs such as {address.url}/v1"


def suggestion(name: str, known: Sequence[str]) -> str:
    """What to say to somebody who may have misspelled a model's name."""
    if name in known or not known:
        return ""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f". Did you mean {' or '.join(near)}?"
    return f". It has: {', '.join(known[:5])}{', ...' if len(known) > 5 else ''}"


def server_ranks(address: Address, ranking: Ranking) -> bool:
    """Whether a server ranks, found out by one small request, or two where it does not
    take the first form; UsageError if it does not say."""
    from evalkit_backends._api.client import Client

    return waited(rank_probe(Client(address, 1), ranking, address))


async def rank_probe(client: "Client", ranking: Ranking, address: Address) -> bool:
    """Rank something, and see whether that works."""
    async with client:
        for tried in range(2 * TRIES):
            put = ranking.put(PROBE)
            try:
                async with asyncio.timeout(4 * MOMENT):
                    ranking.read(await client.ask(put.path, put.body), PROBE)
            except TimeoutError:
                break
            except Trouble as trouble:
                if ranking.learn(trouble, put):
                    continue
                check(address, trouble)
                if trouble.kind is Kind.LOST:
                    return False
                await asyncio.sleep(min(trouble.wait or tried, 2 * MOMENT))
            else:
                return True
    raise UsageError(
        f"backend 'api': {address.shown} could not be asked whether it ranks; try "
        "again, or name a protocol that does not rank"
    )


def waited(work: Coroutine[Any, Any, T]) -> T:
    """What comes of something that a server is asked."""
    loop = loop_here()
    try:
        return loop.run(work)
    finally:
        loop.close()
