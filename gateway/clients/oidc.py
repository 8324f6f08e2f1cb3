"""The town's own log-in (OpenID Connect Core 1.0): the code flow with PKCE; Authlib checks what comes back."""

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.errors import OutsideLogInFailed

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

SECONDS = 5.0
KEPT_SECONDS = 3600.0
SCOPE = "openid email profile"
# Never "none", and no shared secret: the token is signed with a key that the issuer alone has.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Asked:
    """Where the browser goes, and what must be kept here until it comes back."""

    url: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Whom the issuer let in."""

    issuer: str
    subject: str
    email: str
    email_verified: bool


class TownLogIn:
    """One issuer, and as whom we ask it."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self._issuer, self._client_id, self._secret = issuer, client_id, client_secret
        self._mutex = threading.Lock()
        self._known: dict[str, Any] = {}
        self._known_at = 0.0

    def ask(self, back: str, state: str) -> Asked:
        """Begin a log-in that comes back to ``back`` with ``state``. Raises :class:`OutsideLogInFailed`."""
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        with self._session(back) as session:
            url, _ = session.create_authorization_url(
                self._facts()["authorization_endpoint"],
                state=state,
                nonce=nonce,
                code_challenge=challenge,
                code_challenge_method="S256",
            )
        return Asked(url, nonce, verifier)

    def answer(self, back: str, code: str, nonce: str, verifier: str) -> Person:
        """Whom the code stands for. Raises :class:`OutsideLogInFailed` when anything is not as it must be."""
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - takes a second to load
        from joserfc.errors import JoseError  # noqa: PLC0415
        from requests import RequestException  # noqa: PLC0415

        try:
            with self._session(back) as session:
                token = session.fetch_token(
                    self._facts()["token_endpoint"], code=code, code_verifier=verifier, timeout=SECONDS,
                    allow_redirects=False,
                )  # fmt: skip
            claims = self._claims(token, nonce)
            return Person(self._issuer, claims["sub"], claims.get("email") or "", claims.get("email_verified") is True)
        except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError) as failure:
            raise OutsideLogInFailed(type(failure).__name__) from failure

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415
        from joserfc.jws import JWSRegistry  # noqa: PLC0415

        given: Any = self._get(self._facts()["jwks_uri"])
        signers = KeySet.import_key_set(given)
        registry = JWSRegistry(algorithms=list(SIGNATURES), strict_check_header=False)
        found = jwt.decode(token["id_token"], key=signers, registry=registry)
        wanted = {
            "iss": {"essential": True, "values": [self._issuer]},
            "aud": {"essential": True, "values": [self._client_id]},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(found.claims, found.header, wanted, params)
        claims.validate(leeway=60)
        return dict(claims)

    def _facts(self) -> dict[str, Any]:
        """What the issuer says of itself (OpenID Connect Discovery 1.0), looked up once an hour."""
        with self._mutex:
            if not self._known or time.monotonic() - self._known_at > KEPT_SECONDS:
                found = self._get(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
                if found.get("issuer") != self._issuer or not all(self._safe(found.get(name)) for name in ENDPOINTS):
                    raise OutsideLogInFailed("not the issuer that was configured")
                self._known, self._known_at = found, time.monotonic()
            return self._known

    def _get(self, url: str) -> dict[str, Any]:
        import requests  # noqa: PLC0415

        try:
            answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as failure:
            raise OutsideLogInFailed(type(failure).__name__) from failure
        if answer.status_code != 200 or not isinstance(found, dict):  # noqa: PLR2004 - HTTP: OK
            raise OutsideLogInFailed("no answer of an issuer")
        return found

    def _safe(self, url: Any) -> bool:
        """https, as the issuer is; plain only where the issuer itself is plain, which settings allow on loopback."""
        return isinstance(url, str) and urlsplit(url).scheme in {"https", urlsplit(self._issuer).scheme}

    def _session(self, back: str) -> "OAuth2Session":
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

        return OAuth2Session(self._client_id, self._secret, scope=SCOPE, redirect_uri=back)
