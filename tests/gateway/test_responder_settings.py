"""What the responder's side is set with: a second factor, pushes, the town's log-in, a dispatch webhook."""

import json
import stat
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.keys import demo_keys, is_vapid_key, make_vapid_key
from gateway.settings import Settings, read
from tests.gateway.test_settings import STORES, production

SECRET = "d" * 32
WEBHOOK = {"FRONTDOOR_DISPATCH_WEBHOOK": "https://cad.example/door", "FRONTDOOR_DISPATCH_SECRET": SECRET}
OIDC = {
    "FRONTDOOR_OIDC_ISSUER": "https://login.example",
    "FRONTDOOR_OIDC_CLIENT_ID": "door",
    "FRONTDOOR_OIDC_CLIENT_SECRET": "quetzal",
}


def demo(folder: Path, **more: str) -> Settings:
    return read(STORES | {"FRONTDOOR_VAR": str(folder)} | more)


def test_production_asks_for_a_second_factor_and_takes_no_less() -> None:
    assert read(production()).second_factor == "required"
    assert read(production() | {"FRONTDOOR_SECOND_FACTOR": "required"}).second_factor == "required"
    for other in ("offered", "none"):
        with pytest.raises(SettingsError, match="FRONTDOOR_SECOND_FACTOR"):
            read(production() | {"FRONTDOOR_SECOND_FACTOR": other})


def test_a_demo_offers_it_and_can_ask_for_it(tmp_path: Path) -> None:
    assert demo(tmp_path).second_factor == "offered"
    assert demo(tmp_path, FRONTDOOR_SECOND_FACTOR="required").second_factor == "required"


def test_a_demo_has_a_key_for_pushes_that_stays(tmp_path: Path) -> None:
    first, again = demo(tmp_path), demo(tmp_path)
    assert first.vapid_key is not None
    assert is_vapid_key(first.vapid_key)
    assert again.vapid_key == first.vapid_key
    assert first.vapid_key not in repr(first)


def test_a_file_of_before_gets_the_key_that_it_lacks_and_keeps_its_own(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    before = demo_keys(path)
    old = {name: key for name, key in before.items() if name != "vapid_key"}
    path.write_text(json.dumps(old))
    after = demo_keys(path)
    assert {name: after[name] for name in old} == old
    assert is_vapid_key(after["vapid_key"])
    assert demo_keys(path) == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_production_sends_no_push_without_a_key() -> None:
    assert read(production()).vapid_key is None
    key = make_vapid_key()
    settings = read(production() | {"FRONTDOOR_VAPID_KEY": key, "FRONTDOOR_VAPID_CONTACT": "mailto:door@town.example"})
    assert (settings.vapid_key, settings.vapid_contact) == (key, "mailto:door@town.example")


def test_the_towns_log_in_and_the_webhook_are_read() -> None:
    settings = read(production() | OIDC | WEBHOOK)
    assert settings.oidc is not None
    assert (settings.oidc.issuer, settings.oidc.client_id) == ("https://login.example", "door")
    assert (settings.dispatch_webhook, settings.dispatch_secret) == ("https://cad.example/door", SECRET)
    assert "quetzal" not in repr(settings)
    assert SECRET not in repr(settings)
    assert read(production()).oidc is None


@pytest.mark.parametrize("left_out", [*OIDC, *WEBHOOK, "FRONTDOOR_VAPID_KEY", "FRONTDOOR_VAPID_CONTACT"])
def test_what_belongs_together_is_set_together(left_out: str) -> None:
    pushes = {"FRONTDOOR_VAPID_KEY": make_vapid_key(), "FRONTDOOR_VAPID_CONTACT": "mailto:door@town.example"}
    given = production() | OIDC | WEBHOOK | pushes
    with pytest.raises(SettingsError, match=f"{left_out} is not set"):
        read({name: value for name, value in given.items() if name != left_out})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRONTDOOR_OIDC_ISSUER", "http://login.example"),
        ("FRONTDOOR_OIDC_ISSUER", "http://127.0.0.1:9000"),
        ("FRONTDOOR_OIDC_ISSUER", "login.example"),
        ("FRONTDOOR_DISPATCH_WEBHOOK", "https://user:word@cad.example/door"),
        ("FRONTDOOR_DISPATCH_WEBHOOK", "https://"),
        ("FRONTDOOR_DISPATCH_WEBHOOK", "https://cad.example:port/"),
        ("FRONTDOOR_DISPATCH_WEBHOOK", "ftp://cad.example/door"),
        ("FRONTDOOR_DISPATCH_SECRET", "short"),
        ("FRONTDOOR_VAPID_KEY", "not-a-key"),
        ("FRONTDOOR_VAPID_KEY", "A" * 43),  # zero is no scalar
        ("FRONTDOOR_VAPID_CONTACT", "door@town.example"),
    ],
)
def test_wrong_values_are_named(name: str, value: str) -> None:
    pushes = {"FRONTDOOR_VAPID_KEY": make_vapid_key(), "FRONTDOOR_VAPID_CONTACT": "mailto:door@town.example"}
    with pytest.raises(SettingsError, match=f"{name} must"):
        read(production() | OIDC | WEBHOOK | pushes | {name: value})


def test_a_demo_may_speak_to_this_machine_without_https(tmp_path: Path) -> None:
    settings = demo(tmp_path, **OIDC | {"FRONTDOOR_OIDC_ISSUER": "http://127.0.0.1:9000"})
    assert settings.oidc is not None
    with pytest.raises(SettingsError, match="FRONTDOOR_OIDC_ISSUER"):
        demo(tmp_path, **OIDC | {"FRONTDOOR_OIDC_ISSUER": "http://login.example"})


def test_how_many_proxies_stand_before_us_is_a_number() -> None:
    assert read(production()).proxies == 0
    assert read(production() | {"FRONTDOOR_PROXIES": "1"}).proxies == 1
    for other in ("-1", "10", "one", "1.0", "٢"):
        with pytest.raises(SettingsError, match="FRONTDOOR_PROXIES"):
            read(production() | {"FRONTDOOR_PROXIES": other})
