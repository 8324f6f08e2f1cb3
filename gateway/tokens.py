"""How a secret that somebody holds is looked up: by its SHA-256, so that a stolen copy of the table opens nothing."""

import hashlib


def fingerprint(token: str) -> str:
    """The SHA-256 of a token, in hexadecimal; only for secrets too long to be guessed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
