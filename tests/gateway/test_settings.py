"""The environment is checked at start, everything that is wrong is listed at once, and no secret has a default."""

import json
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.errors import SettingsError
from gateway.keys import Keys
from gateway.settings import read

STORES = {"DATABASE_URL": "postgres://u@h/d", "REDIS_URL": "redis://h"}


def production() -> dict[str, str]:
    return STORES | {
        "FRONTDOOR_MODE": "production",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKENS": "new-token-of-twilio, old-token-of-twilio,",
        "TWILIO_NUMBER": "+15555550100",
        "FRONTDOOR_PUBLIC_URL": "https://door.example",
        "FRONTDOOR_COMMUNITY": "community.toml",
        "FRONTDOOR_BOT_SECRET": "b" * 32,
        "FRONTDOOR_HASH_KEY": "h" * 32,
        "FRONTDOOR_SEAL_KEYS": ",".join([Fernet.generate_key().decode(), Fernet.generate_key().decode()]),
        "FRONTDOOR_COOKIE_KEY": "c" * 32,
    }


def test_demo_makes_its_own_keys_once_and_only_the_owner_may_read_them(tmp_path: Path) -> None:
    first = read(STORES | {"FRONTDOOR_VAR": str(tmp_path)})
    again = read(STORES | {"FRONTDOOR_VAR": str(tmp_path)})
    assert first == again
    kept = tmp_path / "keys.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["auth_tokens"] == first.twilio_auth_tokens[0]
    assert list(tmp_path.iterdir()) == [kept]
    assert first.database_url == "postgresql+psycopg://u@h/d"


def test_demo_refuses_real_twilio_credentials(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="demo mode never uses a real Twilio account"):
        read(STORES | {"FRONTDOOR_VAR": str(tmp_path), "TWILIO_ACCOUNT_SID": "AC" + "0" * 32})


def test_production_reads_everything_from_the_environment() -> None:
    settings = read(production())
    assert settings.twilio_auth_tokens == ("new-token-of-twilio", "old-token-of-twilio")
    assert settings.twilio_api_url is None
    assert not settings.demo


@pytest.mark.parametrize("name", [name for name in production() if name != "FRONTDOOR_MODE"])
def test_each_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read({key: value for key, value in production().items() if key != name})
    assert [fault for fault in caught.value.faults if name in fault]


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read({"FRONTDOOR_MODE": "production"})
    assert len(caught.value.faults) == len(production()) - 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRONTDOOR_MODE", "prod"),
        ("FRONTDOOR_PORT", "eighty"),
        ("FRONTDOOR_PORT", "0"),
        ("FRONTDOOR_PORT", "70000"),
        ("TWILIO_ACCOUNT_SID", "AC1"),
        ("TWILIO_NUMBER", "555"),
        ("FRONTDOOR_PUBLIC_URL", "http://door.example"),
        ("FRONTDOOR_HASH_KEY", "short"),
        ("FRONTDOOR_SEAL_KEYS", "not-a-key"),
        ("FRONTDOOR_TWILIO_API_URL", "http://127.0.0.1:1"),
    ],
)
def test_wrong_values_are_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(production() | {name: value})


def test_numbers_can_be_opened_after_a_rotation() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Keys("h" * 32, (old,), "c").seal("+15555550111")
    assert Keys("h" * 32, (new, old), "c").open(sealed) == "+15555550111"


def test_a_hash_needs_its_key() -> None:
    assert Keys("h" * 32, (), "c").hash("x") != Keys("i" * 32, (), "c").hash("x")
