"""The address of a Ray cluster, checked without Ray, which would try for minutes."""

import os
import socket

from evalkit import UsageError

SECONDS = 5.0
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How HTTP/2 begins, which a cluster's head speaks: the preface and no settings."""
SETTINGS = 4
"""The kind of frame, told in its fourth byte, with which a server begins."""


def check_address(address: str) -> None:
    """Raise UsageError if this is no address of a cluster, or none answers there.

    Where a cluster is to be found by itself (``auto``), only Ray can tell.
    """
    if address in ("", "auto"):
        return
    if "://" in address:
        raise UsageError(
            f"--ray-address {address!r}: run evalkit on a node of the cluster, with "
            "--ray-address auto; a Ray client's address will not do"
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(f"--ray-address takes auto or HOST:PORT, not {address!r}")
    try:
        answers = is_cluster(host.strip("[]"), int(port))
    except (OSError, UnicodeError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise UsageError(
            f"--ray-address {address!r}: no cluster answers there: {why}"
        ) from exc
    if not answers:
        raise UsageError(
            f"--ray-address {address!r}: what answers there is no cluster; the port is "
            "the one that 'ray start --head' names, 6379 as a rule"
        )


def is_cluster(host: str, port: int) -> bool:
    """Whether a server may be the head of a cluster; raises OSError if none is there.

    One that encrypts is not asked.
    """
    with socket.create_connection((host, port), SECONDS) as connection:
        if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
            return True
        connection.sendall(GREETING)
        answer = b""
        while len(answer) < 4 and (more := connection.recv(64)):
            answer += more
    return len(answer) >= 4 and answer[3] == SETTINGS
