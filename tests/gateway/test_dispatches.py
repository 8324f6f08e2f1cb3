"""A team is asked with a place and a leave, comes, is told of every change, and nobody hears what is not so."""

import pytest
from sqlalchemy import select

from gateway import closings, dispatch_states, dispatches, endings, escalations, optout, teams, texts
from gateway.conversations import WEBCHAT
from gateway.db import Database
from gateway.dispatch_states import ENDED, MARKS, TRANSITIONS
from gateway.errors import Conflict, Refused
from gateway.models import AuditEntry, Contact, Conversation, Dispatch, Responder, TeamMember
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.teams_out import NOON, READY, Outing

pytestmark = pytest.mark.slow


@pytest.fixture
def out(database: Database, settings: Settings) -> Outing:
    return Outing(database, settings.keys)


@pytest.fixture
def ana(out: Outing) -> Responder:
    """A responder who owns an English thread; a member stands ready."""
    out.member()
    who = out.person()
    out.opened(Level.ROUTINE, who, "my neighbor has not opened her door today and the mail is there")
    return who


# --- the states


def test_no_verb_leads_out_of_an_end_and_every_state_can_be_reached() -> None:
    assert not [state for state, _ in TRANSITIONS if state in ENDED]
    reached = {dispatch_states.DRAFTED, *TRANSITIONS.values()}
    assert {state for state, _ in TRANSITIONS} <= reached
    assert reached >= ENDED
    assert all(states <= dispatch_states.RUNNING for states in MARKS.values())


@pytest.mark.parametrize(
    ("state", "verb", "after"),
    [
        ("drafted", "accept", None),
        ("assigned", "go", None),
        ("assigned", "accept", "accepted"),
        ("unanswered", "accept", "accepted"),
        ("en_route", "accept", None),
        ("on_scene", "decline", None),
        ("on_scene", "cancel", None),
        ("en_route", "cancel", "cancelled"),
        ("transport", "clear", "clear"),
        ("clear", "sos", None),
        ("accepted", "sos", "accepted"),
        ("declined", "accept", None),
    ],
)
def test_what_may_be_said_when(state: str, verb: str, after: str | None) -> None:
    assert dispatch_states.after(state, verb) == after


# --- before it goes


def test_it_begins_with_what_the_thread_says(out: Outing, ana: Responder) -> None:
    out.told(place="behind the library", team_consent="yes", needs=["welfare_check", "food"], people="2", zip="94110")
    made = out.drafted(ana)
    assert (made.place, made.place_confirmed, made.consent, made.team) == (
        "behind the library",
        False,
        "given",
        "street",
    )
    assert (made.needs, made.people, made.state) == (["welfare_check"], "2", "drafted")
    assert made.consent_message_id is not None
    assert out.drafted(ana).id == made.id
    assert out.notices() == []


def test_a_no_in_the_screening_is_a_no(out: Outing, ana: Responder) -> None:
    out.told(team_consent="no")
    assert out.drafted(ana).consent == "refused"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"place": " "}, "place_missing"),
        ({"place_confirmed": False}, "leave_missing"),
        ({"consent": "not_asked"}, "leave_missing"),
        ({"checklist": {}}, "checklist_open"),
        ({"checklist": {"weapon": "yes"}}, "checklist_refuses"),
        ({"checklist": {"weapon": "yes"}, "reason_codes": ["scene_checked"]}, "checklist_refuses"),
        ({"team": "demo_syringe_pickup_invented"}, "team_has_nobody"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_asked(
    out: Outing, ana: Responder, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        out.sent(ana, **changes)
    assert out.dispatch().state == "drafted"
    assert out.notices() == []


def test_a_reason_stands_where_a_leave_does_not(out: Outing, ana: Responder) -> None:
    out.sent(ana, consent="no_answer", consent_reason="she does not open, the neighbor asks")
    assert out.dispatch().state == "assigned"


def test_a_supervisor_goes_over_a_question_and_says_why(out: Outing, ana: Responder) -> None:
    zoe = out.person("Zoe Lee", "supervisor")
    out.drafted(ana)
    out.edit(zoe, **READY | {"checklist": {"weapon": "yes"}})
    with pytest.raises(Refused, match="checklist_refuses"):
        out.send(zoe)
    out.edit(zoe, reason_codes=["scene_checked"])
    sent = out.send(zoe)
    assert (sent.eligibility, sent.reason_codes) == ("overridden", ["scene_checked"])


def test_a_team_that_does_not_work_at_this_hour_is_not_asked(out: Outing, ana: Responder) -> None:
    out.later(hours=13)
    with pytest.raises(Refused, match="team_not_out"):
        out.sent(ana)


@pytest.mark.parametrize("changes", [{"state": "clear"}, {"safety_flags": ["dragon"]}, {"place_precision": "maybe"}])
def test_what_is_on_no_list_changes_nothing(out: Outing, ana: Responder, changes: dict[str, object]) -> None:
    out.drafted(ana)
    with pytest.raises(Refused, match="dispatch_field"):
        out.edit(ana, **changes)
    assert out.dispatch().version == 1


def test_somebody_else_may_not_while_it_is_owned(out: Outing, ana: Responder) -> None:
    ben = out.person("Ben Wu")
    with pytest.raises(Refused, match="not_yours_to_send"):
        out.drafted(ben)
    out.drafted(ana)
    with pytest.raises(Refused, match="not_yours_to_send"):
        out.edit(ben, place="elsewhere")


# --- the team, and what is told to whom


def test_the_team_gets_a_link_and_no_word_of_the_thread(out: Outing, ana: Responder) -> None:
    out.member("Leo", "+15555550162", languages=["es"])
    out.sent(ana)
    asked = out.notices()
    assert [(each.kind, each.means, each.language) for each in asked] == [("team", "sms", "en"), ("team", "sms", "es")]
    number = out.open().id
    for each in asked:
        assert f"{number}: " in each.text
        assert "https://door.example/t/" in each.text
        assert "Oak" not in each.text
        assert "neighbor" not in each.text
    assert asked[0].text.rpartition("/")[2] != asked[1].text.rpartition("/")[2]


def test_a_yes_tells_the_resident_who_comes_how_they_look_and_how_to_say_no(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    assert not [text for text in out.said() if "NO TEAM" in text or "NO EQUIPO" in text]
    row = out.press("accept", eta=30)
    told = out.said()[-1]
    assert "a nurse and a peer worker, no police" in told
    assert "blue vests, no uniform" in told
    assert "about 30 minutes" in told
    assert "NO TEAM" in told
    assert "Oak" not in told
    assert (row.state, row.eta_minutes, row.told_resident_at is not None) == ("accepted", 30, True)


def test_it_goes_from_yes_to_clear_and_every_step_has_its_time(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    for verb in ("accept", "go", "arrive", "transport", "destination"):
        out.press(verb)
    row = out.press("clear", disposition="taken_to_care", supplies=("water",), outcome={"voluntary": True})
    times = [row.assigned_at, row.accepted_at, row.en_route_at, row.on_scene_at, row.transport_at, row.destination_at]
    assert all(a < b for a, b in zip(times, [*times[1:], row.clear_at], strict=True) if a and b)
    assert None not in times
    assert (row.state, row.disposition, row.supplies) == ("clear", "taken_to_care", ["water"])
    assert row.outcome == {"police": False, "force": False, "hold": False, "injury": False, "voluntary": True}
    with out.database.begin() as session:
        acts = list(
            session.scalars(select(AuditEntry.act).where(AuditEntry.act.like("dispatch_%")).order_by(AuditEntry.id))
        )
    assert acts == [f"dispatch_{step}" for step in out.steps()]


def test_the_same_press_counts_once(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept", key="one")
    before = (out.steps(), out.said())
    out.press("accept", key="one")
    assert (out.steps(), out.said()) == before
    with pytest.raises(Conflict):
        out.press("accept", key="two")


def test_a_change_on_the_way_reaches_the_team_and_the_resident(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept")
    out.press("go")
    count = len(out.notices())
    row = out.edit(ana, place="14 Oak St, back door")
    [told] = out.notices()[count:]
    assert "changed: place" in told.text
    assert "/t/" in told.text
    assert "Oak" not in told.text
    assert row.seen_version < row.version
    assert texts.say("dispatch_place_changed", "en") in out.said()[-1]
    assert out.press("seen").seen_version == row.version


def test_a_stale_page_changes_nothing(out: Outing, ana: Responder) -> None:
    made = out.drafted(ana)
    out.edit(ana, place="here")
    with out.database.begin() as session, pytest.raises(Conflict, match="dispatch_moved"):
        dispatches.edit(session, out.community, made.id, 1, {"place": "x"}, ana, NOON, public_url="https://x.example")
    assert out.dispatch().place == "here"


def test_who_asked_for_no_texts_is_told_nothing_and_the_team_goes(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    with out.database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        optout.stop(session, contact.channel, contact.address_hash, "keyword", out.at)
    before = out.said()
    assert out.press("accept").told_resident_at is None
    assert out.said() == before


def test_where_texts_are_not_safe_nothing_is_said(out: Outing, ana: Responder) -> None:
    out.told(safe_to_text="no")
    out.sent(ana)
    before = out.said()
    out.press("accept", eta=20)
    out.press("go", eta=40)
    assert out.said() == before


@pytest.mark.parametrize(
    "words",
    [
        "NO TEAM", "no team!", "No equipo.", "no quiero el equipo", "I don't want the team", "don't come", "No vengan",
        "ya no manden a nadie", "please don't send anyone", "no quiero que vengan", "cancel the team",
    ],
)  # fmt: skip
def test_a_no_to_the_team_stops_it_whoever_holds_the_thread(out: Outing, ana: Responder, words: str) -> None:
    out.sent(ana)
    out.press("accept")
    count = len(out.notices())
    out.text(words)
    row = out.dispatch()
    assert (row.state, row.resident_declined_at is not None) == ("declined", True)
    assert any(texts.say("dispatch_declined", code) in out.said()[-1] for code in texts.LANGUAGES)
    [stop] = out.notices()[count:]
    assert "do not go" in stop.text
    with pytest.raises(Conflict):
        out.press("go")


@pytest.mark.parametrize("drafted", [False, True])
def test_a_consent_is_taken_back_before_a_team_is_asked(out: Outing, ana: Responder, drafted: bool) -> None:
    out.told(team_consent="yes", place="behind the library")
    if drafted:
        assert out.drafted(ana).consent == "given"
    out.text("ya no manden a nadie")
    assert any(texts.say("team_taken_back", code) in out.said()[-1] for code in texts.LANGUAGES)
    with out.database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert conversation.answers["team_consent"] == "no"
    row = out.dispatch() if drafted else out.drafted(ana)
    assert (row.state, row.consent) == ("drafted", "refused")


def test_who_never_agreed_to_a_team_takes_nothing_back(out: Outing, ana: Responder) -> None:
    before = out.said()
    out.text("no vengan")
    assert out.said() == before  # for the responder to read


@pytest.mark.parametrize(
    "words",
    ["no", "the team is late", "no team came", "is there no team for my brother", "he did not come", "no vinieron",
     "dont send me texts", "no manden mensajes"],
)  # fmt: skip
def test_other_words_stop_nobody(words: str) -> None:
    assert not endings.says_no_team(words)


def test_a_no_once_the_team_is_there_goes_to_the_owner(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    for verb in ("accept", "go", "arrive"):
        out.press(verb)
    before = out.said()
    out.text("no team")
    assert out.dispatch().state == "on_scene"
    assert out.said() == before


def test_danger_in_a_no_is_danger_first(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.text("no team. i took all my pills to die")
    assert out.open().level == "emergency"
    assert out.dispatch().state == "assigned"


def test_called_off_tells_the_team_and_who_was_told(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept")
    with out.database.begin() as session:
        dispatches.cancel(session, out.dispatch().id, ana, out.later(seconds=5))
    assert "do not go" in out.notices()[-1].text
    assert texts.say("dispatch_not_coming", "en") in out.said()[-1]
    assert out.drafted(ana).state == "drafted"


def test_a_thread_is_not_closed_while_a_team_is_out(out: Outing, ana: Responder) -> None:
    out.drafted(ana)
    out.edit(ana, **READY)
    out.send(ana)
    for draft in ("helped", closings.RETURNED):
        with pytest.raises(Refused, match="team_is_out"):
            out.close(ana, draft)
    out.press("decline")
    out.close(ana, "helped")


def test_a_web_visitor_is_told_on_the_page(out: Outing) -> None:
    out.member()
    who = out.person()
    out.text("my neighbor does not open", number="visitor", channel=WEBCHAT)
    with out.database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        escalations.open_(session, conversation, "team_request", Level.ROUTINE, out.at)
    out.claimed(who)
    out.sent(who)
    out.press("accept")
    assert "NO TEAM" in out.said()[-1]


# --- who is in the teams


def test_the_best_team_stands_first_and_what_it_lacks_is_said(out: Outing) -> None:
    out.member(languages=["en"])
    with out.database.begin() as session:
        people = teams.members(session)
    local = NOON.astimezone(out.community.clock)
    found = teams.fit(out.community, people, [], None, ["doctor"], ["es"], local)
    assert [each.team.code for each in found] == ["street", "demo_syringe_pickup_invented"]
    assert (found[0].people, found[0].lacks_roles, found[0].lacks_languages) == (1, ("doctor",), ())
    assert not found[1].ready
    assert [each.team.code for each in teams.fit(out.community, people, ["syringe_pickup"], None, (), (), local)] == [
        "demo_syringe_pickup_invented"
    ]


def test_a_phone_is_sealed_and_forgotten_when_somebody_leaves(out: Outing) -> None:
    made = out.member(phone="555-555-0161")
    assert out.member(phone="+1 555 555 0161").id == made.id
    assert b"0161" not in (made.phone_sealed or b"")
    with out.database.begin() as session:
        teams.remove(session, made.id, NOON)
        row = session.get_one(TeamMember, made.id)
        assert (row.phone_sealed, row.phone_hash, row.active) == (None, None, False)
    for bad in ("hello", "12"):
        with pytest.raises(Refused, match="no_phone_number"):
            out.member(phone=bad)


def test_two_dispatches_of_one_thread_are_never_under_way(out: Outing, ana: Responder) -> None:
    made = out.drafted(ana)
    with out.database.begin() as session:
        assert len(session.scalars(select(Dispatch)).all()) == 1
        assert dispatches.under_way(session, made.escalation_id) is not None
