"""Asking a worker of this machine how it is, over HTTP."""

import json
from http.client import HTTPException
from typing import Literal
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

PATIENCE = 5.0
"""Seconds within which it must answer; one whose interpreter is held up cannot."""


def trouble(health: str, path: Literal["livez", "readyz"], *, within: float = PATIENCE) -> str | None:
    """Why it is not well, in its own words or for its silence; None when it is.

    Args:
        health: the URL that the paths follow.
        path: `livez`: whether only a restart would help; `readyz`: also whether it takes jobs and its stores answer.
        within: seconds.
    """
    direct = build_opener(ProxyHandler({}))  # whatever proxy the environment names, this machine is not behind it
    try:
        with direct.open(f"{health}/{path}", timeout=within):
            return None
    except HTTPError as error:
        with error:
            return _reasons(error)
    except (OSError, HTTPException) as error:
        return f"{health}/{path} does not answer: {error}"


def _reasons(error: HTTPError) -> str:
    try:
        return "; ".join(json.loads(error.read())["reasons"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answers {error.code}, and not as a worker does"
