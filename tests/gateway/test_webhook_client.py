"""A call to the town's own system: signed, to a public address only, over in time whatever the other side does."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.clients.webhook import Webhook
from gateway.public_hosts import is_public
from tests.fakes import town_system
from tests.fakes.town_system import Behaviour, TownSystem, answers

SECRET = "s" * 32
BODY = '{"place":"12 Oak St, «Peñas»"}'.encode()


@pytest.fixture
def town() -> Iterator[TownSystem]:
    server = TownSystem()
    yield server
    server.stop()


def call(town: TownSystem, **more: Any) -> Webhook:
    return Webhook(town.url, SECRET, loopback=True, **more)


def test_a_call_is_signed_and_says_which_it_is(town: TownSystem) -> None:
    answer = call(town).post("key-1", BODY)
    assert (answer.status, answer.taken, answer.after) == (200, True, None)
    [heard] = town.calls
    assert (heard.body, heard.key, heard.path) == (BODY, "key-1", "/door?of=town")
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.is_genuine(SECRET)
    assert not heard.is_genuine("t" * 32)
    assert not town_system.Call(heard.path, heard.headers, heard.body.replace(b"12", b"13")).is_genuine(SECRET)
    assert not heard.is_genuine(SECRET, within=-1)


@pytest.mark.parametrize("status", [201, 204, 400, 404, 410, 429, 500, 503])
def test_a_status_is_told_as_it_is(town: TownSystem, status: int) -> None:
    town.behave = answers(status, b"" if status == 204 else b"no")
    answer = call(town).post("k", BODY)
    assert (answer.status, answer.taken) == (status, status < 300)


def test_a_redirect_is_not_followed(town: TownSystem) -> None:
    elsewhere = TownSystem()
    town.behave = answers(307, Location=elsewhere.url)
    answer = call(town).post("k", BODY)
    elsewhere.stop()
    assert (answer.status, answer.taken) == (307, False)
    assert elsewhere.calls == []


def test_when_to_come_back_is_read_in_seconds(town: TownSystem) -> None:
    town.behave = answers(429, Retry_After="120")
    assert call(town).post("k", BODY).after == 120


@pytest.mark.parametrize(("hours", "least", "most"), [(1, 3000, 3600), (-1, 0, 0)])
def test_when_to_come_back_is_read_as_a_date(town: TownSystem, hours: int, least: float, most: float) -> None:
    moment = datetime.now(UTC) + timedelta(hours=hours)
    town.behave = answers(429, Retry_After=format_datetime(moment, usegmt=True))
    after = call(town).post("k", BODY).after
    assert after is not None
    assert least <= after <= most


@pytest.mark.parametrize("given", ["soon", "-5", "9" * 40, "١٢", "", "Fri, 99 Nov 2026 20:00:00 GMT"])
def test_nonsense_about_when_to_come_back_means_nothing(town: TownSystem, given: str) -> None:
    town.behave = answers(503, Retry_After=given.encode().decode("latin-1"))
    answer = call(town).post("k", BODY)
    assert (answer.status, answer.after) == (503, None)


def test_who_hangs_up_or_is_not_there_gave_no_answer(town: TownSystem) -> None:
    town.behave = town_system.hangs_up
    assert call(town).post("k", BODY).reason == "no_answer"
    town.stop()
    assert call(town).post("k", BODY).reason == "no_answer"
    town.stop = lambda: None  # type: ignore[method-assign]


def test_a_body_without_end_is_not_read(town: TownSystem) -> None:
    town.behave = town_system.rambles
    assert call(town, seconds=30).post("k", BODY).taken


def _never(free: threading.Event) -> Behaviour:
    return lambda _: free.wait(60) and None


@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_a_call_is_over_in_time(town: TownSystem, how: str) -> None:
    free = threading.Event()
    town.behave = _never(free) if how == "hangs" else town_system.drips
    answer = call(town, seconds=0.3).post("k", BODY)
    free.set()
    assert (answer.status, answer.reason) == (None, "too_late")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://[::ffff:127.0.0.1]/x",
        "https://10.1.2.3/x", "https://169.254.169.254/latest/meta-data", "https://0.0.0.0/", "https://2130706433/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[fd00::1]/", "https://224.0.0.1/", "https://100.64.0.1/",
    ],
)  # fmt: skip
def test_nothing_is_called_that_is_not_public(url: str) -> None:
    assert Webhook(url, SECRET).post("k", BODY).reason == "not_public"


def test_a_name_that_was_pointed_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, town: TownSystem) -> None:
    port = int(town.url.split(":")[2].split("/")[0])
    there = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [there])
    assert Webhook(f"https://cad.example:{port}/", SECRET, loopback=True).post("k", BODY).reason == "not_public"
    assert town.calls == []


def test_a_demo_calls_this_machine_and_nothing_else_without_https(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="https"):
        Webhook("http://127.0.0.1:8000/", SECRET)
    with pytest.raises(ValueError, match="https"):
        Webhook("http://cad.example/", SECRET, loopback=True)
    outside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [outside])
    assert Webhook("http://localhost/", SECRET, loopback=True).post("k", BODY).reason == "not_public"


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert Webhook("https://cad.example/", SECRET).post("k", BODY).reason == "no_such_name"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("192.168.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::a00:1", False),
        ("fe80::1", False),
        ("240.0.0.1", False),
        ("ff02::1", False),
        ("::", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.fixture
def papers(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a key and a certificate that signs itself, for one address."""

    def make(address: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "town")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        path = tmp_path / f"{address}.pem"
        plain = serialization.NoEncryption()
        pem = serialization.Encoding.PEM
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
        )  # fmt: skip
        return path

    return make


@pytest.mark.parametrize(("named", "trusted", "taken"), [
    ("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.2", True, False),
])  # fmt: skip
def test_https_asks_who_is_there(papers: Callable[[str], Path], named: str, trusted: bool, taken: bool) -> None:
    path = papers(named)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(path)
    town = TownSystem(context=served)
    trusting = ssl.create_default_context(cafile=str(path)) if trusted else None
    answer = Webhook(town.url, SECRET, loopback=True, context=trusting).post("k", BODY)
    town.stop()
    assert answer.taken is taken
    assert taken or answer.reason == "tls"
    assert len(town.calls) == int(taken)
