"""The environment, read once and checked at start; everything that is missing or wrong is listed at once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import SettingsError
from gateway.keys import Keys, demo_keys

ACCOUNT_SID = re.compile(r"^AC[0-9a-f]{32}$")
E164 = re.compile(r"^\+[1-9]\d{6,14}$")
DEMO_NUMBER = "+15555550100"
BOT_URL = re.compile(r"^https?://[^\s,/:@]+(:\d{1,5})?/?$")
DEFAULT_BOT_URL = "http://127.0.0.1:5005"
NOWHERE = "http://127.0.0.1:9"  # the discard port
SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Settings:
    """All configuration, frozen. Build it with :func:`read`; tests may build it directly."""

    mode: str
    var: Path
    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    twilio_account_sid: str
    twilio_auth_tokens: tuple[str, ...] = field(repr=False)
    twilio_number: str
    twilio_api_url: str | None
    bot_url: str
    bot_secret: str = field(repr=False)
    keys: Keys
    community_file: Path | None
    sentry_dsn: str | None = field(repr=False)

    @property
    def demo(self) -> bool:
        """True when everything runs on this machine against the local Twilio stand-in."""
        return self.mode == "demo"

    @property
    def bot_urls(self) -> tuple[str, ...]:
        """The address of each Rasa process; ``bot_url`` may name several, with commas."""
        return tuple(url.rstrip("/") for url in listed(self.bot_url))


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the environment.

    Raises :class:`SettingsError` with every fault at once. In demo mode keys and Twilio credentials are made on
    the first run and kept in ``<var>/keys.json`` (mode 600); in production nothing has a default secret.
    """
    mode = environ.get("FRONTDOOR_MODE", "demo")
    if mode not in {"demo", "production"}:
        raise SettingsError([f"FRONTDOOR_MODE is {mode!r}; it must be 'demo' or 'production'"])
    var = Path(environ.get("FRONTDOOR_VAR", "var")).resolve()
    port = _port(environ)
    faults = _faults(mode, environ) + ([] if port else ["FRONTDOOR_PORT must be a number between 1 and 65535"])
    if faults:
        raise SettingsError(faults)
    secrets = _demo_secrets(var) if mode == "demo" else _production_secrets(environ)
    return Settings(
        mode=mode,
        var=var,
        host=environ.get("FRONTDOOR_HOST", "127.0.0.1"),
        port=port,
        public_url=environ.get("FRONTDOOR_PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        database_url=sqlalchemy_url(environ["DATABASE_URL"]),
        redis_url=environ["REDIS_URL"],
        twilio_account_sid=secrets["account_sid"],
        twilio_auth_tokens=listed(secrets["auth_tokens"]),
        twilio_number=environ.get("TWILIO_NUMBER", DEMO_NUMBER),
        # Without a stand-in a demo sends nowhere: never to the real Twilio.
        twilio_api_url=environ.get("FRONTDOOR_TWILIO_API_URL", NOWHERE) if mode == "demo" else None,
        bot_url=environ.get("FRONTDOOR_BOT_URL", DEFAULT_BOT_URL),
        bot_secret=secrets["bot_secret"],
        keys=Keys(secrets["hash_key"], listed(secrets["seal_keys"]), secrets["cookie_key"]),
        community_file=Path(environ["FRONTDOOR_COMMUNITY"]) if environ.get("FRONTDOOR_COMMUNITY") else None,
        sentry_dsn=environ.get("SENTRY_DSN") or None,
    )


def listed(text: str) -> tuple[str, ...]:
    """A list written with commas; spaces and empty places mean nothing, and an empty key must never be one."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def sqlalchemy_url(url: str) -> str:
    """Name the driver in a plain ``postgres://`` or ``postgresql://`` address, as hosting services hand it out."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("FRONTDOOR_PORT", "8080")
    return int(text) if text.isdigit() and 0 < int(text) < 65536 else 0  # noqa: PLR2004 - the range of TCP ports


def _faults(mode: str, environ: Mapping[str, str]) -> list[str]:
    faults = [f"{name} is not set" for name in ("DATABASE_URL", "REDIS_URL") if not environ.get(name)]
    bots = listed(environ.get("FRONTDOOR_BOT_URL", DEFAULT_BOT_URL))
    if not bots or not all(BOT_URL.match(url) for url in bots):
        faults.append("FRONTDOOR_BOT_URL must be one http:// address, or several with commas between them")
    return faults + (_demo_faults(environ) if mode == "demo" else _production_faults(environ))


def _demo_faults(environ: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is set, but demo mode never uses a real Twilio account; unset it or set FRONTDOOR_MODE=production"
        for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKENS")
        if environ.get(name)
    ]


PRODUCTION_SECRETS = {
    "account_sid": "TWILIO_ACCOUNT_SID",
    "auth_tokens": "TWILIO_AUTH_TOKENS",
    "bot_secret": "FRONTDOOR_BOT_SECRET",
    "hash_key": "FRONTDOOR_HASH_KEY",
    "seal_keys": "FRONTDOOR_SEAL_KEYS",
    "cookie_key": "FRONTDOOR_COOKIE_KEY",
}


def _production_faults(environ: Mapping[str, str]) -> list[str]:
    names = [*PRODUCTION_SECRETS.values(), "TWILIO_NUMBER", "FRONTDOOR_PUBLIC_URL", "FRONTDOOR_COMMUNITY"]
    faults = [f"{name} is not set" for name in names if not environ.get(name)]
    if environ.get("FRONTDOOR_TWILIO_API_URL"):
        faults.append("FRONTDOOR_TWILIO_API_URL points at a stand-in; it is for demo mode only")
    if (sid := environ.get("TWILIO_ACCOUNT_SID")) and not ACCOUNT_SID.match(sid):
        faults.append("TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits")
    if (number := environ.get("TWILIO_NUMBER")) and not E164.match(number):
        faults.append("TWILIO_NUMBER must be in E.164 form, like +15555550100")
    if (url := environ.get("FRONTDOOR_PUBLIC_URL")) and not url.startswith("https://"):
        faults.append("FRONTDOOR_PUBLIC_URL must begin with https://")
    for name in ("FRONTDOOR_BOT_SECRET", "FRONTDOOR_COOKIE_KEY", "TWILIO_AUTH_TOKENS"):
        if any(len(part) < SHORTEST_SECRET for part in listed(environ.get(name) or "")):
            faults.append(f"{name} is too short: each must have at least {SHORTEST_SECRET} characters")
    if environ.get("TWILIO_AUTH_TOKENS") and not listed(environ["TWILIO_AUTH_TOKENS"]):
        faults.append("TWILIO_AUTH_TOKENS holds no token")
    return faults + Keys.faults(environ.get("FRONTDOOR_HASH_KEY"), environ.get("FRONTDOOR_SEAL_KEYS"))


def _production_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: environ[name] for key, name in PRODUCTION_SECRETS.items()}


def _demo_secrets(var: Path) -> dict[str, str]:
    return demo_keys(var / "keys.json")
