"""The environment, read once and checked at start; everything that is missing or wrong is listed at once."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import SettingsError
from gateway.keys import Keys, demo_keys, is_vapid_key

ACCOUNT_SID = re.compile(r"^AC[0-9a-f]{32}$")
E164 = re.compile(r"^\+[1-9]\d{6,14}$")
DEMO_NUMBER = "+15555550100"
BOT_URL = re.compile(r"^https?://[^\s,/:@]+(:\d{1,5})?/?$")
CONTACT = re.compile(r"^mailto:[^\s@:]+@[^\s@:]+$")
OIDC = ("FRONTDOOR_OIDC_ISSUER", "FRONTDOOR_OIDC_CLIENT_ID", "FRONTDOOR_OIDC_CLIENT_SECRET")
PROXIES = re.compile(r"[0-9]")
DEFAULT_BOT_URL = "http://127.0.0.1:5005"
NOWHERE = "http://127.0.0.1:9"  # the discard port
SHORTEST_SECRET = 16
SHORTEST_WEBHOOK_SECRET = 32
REQUIRED, OFFERED = "required", "offered"
DEMO_CONTACT = "mailto:demo@frontdoor.local"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Oidc:
    """The town's own log-in (OpenID Connect): who issues, and as whom we ask."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All configuration, frozen. Build it with :func:`read`; tests may build it directly.

    ``second_factor`` is ``required`` or ``offered``. ``vapid_key`` signs pushes to the browsers of responders, for
    which ``vapid_contact`` answers; ``push_loopback`` lets them go to this machine, for tests. ``oidc`` is the town's
    own log-in. ``proxies`` is how many proxies of ours stand before us, each of which writes into ``X-Forwarded-For``
    who came to it. ``dispatch_webhook`` is where the steps of a dispatch are posted, signed with ``dispatch_secret``.
    """

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
    second_factor: str = OFFERED
    proxies: int = 0
    vapid_key: str | None = field(default=None, repr=False)
    vapid_contact: str | None = None
    push_loopback: bool = False
    oidc: Oidc | None = None
    dispatch_webhook: str | None = None
    dispatch_secret: str | None = field(default=None, repr=False)

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
    mode, port, var = _mode(environ), _port(environ), Path(environ.get("FRONTDOOR_VAR", "var")).resolve()
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
        second_factor=environ.get("FRONTDOOR_SECOND_FACTOR") or (OFFERED if mode == "demo" else REQUIRED),
        proxies=int(environ.get("FRONTDOOR_PROXIES") or 0),
        vapid_key=environ.get("FRONTDOOR_VAPID_KEY") or secrets.get("vapid_key"),
        vapid_contact=environ.get("FRONTDOOR_VAPID_CONTACT") or (DEMO_CONTACT if mode == "demo" else None),
        push_loopback=environ.get("FRONTDOOR_PUSH_LOOPBACK") == "1",
        oidc=_oidc(environ),
        dispatch_webhook=environ.get("FRONTDOOR_DISPATCH_WEBHOOK") or None,
        dispatch_secret=environ.get("FRONTDOOR_DISPATCH_SECRET") or None,
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


def _mode(environ: Mapping[str, str]) -> str:
    mode = environ.get("FRONTDOOR_MODE", "demo")
    if mode not in {"demo", "production"}:
        raise SettingsError([f"FRONTDOOR_MODE is {mode!r}; it must be 'demo' or 'production'"])
    return mode


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("FRONTDOOR_PORT", "8080")
    return int(text) if text.isdigit() and 0 < int(text) < 65536 else 0  # noqa: PLR2004 - the range of TCP ports


def _faults(mode: str, environ: Mapping[str, str]) -> list[str]:
    faults = [f"{name} is not set" for name in ("DATABASE_URL", "REDIS_URL") if not environ.get(name)]
    bots = listed(environ.get("FRONTDOOR_BOT_URL", DEFAULT_BOT_URL))
    if not bots or not all(BOT_URL.match(url) for url in bots):
        faults.append("FRONTDOOR_BOT_URL must be one http:// address, or several with commas between them")
    if not PROXIES.fullmatch(environ.get("FRONTDOOR_PROXIES") or "0"):
        faults.append("FRONTDOOR_PROXIES must be the number of proxies before us, from 0 to 9")
    faults += [*_second_factor_faults(mode, environ), *_push_faults(environ), *_outside_faults(mode, environ)]
    return faults + (_demo_faults(environ) if mode == "demo" else _production_faults(environ))


def _second_factor_faults(mode: str, environ: Mapping[str, str]) -> list[str]:
    wanted = environ.get("FRONTDOOR_SECOND_FACTOR") or REQUIRED
    if wanted not in {REQUIRED, OFFERED}:
        return [f"FRONTDOOR_SECOND_FACTOR is {wanted!r}; it must be 'required' or 'offered'"]
    if mode == "production" and wanted != REQUIRED:
        return ["FRONTDOOR_SECOND_FACTOR must be 'required' in production: a password alone opens no console there"]
    return []


def _push_faults(environ: Mapping[str, str]) -> list[str]:
    faults = _together(environ, ["FRONTDOOR_VAPID_KEY", "FRONTDOOR_VAPID_CONTACT"])
    if (key := environ.get("FRONTDOOR_VAPID_KEY")) and not is_vapid_key(key):
        faults.append("FRONTDOOR_VAPID_KEY must be a P-256 private key as base64url; .env.example says how to make one")
    if (contact := environ.get("FRONTDOOR_VAPID_CONTACT")) and not CONTACT.match(contact):
        faults.append("FRONTDOOR_VAPID_CONTACT must be an address like mailto:door@town.example")
    return faults


def _outside_faults(mode: str, environ: Mapping[str, str]) -> list[str]:
    faults = _together(environ, OIDC) + _together(environ, ["FRONTDOOR_DISPATCH_WEBHOOK", "FRONTDOOR_DISPATCH_SECRET"])
    for name in ("FRONTDOOR_OIDC_ISSUER", "FRONTDOOR_DISPATCH_WEBHOOK"):
        if (url := environ.get(name)) and not _safe_url(url, loopback=mode == "demo"):
            faults.append(f"{name} must be an https:// address with no user or password in it")
    secret = environ.get("FRONTDOOR_DISPATCH_SECRET")
    if secret and len(secret) < SHORTEST_WEBHOOK_SECRET:
        faults.append(f"FRONTDOOR_DISPATCH_SECRET must have at least {SHORTEST_WEBHOOK_SECRET} characters")
    return faults


def _together(environ: Mapping[str, str], names: Sequence[str]) -> list[str]:
    missing = [name for name in names if not environ.get(name)]
    if len(missing) in {0, len(names)}:
        return []
    return [f"{name} is not set; {', '.join(names)} are set together or not at all" for name in missing]


def _safe_url(url: str, *, loopback: bool) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.hostname is not None and parts.port != 0
    except ValueError:
        return False
    scheme = parts.scheme == "https" or (loopback and parts.scheme == "http" and parts.hostname in LOOPBACK)
    return known and scheme and "@" not in parts.netloc and not parts.fragment and not re.search(r"[\s\\]", url)


def _oidc(environ: Mapping[str, str]) -> Oidc | None:
    issuer, client_id, secret = (environ.get(name) for name in OIDC)
    return Oidc(issuer, client_id, secret) if issuer and client_id and secret else None


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

DEMO_ONLY = {
    "FRONTDOOR_TWILIO_API_URL": "FRONTDOOR_TWILIO_API_URL points at a stand-in; it is for demo mode only",
    "FRONTDOOR_PUSH_LOOPBACK": "FRONTDOOR_PUSH_LOOPBACK lets pushes go to this machine; it is for demo mode only",
}


def _production_faults(environ: Mapping[str, str]) -> list[str]:
    names = [*PRODUCTION_SECRETS.values(), "TWILIO_NUMBER", "FRONTDOOR_PUBLIC_URL", "FRONTDOOR_COMMUNITY"]
    faults = [f"{name} is not set" for name in names if not environ.get(name)]
    faults += [told for name, told in DEMO_ONLY.items() if environ.get(name)]
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
