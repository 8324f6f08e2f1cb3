"""Apps with codes, codes on paper, half-open log-ins: each once, in time, for its owner alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from pyotp import TOTP
from sqlalchemy import select

from gateway import challenges, credentials, devices, log_ins
from gateway.db import Database
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import AuditEntry, Challenge, LogIn, RecoveryCode, Responder, TotpSecret
from gateway.settings import Settings
from tests.console.conftest import PASSWORD

pytestmark = pytest.mark.slow


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return settings.keys


@pytest.fixture
def ana(database: Database, now: datetime) -> Responder:
    with database.begin() as session:
        return log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, now)


@pytest.fixture
def ben(database: Database, now: datetime) -> Responder:
    with database.begin() as session:
        return log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, now)


def code_at(secret: str, at: datetime) -> str:
    return TOTP(secret).at(at)


@pytest.fixture
def secret(database: Database, keys: Keys, ana: Responder, now: datetime) -> str:
    """Ana's app, set up an hour ago."""
    before = now - timedelta(hours=1)
    with database.begin() as session:
        token, made = credentials.totp_begin(session, keys, ana, before)
        assert credentials.totp_confirm(session, keys, ana, token, code_at(made, before), before)
    return made


def shows(database: Database, keys: Keys, who: Responder, code: str, at: datetime) -> bool:
    with database.begin() as session:
        return credentials.totp_check(session, keys, who.id, code, at)


def test_each_code_counts_once(database: Database, keys: Keys, ana: Responder, secret: str, now: datetime) -> None:
    code = code_at(secret, now)
    assert shows(database, keys, ana, code, now)
    assert not shows(database, keys, ana, code, now)
    assert not shows(database, keys, ana, code, now + timedelta(seconds=30))


def test_an_earlier_code_is_worth_nothing_after_a_later_one(
    database: Database, keys: Keys, ana: Responder, secret: str, now: datetime
) -> None:
    earlier = code_at(secret, now - timedelta(seconds=30))
    assert shows(database, keys, ana, code_at(secret, now), now)
    assert not shows(database, keys, ana, earlier, now)


@pytest.mark.parametrize(("seconds", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_off_by_one_step(
    database: Database, keys: Keys, ana: Responder, secret: str, now: datetime, seconds: int, right: bool
) -> None:
    at = now.replace(second=15)
    assert shows(database, keys, ana, code_at(secret, at + timedelta(seconds=seconds)), at) == right


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "12 34 5"])
def test_what_is_no_code_is_none(
    database: Database, keys: Keys, ana: Responder, secret: str, now: datetime, code: str
) -> None:
    assert not shows(database, keys, ana, code, now)


def test_a_code_may_be_typed_with_a_space(
    database: Database, keys: Keys, ana: Responder, secret: str, now: datetime
) -> None:
    code = code_at(secret, now)
    assert shows(database, keys, ana, f" {code[:3]} {code[3:]} ", now)


def test_of_two_who_show_the_same_code_at_once_one_is_in(
    database: Database, keys: Keys, ana: Responder, secret: str, now: datetime
) -> None:
    code = code_at(secret, now)
    with ThreadPoolExecutor(4) as pool:
        right = list(pool.map(lambda _: shows(database, keys, ana, code, now), range(4)))
    assert right.count(True) == 1


def test_the_code_of_a_colleague_opens_nothing(
    database: Database, keys: Keys, ana: Responder, ben: Responder, secret: str, now: datetime
) -> None:
    assert not shows(database, keys, ben, code_at(secret, now), now)


def test_the_secret_is_sealed(database: Database, secret: str) -> None:
    with database.begin() as session:
        row = session.scalars(select(TotpSecret)).one()
        assert secret.encode() not in row.sealed
        assert secret not in str([each.detail for each in session.scalars(select(AuditEntry))])


def test_the_code_that_set_the_app_up_opens_no_log_in(
    database: Database, keys: Keys, ana: Responder, now: datetime
) -> None:
    with database.begin() as session:
        token, secret = credentials.totp_begin(session, keys, ana, now)
        code = code_at(secret, now)
        assert credentials.totp_confirm(session, keys, ana, token, code, now)
    assert not shows(database, keys, ana, code, now)


def test_an_app_that_was_not_confirmed_counts_for_nothing(
    database: Database, keys: Keys, ana: Responder, secret: str, now: datetime
) -> None:
    with database.begin() as session:
        token, another = credentials.totp_begin(session, keys, ana, now)
        assert not credentials.totp_confirm(session, keys, ana, token, "000000", now)
    assert not shows(database, keys, ana, code_at(another, now), now)
    assert shows(database, keys, ana, code_at(secret, now), now)


@pytest.mark.parametrize(("minutes", "whose", "right"), [(4, "ana", True), (5, "ana", False), (1, "ben", False)])
def test_an_app_is_confirmed_in_time_and_by_its_owner(
    database: Database, keys: Keys, ana: Responder, ben: Responder, now: datetime, minutes: int, whose: str, right: bool
) -> None:
    later, who = now + timedelta(minutes=minutes), {"ana": ana, "ben": ben}[whose]
    with database.begin() as session:
        token, secret = credentials.totp_begin(session, keys, ana, now)
        assert credentials.totp_confirm(session, keys, who, token, code_at(secret, later), later) == right
        assert credentials.factors(session, who.id).totp == right


def test_five_wrong_codes_end_the_setting_up(database: Database, keys: Keys, ana: Responder, now: datetime) -> None:
    with database.begin() as session:
        token, secret = credentials.totp_begin(session, keys, ana, now)
        for _ in range(5):
            assert not credentials.totp_confirm(session, keys, ana, token, "000000", now)
        assert not credentials.totp_confirm(session, keys, ana, token, code_at(secret, now), now)


def test_ten_codes_on_paper_each_once(database: Database, ana: Responder, ben: Responder, now: datetime) -> None:
    with database.begin() as session:
        codes = credentials.recovery_make(session, ana, now)
        assert len(set(codes)) == 10
        kept = {row.code_hash for row in session.scalars(select(RecoveryCode))}
        assert not kept & set(codes)
        assert not credentials.recovery_use(session, ben.id, codes[0], now)
        assert credentials.recovery_use(session, ana.id, codes[0].upper().replace("-", " "), now)
        assert not credentials.recovery_use(session, ana.id, codes[0], now)
        assert credentials.factors(session, ana.id).codes == 9
        credentials.recovery_make(session, ana, now)
        assert not credentials.recovery_use(session, ana.id, codes[1], now)


def test_the_last_factor_stays_where_one_is_required(
    database: Database, ana: Responder, secret: str, now: datetime
) -> None:
    with database.begin() as session, pytest.raises(Refused, match="last_factor"):
        credentials.totp_remove(session, ana, now, required=True)
    with database.begin() as session:
        credentials.totp_remove(session, ana, now, required=False)
        assert not credentials.factors(session, ana.id).any


def test_a_password_alone_opens_nothing_for_who_has_a_factor(
    database: Database, ana: Responder, secret: str, now: datetime
) -> None:
    with database.begin() as session, pytest.raises(Refused, match="second_factor_needed"):
        log_ins.log_in(session, ana.email, PASSWORD, now)


def test_a_half_log_in_is_ended_once_and_in_time(database: Database, ana: Responder, now: datetime) -> None:
    with database.begin() as session:
        half = log_ins.begin(session, ana.email, PASSWORD, now)
        assert log_ins.responder_of(session, half, now) is None
        late = log_ins.begin(session, ana.email, PASSWORD, now)
        token = log_ins.enter(session, half, log_ins.TOTP, now + timedelta(minutes=4))
        assert log_ins.responder_of(session, token, now + timedelta(minutes=4)) is not None
        assert session.scalars(select(LogIn.strength)).one() == "totp"
        for challenge, at in ((half, now), (late, now + timedelta(minutes=5)), ("nonsense", now)):
            with pytest.raises(Refused, match="log_in_needed"):
                log_ins.enter(session, challenge, log_ins.TOTP, at)


def test_who_was_sent_away_meanwhile_does_not_come_in(database: Database, ana: Responder, now: datetime) -> None:
    with database.begin() as session:
        half = log_ins.begin(session, ana.email, PASSWORD, now)
        session.get_one(Responder, ana.id).active = False
        session.flush()
        with pytest.raises(Refused):
            log_ins.enter(session, half, log_ins.TOTP, now)


def test_a_challenge_is_for_one_purpose(database: Database, keys: Keys, ana: Responder, now: datetime) -> None:
    with database.begin() as session:
        token, _ = credentials.totp_begin(session, keys, ana, now)
        with pytest.raises(Refused):
            log_ins.enter(session, token, log_ins.TOTP, now)


def test_what_is_over_is_forgotten_after_a_day(database: Database, ana: Responder, now: datetime) -> None:
    with database.begin() as session:
        log_ins.begin(session, ana.email, PASSWORD, now)
        log_ins.begin(session, ana.email, PASSWORD, now + timedelta(days=1, minutes=6))
        assert len(session.scalars(select(Challenge)).all()) == 1


def test_failures_are_counted_over_all_half_log_ins_and_apart_in_a_known_browser(
    database: Database, ana: Responder, now: datetime
) -> None:
    with database.begin() as session:
        device, _ = devices.seen(session, "", ana, now)
        for known in (None, None, device):
            token = log_ins.begin(session, ana.email, PASSWORD, now, known)
            row = challenges.find(session, token, challenges.SECOND_FACTOR, now)
            assert row is not None
            row.attempts = 4
        session.flush()
        assert challenges.failures(session, ana.id, None, now) == 8
        assert challenges.failures(session, ana.id, device.id, now) == 4
        assert challenges.failures(session, ana.id, None, now + timedelta(hours=1)) == 0


def test_a_browser_is_known_to_its_account_alone(
    database: Database, ana: Responder, ben: Responder, now: datetime
) -> None:
    with database.begin() as session:
        device, token = devices.seen(session, "", ana, now)
        assert devices.find(session, token, ana.email, now) == device
        assert devices.find(session, token, ben.email, now) is None
        assert devices.seen(session, token, ana, now) == (device, token)
        assert devices.find(session, token, ana.email, now + devices.KNOWN_FOR) is None
        log_ins.revoke_all(session, ana.id, now)
        assert devices.find(session, token, ana.email, now) is None


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("curl/8 +15555550111", None),
    ],
)
def test_of_a_browser_its_name_alone_is_kept(user_agent: str, name: str | None) -> None:
    assert devices.browser(user_agent) == name
