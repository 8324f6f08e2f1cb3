"""A passkey in software: answers as a browser and its chip do, and lies where a test tells it to."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def plain(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Authenticator:
    """One passkey. ``count`` is what it says of how often it was used; ``flags`` what it says of the person."""

    origin: str = "http://localhost"
    host: str = "localhost"
    count: int = 0
    flags: int = PRESENT | VERIFIED
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a registration."""
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(self.flags | ATTESTED) + attested
        return self._answer(
            {
                "attestationObject": plain(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
                "clientDataJSON": plain(self._said("webauthn.create", options)),
                "transports": ["internal", "made up"],
            }
        )

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a log-in."""
        said, data = self._said("webauthn.get", options), self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "authenticatorData": plain(data),
                "clientDataJSON": plain(said),
                "signature": plain(signature),
                "userHandle": None,
            }
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {"id": plain(self.id), "rawId": plain(self.id), "type": "public-key", "response": response}
