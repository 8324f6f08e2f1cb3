"""What each forgery of a Twilio webhook gets: S1-S8 of the security checklist."""

import secrets
from itertools import permutations
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gateway.db import Database
from gateway.models import Message
from gateway.settings import Settings
from tests.conftest import ACCOUNT_SID, Phone


def stored(database: Database) -> int:
    with database.begin() as session:
        return session.scalar(select(func.count()).select_from(Message).where(Message.direction == "in")) or 0


def test_a_proper_text_is_taken(phone: Phone, database: Database) -> None:
    answer = phone.text("hola")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert stored(database) == 1


def test_every_token_in_the_overlap_is_good(phone: Phone, database: Database) -> None:
    assert phone.post(phone.form("one"), token=0).status_code == 200
    assert phone.post(phone.form("two"), token=1).status_code == 200
    assert stored(database) == 2


@pytest.mark.parametrize("signature", [None, "", "x", "ä" * 28, "A" * 27 + "=", "A" * 5000])
def test_s1_a_bad_signature(phone: Phone, client: FlaskClient, database: Database, signature: str | None) -> None:
    headers = {} if signature is None else {"X-Twilio-Signature": signature.encode().decode("latin-1")}
    answer = client.post("/sms/inbound", data=phone.form("hi"), headers=headers)
    assert answer.status_code == 403
    assert stored(database) == 0


def test_s1_an_unknown_algorithm(phone: Phone, client: FlaskClient) -> None:
    headers = {"X-Twilio-Signature": "A" * 28, "X-Twilio-Webhooks-Signature-Settings": "algorithm=NONE"}
    assert client.post("/sms/inbound", data=phone.form("hi"), headers=headers).status_code == 403


def signature_for(phone: Phone, settings: Settings, form: Any, path: str = "/sms/inbound") -> dict[str, str]:
    from twilio.request_validator import RequestValidator  # noqa: PLC0415

    made = RequestValidator(settings.twilio_auth_tokens[0]).compute_signature(settings.public_url + path, form)
    return {"X-Twilio-Signature": made}


def test_s2_any_change_breaks_it(phone: Phone, settings: Settings, client: FlaskClient, database: Database) -> None:
    form = phone.form("hello there")
    headers = signature_for(phone, settings, form)
    changed = [form | {name: form[name] + "x"} for name in form]
    changed += [{k: v for k, v in form.items() if k != name} for name in form]
    changed += [form | {"Extra": "1"}, form | {"Body": "Hello there"}, form | {"Body": "hello there "}]
    for forged in changed:
        assert client.post("/sms/inbound", data=forged, headers=headers).status_code == 403
    assert stored(database) == 0


def test_s3_resplit_fields_have_the_same_signature_and_are_refused(
    phone: Phone, settings: Settings, client: FlaskClient, database: Database
) -> None:
    form = phone.form("hi") | {"MessagingServiceSid": "MG" + "0" * 32}
    headers = signature_for(phone, settings, form)
    tried = 0
    for first, second in permutations(form, 2):
        if sorted(form).index(second) != sorted(form).index(first) + 1:
            continue
        merged = {k: v for k, v in form.items() if k != second}
        merged[first] = form[first] + second + form[second]
        answer = client.post("/sms/inbound", data=merged, headers=headers)
        if first in {"MessageSid", "AccountSid", "From", "To"} or second in {"MessageSid", "AccountSid", "From", "To"}:
            tried += 1
            assert answer.status_code == 400, (first, second)
    assert tried >= 4
    with database.begin() as session:
        sids = session.scalars(select(Message.provider_id).where(Message.direction == "in")).all()
    assert set(sids) <= {form["MessageSid"]}


def test_s3_a_repeated_field(phone: Phone, settings: Settings, client: FlaskClient) -> None:
    form = phone.form("hi")
    headers = signature_for(phone, settings, form)
    doubled = [*form.items(), ("Body", "hi")]
    from urllib.parse import urlencode  # noqa: PLC0415

    answer = client.post(
        "/sms/inbound", data=urlencode(doubled), headers=headers, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"MessageSid": "SM" + "0" * 31},
        {"MessageSid": "SM" + "G" * 32},
        {"MessageSid": "XX" + "0" * 32},
        {"AccountSid": "AC" + "f" * 32},
        {"From": "not a number"},
        {"From": "+0155"},
        {"To": ""},
        {"From": "+1555555011a"},
    ],
)
def test_s3_malformed_fields_even_when_signed(phone: Phone, change: dict[str, str], database: Database) -> None:
    assert phone.post(phone.form("hi") | change).status_code == 400
    assert stored(database) == 0


def test_a_short_code_may_write(phone: Phone) -> None:
    assert phone.post(phone.form("hi") | {"From": "22395"}).status_code == 200


def test_s4_a_replay_gets_the_same_answer_and_no_row(phone: Phone, database: Database) -> None:
    form = phone.form("i took all my pills")
    first, second = phone.post(form), phone.post(form)
    assert first.data == second.data
    assert b"911" in first.data
    assert stored(database) == 1


def test_s5_the_host_header_has_no_say(phone: Phone, settings: Settings, client: FlaskClient) -> None:
    form = phone.form("hi")
    headers = signature_for(phone, settings, form) | {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert client.post("/sms/inbound", data=form, headers=headers).status_code == 200
    from twilio.request_validator import RequestValidator  # noqa: PLC0415

    forged = RequestValidator(settings.twilio_auth_tokens[0]).compute_signature("http://evil.example/sms/inbound", form)
    headers = {"Host": "evil.example", "X-Twilio-Signature": forged}
    assert client.post("/sms/inbound", data=phone.form("hi"), headers=headers).status_code == 403


def test_s6_only_a_posted_form(phone: Phone, settings: Settings, client: FlaskClient) -> None:
    empty = signature_for(phone, settings, {})
    form = phone.form("hi")
    assert client.post("/sms/inbound", json=form, headers=empty).status_code == 415
    assert client.post("/sms/inbound", data=form, headers=empty, content_type="multipart/form-data").status_code == 415
    assert client.get("/sms/inbound").status_code == 405
    assert client.post("/sms/inbound?Body=x", data=form, headers=empty).status_code == 400
    assert client.put("/sms/inbound", data=form).status_code == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"Body=" + b"x" * (64 * 1024), 413),
        (b"x" * 2_000_000, 413),
        (b"&".join(b"a%d=1" % index for index in range(10_000)), 413),
        (b"&".join(b"a%d=1" % index for index in range(5_000)), 400),
        (b"&" * 60_000, 400),
    ],
)
def test_s7_large_bodies_are_refused_before_the_signature(client: FlaskClient, body: bytes, status: int) -> None:
    kind = "application/x-www-form-urlencoded"
    assert client.post("/sms/inbound", data=body, content_type=kind).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        "a\x00b",
        "\ufeffhola",
        "\u202egnp.exe",
        "😀" * 1600,
        "e\u0301" * 400,
        "\u200b\u200c",
        "   ",
        "",
        "\\",
        "'; DROP TABLE",
    ],
)
def test_s8_any_text_is_stored(phone: Phone, database: Database, body: str) -> None:
    answer = phone.text(body)
    assert answer.status_code == 200
    with database.begin() as session:
        message = session.scalars(select(Message).where(Message.direction == "in")).one()
    assert (message.raw.decode() if message.raw else message.text) == body


def test_s8_bytes_that_are_no_utf8(phone: Phone, settings: Settings, client: FlaskClient, database: Database) -> None:
    form = phone.form("%FF%FE")
    headers = signature_for(phone, settings, form)
    rest = "&".join(f"{k}={v.replace('+', '%2B')}" for k, v in form.items() if k != "Body")
    kind = "application/x-www-form-urlencoded"
    assert (
        client.post("/sms/inbound", data=rest + "&Body=%FF%FE", headers=headers, content_type=kind).status_code == 200
    )
    assert stored(database) == 1


def test_media_without_words_is_kept_and_answered(phone: Phone, database: Database) -> None:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
    answer = phone.text("", NumMedia="1", MediaUrl0=url, MediaContentType0="image/jpeg")
    assert "<Message>" in answer.text
    with database.begin() as session:
        message = session.scalars(select(Message).where(Message.direction == "in")).one()
    assert message.media == [{"url": url, "host_ok": True, "type": "image/jpeg", "state": "quarantined"}]


def test_status_is_guarded_as_well(client: FlaskClient, phone: Phone) -> None:
    form = {"MessageSid": "SM" + secrets.token_hex(16), "MessageStatus": "delivered"}
    assert client.post("/sms/status", data=form).status_code == 403
    full = phone.form("") | {"MessageStatus": "delivered"}
    assert phone.post(full, "/sms/status").status_code == 204
