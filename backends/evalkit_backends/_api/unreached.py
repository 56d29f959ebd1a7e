"""There is no connection to a server, and why."""

import os
from ssl import SSLError


class Unreached(OSError):
    """There is no connection to the server."""


def why_unreached(exc: BaseException) -> str:
    """What a failed connection was at first: what is told of it later says less."""
    said = str(exc)
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, SSLError):
            number = cause.errno or 0
            said = os.strerror(number) if number > 0 else cause.strerror or said
        cause = cause.__cause__ or cause.__context__
    return said or type(exc).__name__
