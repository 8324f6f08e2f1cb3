"""Keys: phone numbers as a keyed hash for look-up, and encrypted for sending, with rotation."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

SHORTEST_HASH_KEY = 32


@dataclass(frozen=True)
class Keys:
    """The secrets of one installation.

    ``seal_keys`` are Fernet keys, newest first: the first one seals, all of them open (rotation).
    """

    hash_key: str = field(repr=False)
    seal_keys: tuple[str, ...] = field(repr=False)
    cookie_key: str = field(repr=False)

    @staticmethod
    def faults(hash_key: str | None, seal_keys: str | None) -> list[str]:
        """What is wrong with given keys, as sentences; an absent key is somebody else's complaint."""
        faults = []
        if hash_key and len(hash_key) < SHORTEST_HASH_KEY:
            faults.append(f"FRONTDOOR_HASH_KEY must have at least {SHORTEST_HASH_KEY} characters")
        for key in (seal_keys or "").split(","):
            if seal_keys and not _is_fernet_key(key.strip()):
                faults.append("FRONTDOOR_SEAL_KEYS must be Fernet keys separated by commas, newest first")
                break
        return faults

    @cached_property
    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self.seal_keys])

    def hash(self, address: str) -> str:
        """A keyed hash of an address: equal for equal addresses, useless without the key."""
        return hmac.new(self.hash_key.encode(), address.encode(), hashlib.sha256).hexdigest()

    def seal(self, text: str) -> bytes:
        """Encrypt a number (or a journal line) with the newest key."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def open(self, sealed: bytes) -> str:
        """Decrypt with any key of the ring. Raises ``cryptography.fernet.InvalidToken`` when none fits."""
        return self._fernet.decrypt(sealed).decode("utf-8", "surrogatepass")


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except (ValueError, InvalidToken):
        return False
    return True


def demo_keys(path: Path) -> dict[str, str]:
    """The demo installation's own secrets: made on the first run, kept in a file that only its owner may read."""
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return _make_keys(path)
    return kept


def _make_keys(path: Path) -> dict[str, str]:
    made = {
        "account_sid": "AC" + secrets.token_hex(16),
        "auth_tokens": secrets.token_hex(16),
        "bot_secret": secrets.token_urlsafe(32),
        "hash_key": secrets.token_urlsafe(32),
        "seal_keys": Fernet.generate_key().decode(),
        "cookie_key": secrets.token_urlsafe(32),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another process was first: then its keys are the keys
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
