"""What lies behind a connection that failed, as far as it can be guessed."""

from evalkit_backends._api.address import Address
from evalkit_backends._api.parsing import Unreadable
from evalkit_backends._api.proxies import proxy_for
from evalkit_backends._api.trouble import Kind, Trouble
from evalkit_backends._api.unreached import Unreached

TLS = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "its certificate is not trusted here; SSL_CERT_FILE may name a file with the "
        "one that signs it",
    ),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS: is it http://, not https://?"),
    ("RECORD_LAYER_FAILURE", "it does not speak TLS: is it http://, not https://?"),
    ("no HTTP/1.1 answer", "it may speak TLS: is it https://, not http://?"),
)
"""What errors mean, by what stands in them."""


def unconnected(cause: Exception, address: Address) -> Trouble:
    """What it means that no whole answer came over a connection."""
    said = " ".join(str(cause).split()) or type(cause).__name__
    if isinstance(cause, Unreadable):
        return Trouble(f"the answer cannot be read: {said}")
    return Trouble(
        f"the connection failed: {said}{hint(said, address)}",
        Kind.PASSING,
        is_unreached=isinstance(cause, Unreached),
    )


def hint(said: str, address: Address) -> str:
    """What a user may look at first, for an error in these words."""
    for sign, meaning in TLS:
        if sign in said:
            return f"; {meaning}"
    proxy = proxy_for(address.url)
    if proxy is None:
        return ""
    return (
        f"; requests to it go through the proxy {proxy}; NO_PROXY names hosts that are "
        "reached without"
    )
