"""What a server is asked before a run: whether it is there, and what it can do."""

import asyncio
from collections.abc import Coroutine, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from evalkit import Rank, UsageError
from evalkit_backends._api.address import Address
from evalkit_backends._api.lines import lines_to
from evalkit_backends._api.loop import loop_here
from evalkit_backends._api.parsing import ProtocolError, TooLarge
from evalkit_backends._api.ranking import Ranking
from evalkit_backends._api.trouble import Kind, Trouble, refused

if TYPE_CHECKING:
    from evalkit_backends._api.client import Client

MODELS = "/models"

MOMENT = 15.0
"""Seconds that a server may take to say what it has."""
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


def check_server(address: Address) -> None:
    """Raise UsageError if the server is not there or refuses the key.

    Not every server lists its models, and some take names that they do not list: what
    is wrong there is told by the first request.
    """
    try:
        waited(visit(address))
    except TimeoutError:
        raise UsageError(
            f"backend 'api': {address.url} has not answered within {MOMENT:g} s"
        ) from None
    except Trouble as trouble:
        check(address, trouble)


def check(address: Address, trouble: Trouble) -> None:
    """Raise UsageError for trouble after which a run is of no use."""
    said = address.hide(trouble.why)
    if trouble.kind is Kind.FINAL and not ("scope" in said and trouble.status == 403):
        what = "refuses the key in" if address.key else "wants a key, and finds none in"
        raise UsageError(
            f"backend 'api': {address.url} {what} {address.key_env}: {said}"
        ) from None
    if not trouble.status and trouble.kind is Kind.PASSING:
        raise UsageError(
            f"backend 'api': {address.url} cannot be reached: {said}"
        ) from None


async def visit(address: Address) -> None:
    """Ask a server for its models, without the openai client where that can be: it
    takes half a second to import, in which other processes can be started."""
    lines = lines_to(address.url)
    if lines is None:
        from evalkit_backends._api.client import Client

        async with Client(address, 1) as client, asyncio.timeout(MOMENT):
            await client.look(MODELS)
        return
    try:
        async with asyncio.timeout(MOMENT):
            answer = await lines.ask(asking_for_models(address))
    except TimeoutError:  # an OSError too
        raise
    except TooLarge as exc:
        raise Trouble(f"the answer cannot be read: {exc}") from None
    except (OSError, ProtocolError) as exc:
        raise Trouble(f"the connection failed: {exc}", Kind.PASSING) from None
    finally:
        lines.end()
    if answer.status >= 300:
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in answer.headers
        }
        raise refused(answer.status, headers, answer.body)


def asking_for_models(address: Address) -> bytes:
    """The request for a server's models, as bytes."""
    parts = urlsplit(address.url)
    lines = [
        f"GET {parts.path}{MODELS} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Accept: application/json",
        *([f"Authorization: Bearer {address.key}"] if address.key else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


async def look(client: "Client") -> tuple[str, ...]:
    """The names of a server's models, as far as it can be asked for them."""
    try:
        async with asyncio.timeout(MOMENT):
            listed = msgspec.json.decode(await client.look(MODELS), type=Models)
    except (Trouble, TimeoutError, msgspec.DecodeError, UnicodeDecodeError):
        return ()
    return tuple(each.id for each in listed.data)


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
        f"backend 'api': {address.url} could not be asked whether it ranks; try again, "
        "or name a protocol that does not rank"
    )


def waited(work: Coroutine[Any, Any, T]) -> T:
    """What comes of something that a server is asked."""
    loop = loop_here()
    try:
        return loop.run(work)
    finally:
        loop.close()
