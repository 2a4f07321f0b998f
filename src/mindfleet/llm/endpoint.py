"""What can be told from an endpoint's address alone."""

from ipaddress import ip_address
from urllib.parse import urlsplit

_OLLAMA_PORT = 11434
_KNOWN = {"openai.com": "openai", "openrouter.ai": "openrouter", "ollama.com": "ollama"}


def provider_name(base_url: str) -> str:
    """`openai`, `openrouter`, `ollama` or `local` where the address says so, otherwise its host."""
    address = urlsplit(base_url)
    host = address.hostname or ""
    for domain, name in _KNOWN.items():
        if host == domain or host.endswith(f".{domain}"):
            return name
    if host == "ollama" or address.port == _OLLAMA_PORT:
        return "ollama"
    return "local" if is_near(base_url) else host


def is_near(base_url: str) -> bool:
    """Whether the endpoint is on this machine or in a private network."""
    host = urlsplit(base_url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
    return address.is_private or address.is_loopback


def is_local(base_url: str, *, ollama: bool = False) -> bool:
    """Whether its models share a machine of ours: an address nearby, or an Ollama that is not ollama.com's.

    Args:
        base_url: of the endpoint.
        ollama: whether it is known to be one, whatever its address.
    """
    host = urlsplit(base_url).hostname or ""
    is_cloud = host == "ollama.com" or host.endswith(".ollama.com")
    return is_near(base_url) or (not is_cloud and (ollama or provider_name(base_url) == "ollama"))


def machine(base_url: str) -> str:
    """The machine of an endpoint, by one name for all of this machine's."""
    host = (urlsplit(base_url).hostname or "").removesuffix(".")
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost" or host.endswith(".localhost")
    return "localhost" if is_here else host


def ollama_base_url(host: str) -> str:
    """The OpenAI-compatible address for `OLLAMA_HOST` in any form that Ollama takes.

    `http://gpu:11434`, `gpu`, `gpu:8000`, `:11434` and `0.0.0.0` (which means this machine) all work.
    """
    address = urlsplit(host if "//" in host else f"//{host}", scheme="http")
    name = address.hostname or "127.0.0.1"
    name = "127.0.0.1" if name in {"0.0.0.0", "::"} else f"[{name}]" if ":" in name else name  # noqa: S104  not a bind
    port = address.port or (443 if address.scheme == "https" else _OLLAMA_PORT)
    return f"{address.scheme}://{name}:{port}{address.path.rstrip('/').removesuffix('/v1')}/v1"
