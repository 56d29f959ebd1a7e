"""What an engine says of itself."""

from evalkit.backend import Engine
from evalkit.seams import texts
from evalkit.secrets.finding import Secrets
from evalkit.secrets.likeness import discreet


def facts_of(engine: Engine) -> dict[str, str]:
    """What an engine says of itself, as texts without secrets."""
    own = Secrets.of(engine.secrets)
    return {
        name: own.hide(discreet(fact)) for name, fact in texts(engine.facts()).items()
    }
