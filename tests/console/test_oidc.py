"""The town's own log-in, against an issuer that runs here: who comes in by it, and every way in which nobody does."""

import base64
import dataclasses
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from gateway import log_ins
from gateway.db import Database
from gateway.models import AuditEntry, LogIn, OidcIdentity, Responder
from gateway.settings import Oidc, Settings
from tests.console.conftest import PASSWORD, Person, utc_now
from tests.console.test_console_roles import JSON

pytestmark = pytest.mark.slow

CLIENT, SECRET = "front-door", "a secret of the town's"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "one"})


class Issuer:
    """Answers as an OpenID provider does, about one person."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key: Any = KEY
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.facts: dict[str, Any] = {}
        self.codes: dict[str, tuple[str, str]] = {}
        self.used: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                found = {"/.well-known/openid-configuration": outer.discovery, "/keys": outer.keys}.get(self.path)
                self.answer(200, found()) if found else self.answer(404, {})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(*outer.token({key: values[0] for key, values in form.items()}, self.headers))

            def answer(self, status: int, body: dict[str, Any]) -> None:
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        } | self.facts

    def keys(self) -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    def let_in(self, url: str) -> dict[str, str]:
        """What the person's browser brings back, after they logged in at the issuer's page."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = (asked["nonce"], asked["code_challenge"])
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        """The token endpoint: a code once, for who made the challenge, with the client's secret."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if form["code"] not in self.codes or headers["Authorization"] != f"Basic {basic}":
            return 400, {"error": "invalid_grant"}
        nonce, challenge = self.codes.pop(form["code"])
        hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(hashed).decode().rstrip("=") != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "s-1", "nonce": nonce, "iat": now, "exp": now + 300,
            "email": "ana@example.org", "email_verified": True,
        } | self.claims  # fmt: skip
        claims = {key: value for key, value in claims.items() if value is not None}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] == "none":
            parts = [json.dumps(each).encode() for each in (self.header, claims)]
            return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts) + "."
        return jwt.encode(self.header, claims, self.key)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.close()


@pytest.fixture
def settings(settings: Settings, issuer: Issuer) -> Settings:
    return dataclasses.replace(settings, oidc=Oidc(issuer.url, CLIENT, SECRET))


@pytest.fixture
def ana(database: Database) -> Responder:
    with database.begin() as session:
        return log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, utc_now())


def go_and_come_back(client: FlaskClient, issuer: Issuer, wanted: str = "", **changed: str) -> str:
    """Through the issuer and back; returns where that led."""
    left = client.get("/console/log-in/oidc", query_string={"next": wanted})
    assert left.status_code == 303
    brought = issuer.let_in(left.location) | changed
    answer = client.get("/console/log-in/oidc/back", query_string=brought, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 303
    return str(answer.location)


def is_in(client: FlaskClient) -> bool:
    return client.get("/console/", headers=JSON).status_code == 200


def test_whom_the_town_lets_in_is_in(client: FlaskClient, issuer: Issuer, ana: Responder, database: Database) -> None:
    assert "Use the town" in client.get("/console/log-in").text
    assert go_and_come_back(client, issuer, "/console/looks") == "/console/looks"
    assert is_in(client)
    with database.begin() as session:
        assert session.scalars(select(LogIn.strength)).one() == "oidc"
        known = session.scalars(select(OidcIdentity)).one()
        assert (known.issuer, known.subject, known.responder_id) == (issuer.url, "s-1", ana.id)


def test_from_then_on_the_subject_counts_and_not_the_address(
    client: FlaskClient, issuer: Issuer, ana: Responder
) -> None:
    go_and_come_back(client, issuer)
    client.delete_cookie("fd_log_in")
    issuer.claims = {"email": "married@example.org"}
    assert go_and_come_back(client, issuer) == "/console/"
    assert is_in(client)
    client.delete_cookie("fd_log_in")
    issuer.claims = {"sub": "s-2"}  # the address was given to somebody else
    assert "not_here" in go_and_come_back(client, issuer)
    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [{"email": "nobody@example.org"}, {"email_verified": False}, {"email_verified": "true"}, {"email": None}],
)
def test_nobody_comes_in_who_is_not_known_here(
    client: FlaskClient, issuer: Issuer, ana: Responder, database: Database, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    assert "not_here" in go_and_come_back(client, issuer)
    assert not is_in(client)
    with database.begin() as session:
        assert session.scalars(select(Responder.id)).all() == [ana.id]  # no account is made
        assert session.scalars(select(OidcIdentity.id)).all() == []
        assert "log_in_failed" in session.scalars(select(AuditEntry.act)).all()


def test_who_was_sent_away_does_not_come_in(
    client: FlaskClient, issuer: Issuer, ana: Responder, database: Database
) -> None:
    go_and_come_back(client, issuer)
    client.delete_cookie("fd_log_in")
    with database.begin() as session:
        session.get_one(Responder, ana.id).active = False
    assert "not_here" in go_and_come_back(client, issuer)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_000_000_000},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_this_log_in_opens_nothing(
    client: FlaskClient, issuer: Issuer, ana: Responder, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    assert "outside" in go_and_come_back(client, issuer)
    assert not is_in(client)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"alg": "RS256", "kid": "one"}, OTHER_KEY),
        ({"alg": "none"}, None),
        ({"alg": "HS256", "kid": "one"}, OctKey.import_key(SECRET * 2)),
    ],
)
def test_a_token_that_the_issuer_did_not_sign_opens_nothing(
    client: FlaskClient, issuer: Issuer, ana: Responder, header: dict[str, Any], key: Any
) -> None:
    issuer.header, issuer.key = header, key
    assert "outside" in go_and_come_back(client, issuer)
    assert not is_in(client)


@pytest.mark.parametrize(
    "facts",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_an_issuer_that_is_not_the_one_configured_is_not_asked(
    client: FlaskClient, issuer: Issuer, ana: Responder, facts: dict[str, Any]
) -> None:
    issuer.facts = facts
    assert "outside" in client.get("/console/log-in/oidc").location


def test_an_issuer_that_is_down_leaves_the_password(client: FlaskClient, issuer: Issuer, ana: Responder) -> None:
    issuer.close()
    answer = client.get("/console/log-in/oidc", follow_redirects=True)
    assert "did not answer" in answer.text
    assert "Password" in answer.text


def test_the_state_of_another_browser_opens_nothing(client: FlaskClient, issuer: Issuer, ana: Responder) -> None:
    """Else a stranger's log-in could be put into somebody's browser."""
    stranger = client.application.test_client()
    brought = issuer.let_in(stranger.get("/console/log-in/oidc").location)
    answer = client.get("/console/log-in/oidc/back", query_string=brought)
    assert "late" in answer.location
    assert not is_in(client)


def test_a_way_back_works_once(client: FlaskClient, issuer: Issuer, ana: Responder) -> None:
    left = client.get("/console/log-in/oidc")
    brought = issuer.let_in(left.location)
    cookie = client.get_cookie("fd_outside")
    assert cookie
    client.get("/console/log-in/oidc/back", query_string=brought)
    client.delete_cookie("fd_log_in")
    client.set_cookie("fd_outside", cookie.value)
    assert "late" in client.get("/console/log-in/oidc/back", query_string=brought).location
    assert not is_in(client)


@pytest.mark.parametrize("changed", [{"code": "guessed"}, {"code": ""}, {"state": ""}, {"state": "guessed"}])
def test_what_the_issuer_did_not_give_opens_nothing(
    client: FlaskClient, issuer: Issuer, ana: Responder, changed: dict[str, str]
) -> None:
    assert "/console/log-in?" in go_and_come_back(client, issuer, **changed)
    assert not is_in(client)


def test_it_leads_to_no_other_site(client: FlaskClient, issuer: Issuer, ana: Responder) -> None:
    assert go_and_come_back(client, issuer, "https://evil.example/console/") == "/console/"


class TestWithout:
    """Where no issuer is configured."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, oidc=None)

    def test_there_is_no_such_way(self, client: FlaskClient, person: Callable[..., Person]) -> None:
        assert client.get("/console/log-in/oidc", headers=JSON).status_code == 404
        assert client.get("/console/log-in/oidc/back", headers=JSON).status_code == 404
        assert "Use the town" not in client.get("/console/log-in").text
