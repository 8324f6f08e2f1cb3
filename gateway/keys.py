"""Keys: phone numbers as a keyed hash for look-up, and encrypted for sending, with rotation; what signs pushes."""

import base64
import binascii
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SHORTEST_HASH_KEY = 32
P256_BYTES = 32


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

    def seal_bytes(self, content: bytes) -> bytes:
        """Encrypt what is no text, as :meth:`seal` does; a third longer than it was."""
        return self._fernet.encrypt(content)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Decrypt what :meth:`seal_bytes` made. Raises ``cryptography.fernet.InvalidToken`` when no key fits."""
        return self._fernet.decrypt(sealed)


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except (ValueError, InvalidToken):
        return False
    return True


def is_vapid_key(key: str) -> bool:
    """Whether this is a private key that can sign pushes (RFC 8292): a P-256 scalar as base64url, without padding."""
    try:
        scalar = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
        ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())
    except (binascii.Error, ValueError):
        return False
    return len(scalar) == P256_BYTES


def vapid_public(key: str) -> str:
    """The public half as browsers ask for it (``applicationServerKey``): an uncompressed point as base64url."""
    scalar = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    public = ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1()).public_key()
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def make_vapid_key() -> str:
    """A new private key for signing pushes."""
    scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(scalar.to_bytes(P256_BYTES)).decode().rstrip("=")


def demo_keys(path: Path) -> dict[str, str]:
    """The demo installation's own secrets: made on the first run, kept in a file that only its owner may read.

    A file of before that lacks a key gets it; the keys that it holds never change.
    """
    made = _new_keys()
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # one process at a time, or each would keep keys of its own
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if not made.keys() <= kept.keys():
            kept = made | kept
            _keep(path, kept)
    finally:
        os.close(folder)
    return kept


def _new_keys() -> dict[str, str]:
    return {
        "account_sid": "AC" + secrets.token_hex(16),
        "auth_tokens": secrets.token_hex(16),
        "bot_secret": secrets.token_urlsafe(32),
        "hash_key": secrets.token_urlsafe(32),
        "seal_keys": Fernet.generate_key().decode(),
        "cookie_key": secrets.token_urlsafe(32),
        "vapid_key": make_vapid_key(),
    }


def _keep(path: Path, kept: dict[str, str]) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
