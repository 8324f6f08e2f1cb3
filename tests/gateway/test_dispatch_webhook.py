"""The town's own system hears each step of a team, in order and at least once, or a person is told that it does not."""

import dataclasses
import json
import pickle
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from gateway import cli, dispatch_watch, dispatches, team_cli, webhook_body, webhook_calls, webhook_lag, worker_process
from gateway.clients.webhook import Webhook
from gateway.community_duty import OutsideSystem
from gateway.db import Database
from gateway.models import AuditEntry, Conversation, Dispatch, DispatchEvent, Responder, WebhookCall
from gateway.settings import Settings
from gateway.tokens import fingerprint
from gateway.webhook_watch import Watch
from tests.fakes import town_system
from tests.fakes.town_system import TownSystem, answers
from tests.gateway.handed import NUMBER
from tests.gateway.teams_out import HOME, Outing
from tests.gateway.test_dispatches import ana, out

__all__ = ["ana", "out"]
pytestmark = pytest.mark.slow

SECRET = "s" * 32
CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "dispatch-webhook.md"


@pytest.fixture
def town() -> Iterator[TownSystem]:
    server = TownSystem()
    yield server
    server.stop()


@pytest.fixture
def zoe(out: Outing) -> Responder:
    return out.person("Zoe Lee", "supervisor")


class Desk:
    """A worker that tells the town's own system, on the clock of the night; a pool of its own, as it has."""

    def __init__(self, out: Outing, database: Database, town: TownSystem, seconds: float = 30) -> None:
        self.out, self.town, self.told = out, town, list[int]()
        receiver = Webhook(town.url, SECRET, loopback=True, seconds=seconds)
        self.watch = Watch(
            database, out.keys, out.community, receiver, endpoint=fingerprint(town.url), source=HOME,
            announce=self.told.append, clock=lambda: out.at,
        )  # fmt: skip

    def work(self, **span: float) -> None:
        """Tell what is due after some time."""
        self.out.later(**span)
        self.watch.work()

    def calls(self) -> list[WebhookCall]:
        with self.out.database.begin() as session:
            return list(session.scalars(select(WebhookCall).order_by(WebhookCall.event_id)))

    def states(self) -> list[str]:
        return [call.state for call in self.calls()]

    def alarm(self) -> str | None:
        with self.out.database.begin() as session:
            return dispatch_watch.alarm(session, session.get_one(Dispatch, self.out.dispatch().id))[0]

    def lag(self) -> webhook_lag.Lag | None:
        with self.out.database.begin() as session:
            return webhook_lag.of_dispatch(session, self.out.dispatch().id)


@pytest.fixture
def desk(out: Outing, town: TownSystem, database: Database) -> Desk:
    return Desk(out, database, town)


# --- what is told


def test_each_step_is_told_once_and_in_order(desk: Desk, town: TownSystem, out: Outing, ana: Responder) -> None:
    out.drafted(ana)
    out.edit(ana, place="12 Oak St", place_confirmed=True, consent="given", checklist={"weapon": "no"})
    desk.work()
    assert town.calls == []  # nobody was asked to go yet
    out.send(ana)
    desk.work()
    for verb in ("accept", "go", "arrive"):
        out.press(verb)
        desk.work()
    out.edit(ana, place="14 Oak St", safety_flags=["dog"])
    desk.work()
    out.press("check_in")
    out.press("seen")
    desk.work(minutes=5)
    told = [call.told["dispatch"] for call in town.calls]
    assert [each["step"] for each in told] == ["send", "accept", "go", "arrive", "edit"]
    assert [each["state"] for each in told] == ["assigned", "accepted", "en_route", "on_scene", "on_scene"]
    assert [each["sequence"] for each in told] == sorted({each["sequence"] for each in told})
    assert [each["version"] for each in told] == [2, 2, 2, 2, 3]
    assert (told[-1]["place"]["text"], told[-1]["safety_flags"]) == ("14 Oak St", ["dog"])
    assert told[-1]["times"]["en_route"] == told[2]["times"]["en_route"] is not None
    assert len({call.key for call in town.calls}) == 5
    assert all(call.is_genuine(SECRET) and call.key == call.told["id"] for call in town.calls)
    assert set(desk.states()) == {"done"}
    assert desk.alarm() is None


def test_steps_that_come_close_together_are_told_at_once(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder
) -> None:
    out.sent(ana)
    out.press("accept")
    out.press("go", eta=10)
    desk.work()
    [call] = town.calls
    assert (call.told["dispatch"]["step"], call.told["dispatch"]["eta_minutes"]) == ("go", 10)
    assert all(call.told["dispatch"]["times"][name] for name in ("assigned", "accepted", "en_route"))


def test_as_little_is_told_as_a_team_needs(desk: Desk, town: TownSystem, out: Outing, ana: Responder) -> None:
    out.sent(ana, people="Rosa and her son", what_to_know="she is afraid of men")
    desk.work()
    [call] = town.calls
    assert not {"phone", "people", "what_to_know"} & set(call.told["dispatch"])
    said = call.body.decode()
    assert "neighbor" not in said  # nothing of the thread
    for secret in (NUMBER, NUMBER[-4:], "Rosa", "afraid", "Ana", "Nia"):
        assert secret not in said


@pytest.mark.parametrize("consent", ["given", "refused"])
@pytest.mark.parametrize("safe", ["yes", "no"])
def test_a_number_is_told_where_the_town_and_the_resident_wish_it(
    out: Outing, town: TownSystem, database: Database, ana: Responder, consent: str, safe: str
) -> None:
    wished = OutsideSystem(tell=("phone", "people"))
    out.community = out.community.model_copy(update={"outside_system": wished})
    desk = Desk(out, database, town)
    out.told(safe_to_text=safe)
    out.sent(ana, people="two", consent=consent, consent_reason=None if consent == "given" else "they may die")
    desk.work()
    told = town.calls[0].told["dispatch"]
    assert told["people"] == "two"
    assert told["phone"] == (NUMBER if (consent, safe) == ("given", "yes") else None)
    assert "what_to_know" not in told
    with out.database.begin() as session:
        dispatches.cancel(session, out.dispatch().id, ana, out.later(seconds=5))
    desk.work()
    ended = town.calls[1].told["dispatch"]
    assert (ended["state"], ended["place"]) == ("cancelled", None)
    assert not {"phone", "people"} & set(ended)


def test_the_contract_shows_what_is_told(desk: Desk, town: TownSystem, out: Outing, ana: Responder) -> None:
    out.sent(ana)
    desk.work()
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", CONTRACT.read_text(), re.DOTALL)]
    told = town.calls[0].told
    assert [set(example) for example in shown] == [set(told), {"id", "type", "source", "at"}]
    example = shown[0]["dispatch"]
    assert set(example) == set(told["dispatch"])
    for part in ("times", "place", "team"):
        assert set(example[part]) == set(told["dispatch"][part])


def test_the_check_that_the_contract_shows_works(desk: Desk, town: TownSystem, out: Outing, ana: Responder) -> None:
    out.sent(ana)
    desk.work()
    [call] = town.calls
    [code] = re.findall(r"```python\n(.*?)```", CONTRACT.read_text(), re.DOTALL)
    known: dict[str, Callable[[str, str, bytes], bool]] = {}
    exec(code, known)
    header = call.headers["Front-Door-Signature"]
    assert known["is_genuine"](SECRET, header, call.body)
    assert not known["is_genuine"]("t" * 32, header, call.body)
    assert not known["is_genuine"](SECRET, header, call.body + b" ")
    assert not known["is_genuine"](SECRET, re.sub(r"t=\d+", "t=1", header), call.body)
    assert not known["is_genuine"](SECRET, "nonsense", call.body)


# --- what goes wrong


def test_who_does_not_answer_is_called_again_with_the_same_key(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder
) -> None:
    town.behave = answers(503)
    out.sent(ana)
    desk.work()
    assert desk.states() == ["queued"]
    desk.work(seconds=7)
    assert len(town.calls) == 1
    desk.work(seconds=6)
    town.behave = town_system.hangs_up
    desk.work(seconds=37)
    assert len(town.calls) == 3
    town.behave = answers(200)
    desk.work(seconds=120)
    assert desk.states() == ["done"]
    assert len({call.key for call in town.calls}) == 1
    assert len({call.body for call in town.calls}) == 1
    assert desk.alarm() is None


def test_pauses_grow_to_six_hours_and_heed_what_is_asked() -> None:
    for attempts, about in [(1, 10), (2, 30), (3, 90), (8, 21_600), (500, 21_600)]:
        assert about * 0.8 <= webhook_calls.pause(attempts) <= about * 1.2
    assert len({webhook_calls.pause(4) for _ in range(9)}) > 1
    assert webhook_calls.pause(1, 600) == 600
    assert webhook_calls.pause(1, 1) >= 8
    assert webhook_calls.pause(1, 1e9) == 21_600


def test_too_many_calls_come_back_when_asked(desk: Desk, town: TownSystem, out: Outing, ana: Responder) -> None:
    town.behave = answers(429, Retry_After="300")
    out.sent(ana)
    desk.work()
    desk.work(seconds=299)
    assert len(town.calls) == 1
    town.behave = answers(202)
    desk.work(seconds=2)
    assert desk.states() == ["done"]


def test_a_newer_step_goes_before_one_that_did_not_get_through(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder
) -> None:
    town.behave = answers(500)
    out.sent(ana)
    desk.work()
    with out.database.begin() as session:
        dispatches.cancel(session, out.dispatch().id, ana, out.later(seconds=1))
    town.behave = answers(200)
    desk.work()  # at once: a team that must not go waits for no pause
    assert desk.states() == ["superseded", "done"]
    assert [call.told["dispatch"]["state"] for call in town.calls] == ["assigned", "cancelled"]
    desk.work(hours=7)
    assert len(town.calls) == 2


def test_a_refusal_is_final_and_told_to_people(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder, zoe: Responder
) -> None:
    town.behave = answers(422)
    out.sent(ana)
    desk.work()
    assert desk.states() == ["failed"]
    assert desk.alarm() == "outside_missed"
    assert desk.lag() == webhook_lag.Lag(version=2, lost=True)
    desk.work(hours=1)
    assert len(town.calls) == 1
    with out.database.begin() as session:
        for who in (ana, zoe):
            [asked] = dispatch_watch.alarms_for(session, session.get_one(Responder, who.id), out.at)
            assert asked[2] == "outside_missed"
    assert out.steps().count("outside_missed") == 1


def test_after_a_quarter_of_an_hour_people_are_told_and_when_it_is_over_too(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder
) -> None:
    town.behave = answers(502)
    out.sent(ana)
    out.press("accept")
    desk.work()
    assert desk.lag() == webhook_lag.Lag(version=2, lost=False)
    desk.work(minutes=14)
    assert desk.alarm() is None
    desk.work(minutes=2)
    assert desk.alarm() == "outside_missed"
    assert desk.told == [out.dispatch().conversation_id]  # open pages hear of it
    out.press("go")
    desk.work()
    assert out.steps().count("outside_missed") == 1
    town.behave = answers(200)
    desk.work(minutes=30)
    assert (desk.alarm(), desk.lag()) == (None, None)
    assert out.steps()[-1] == "outside_heard"
    assert town.calls[-1].told["dispatch"]["step"] == "go"
    with out.database.begin() as session:
        kept = list(
            session.scalars(
                select(AuditEntry.act).where(AuditEntry.act.like("dispatch_outside%")).order_by(AuditEntry.id)
            )
        )
    assert kept == ["dispatch_outside_missed", "dispatch_outside_heard"]


def test_who_looks_after_it_is_not_told_again_until_it_was_well(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder
) -> None:
    town.behave = answers(502)
    out.sent(ana)
    out.press("accept")
    desk.work(minutes=16)
    desk.work(minutes=16)
    with out.database.begin() as session:
        dispatches.note(session, out.dispatch().id, ana, out.at, "outside_missed")
    assert desk.alarm() is None
    desk.work(minutes=30)
    assert desk.alarm() is None
    town.behave = answers(200)
    desk.work(hours=2)
    town.behave = answers(400)
    out.press("go")
    desk.work()
    assert desk.alarm() == "outside_missed"


def test_a_team_that_does_not_answer_is_graver_than_a_system_that_does_not(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder
) -> None:
    town.behave = answers(400)
    out.sent(ana)
    desk.work()
    with out.database.begin() as session:
        list(dispatch_watch.overdue(session, out.community, out.later(minutes=6)))
    assert desk.alarm() == "no_answer"


def test_after_a_day_it_is_given_up(desk: Desk, town: TownSystem, out: Outing, ana: Responder) -> None:
    town.behave = answers(503)
    out.sent(ana)
    for _ in range(12):
        desk.work(hours=6)
    assert desk.states() == ["failed"]
    assert 3 <= len(town.calls) <= 5


def test_who_is_gone_is_not_called_again_before_a_test_gets_through(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.behave = answers(410)
    out.sent(ana)
    desk.work()
    out.press("accept")
    desk.work()
    assert desk.states() == ["gone", "failed"]
    assert len(town.calls) == 1
    assert desk.alarm() == "outside_missed"
    town.behave = answers(200)
    ran = run_test(settings, town, monkeypatch)
    assert (ran[0], ran[1]) == (0, "taken: 200; they are called again from now on\n")
    out.press("go")
    desk.work()
    assert [call.told["type"] for call in town.calls] == ["dispatch.changed", "ping", "dispatch.changed"]
    assert desk.alarm() is None


def test_the_worker_tells_by_itself(
    out: Outing, town: TownSystem, ana: Responder, settings: Settings, database: Database
) -> None:
    assert worker_process.outside(settings) is None
    heard = threading.Event()

    def note(handler: BaseHTTPRequestHandler) -> None:
        answers(200)(handler)
        heard.set()

    town.behave = note
    watch = worker_process.outside(dataclasses.replace(settings, dispatch_webhook=town.url, dispatch_secret=SECRET))
    assert watch is not None
    watch._clock = lambda: out.at  # by the database's, what was done at the time of this story is too old to be told
    out.sent(ana)
    watch.start()
    arrived = heard.wait(60)
    watch.stop()
    assert arrived
    [call] = town.calls
    assert (call.is_genuine(SECRET), call.told["source"]) == (True, settings.public_url)


def run_test(settings: Settings, town: TownSystem, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """``frontdoor team webhook test`` with these settings: its exit code and what it says."""
    here = dataclasses.replace(settings, dispatch_webhook=town.url, dispatch_secret=SECRET)
    monkeypatch.setattr(team_cli, "running", lambda: here)
    done = CliRunner().invoke(cli.main, ["team", "webhook", "test"])
    return done.exit_code, done.output


def test_a_signed_call_can_be_tried(
    database: Database, settings: Settings, town: TownSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_test(settings, town, monkeypatch) == (0, "taken: 200\n")
    [call] = town.calls
    assert call.is_genuine(SECRET)
    assert set(call.told) == {"id", "type", "source", "at"}
    town.behave = answers(401)
    code, said = run_test(settings, town, monkeypatch)
    assert (code, "not taken: 401" in said, SECRET in said) == (1, True, False)
    monkeypatch.setattr(team_cli, "running", lambda: settings)
    done = CliRunner().invoke(cli.main, ["team", "webhook", "test"])
    assert (done.exit_code, "is not set" in done.output) == (1, True)


# --- who dies


TELL = """
import pickle, sys
from gateway.clients.webhook import Webhook
from gateway.community import load
from gateway.db import Database
from gateway.webhook_watch import Watch
url, keys, at, town, secret, given = pickle.load(sys.stdin.buffer)
receiver = Webhook(town, secret, loopback=True)
Watch(Database(url), keys, load(), receiver, announce=print, clock=lambda: at, **given).work()
"""


def test_a_worker_that_is_killed_in_a_call_is_followed_by_one_with_the_same_key(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder, settings: Settings
) -> None:
    out.sent(ana)
    arrived, free = threading.Event(), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        free.wait(60)

    town.behave = hang
    given = {"endpoint": fingerprint(town.url), "source": HOME}
    told = (settings.database_url, out.keys, out.at, town.url, SECRET, given)
    with subprocess.Popen([sys.executable, "-c", TELL], stdin=subprocess.PIPE, cwd=CONTRACT.parents[1]) as worker:
        assert worker.stdin is not None
        pickle.dump(told, worker.stdin)
        worker.stdin.close()
        came = arrived.wait(60)
        worker.kill()
    free.set()
    assert came
    assert worker.returncode == -signal.SIGKILL
    assert desk.states() == ["sending"]
    town.behave = answers(200)
    desk.work(seconds=50)
    assert len(town.calls) == 1  # the other may be at it still
    desk.work(seconds=11)
    assert desk.states() == ["done"]
    assert len({(call.key, call.body) for call in town.calls}) == 1 < len(town.calls)


def test_two_workers_tell_one_dispatch_one_after_the_other(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder, database: Database
) -> None:
    other = Desk(out, database, town)
    arrived, free = threading.Event(), threading.Event()

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        free.wait(30)
        answers(200)(handler)

    out.sent(ana)
    town.behave = slowly
    first = threading.Thread(target=desk.watch.work)
    first.start()
    assert arrived.wait(30)
    out.press("accept")
    other.work()
    assert (len(town.calls), desk.states()) == (1, ["sending", "queued"])
    town.behave = answers(200)
    free.set()
    first.join(30)
    other.work()
    assert [call.told["dispatch"]["step"] for call in town.calls] == ["send", "accept"]
    assert desk.states() == ["done", "done"]


def test_no_transaction_is_open_during_a_call(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder, database: Database
) -> None:
    def look(handler: BaseHTTPRequestHandler) -> None:
        with database.engine.begin() as connection:  # would wait for a lock on the thread, and fail
            connection.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
            connection.execute(select(Conversation.id).with_for_update())
            connection.execute(select(Dispatch.id).with_for_update())
            connection.execute(select(WebhookCall.id).with_for_update())
        answers(200)(handler)

    town.behave = look
    out.sent(ana)
    desk.work()
    assert desk.states() == ["done"]


def test_a_late_answer_changes_nothing_once_another_has_taken_over(
    desk: Desk, out: Outing, ana: Responder, database: Database
) -> None:
    out.sent(ana)
    with database.begin() as session:
        webhook_calls.collect(session, "e", out.at)
        first = webhook_calls.take(session, out.at)
    with database.begin() as session:
        second = webhook_calls.take(session, out.later(minutes=2))
    assert first is not None
    assert second is not None
    assert (first.id, first.attempts, second.attempts) == (second.id, 1, 2)
    with database.begin() as session:
        assert webhook_calls.settle(session, first.id, first.attempts, 500, None, out.at) is None
        assert webhook_calls.settle(session, second.id, second.attempts, 200, None, out.at) == "done"


def test_what_ended_long_ago_is_not_told_to_a_new_system(
    desk: Desk, town: TownSystem, out: Outing, ana: Responder, database: Database
) -> None:
    out.sent(ana)
    with database.begin() as session:
        dispatches.cancel(session, out.dispatch().id, ana, out.later(seconds=5))
    desk.work(hours=25)
    assert (town.calls, desk.calls()) == ([], [])


def test_the_key_is_of_one_event_of_one_front_door(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    with out.database.begin() as session:
        events = list(session.scalars(select(DispatchEvent)))
    keys = {webhook_body.key(source, event) for source in (HOME, "https://other.example") for event in events}
    assert len(keys) == 2 * len(events)
    assert webhook_body.key(HOME, events[0]) == webhook_body.key(HOME, events[0])
