"""From a thread to what is read aloud in one press, and everything that is noted afterwards; nothing dials."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from gateway import log_ins, texts
from gateway.conversations import WEBCHAT
from gateway.db import Database
from gateway.models import AuditEntry, Contact, Conversation, Escalation, Handoff, Message, Responder
from tests.console.conftest import PASSWORD, Person, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
People = Callable[..., Person]


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def claim(who: Person, row: Escalation) -> None:
    assert who.post(f"/console/threads/{row.id}/claim", epoch=row.epoch).status_code == 303


def prepare(who: Person, row: Escalation, to: str = "911") -> str:
    """The path of a hand-off that was just made."""
    answer = who.post(f"/console/threads/{row.id}/handoffs", to=to)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def kept(database: Database) -> Handoff:
    with database.begin() as session:
        return session.scalars(select(Handoff).order_by(Handoff.id.desc())).first() or pytest.fail("none")


def test_one_press_leads_to_what_is_read_aloud(ana: Person, written: Written) -> None:
    row = written("i took all my pills and there is a gun here")
    thread = ana.client.get(f"/console/threads/{row.id}").text
    assert f'action="/console/threads/{row.id}/handoffs"' in thread
    page = ana.client.get(prepare(ana, row)).text
    script = re.search(r'<ol id="script" lang="en">.*?</ol>', page, re.DOTALL)
    assert script
    words = plain(script[0])
    assert words.startswith("This is about Demo Town, CA. We do not know where they are. I am Ana.")
    assert "Their number: 555-555-0117." in words
    assert "i took all my pills and there is a gun here" in words
    assert 'href="tel:+15555550111"' in page
    assert "Call this number from your own phone." in page
    assert "ask to be transferred" in page
    assert "Not known: not asked" in plain(page)


def test_the_script_is_there_in_spanish_too(ana: Person, written: Written) -> None:
    there = prepare(ana, written())
    page = ana.client.get(f"{there}?script=es").text
    assert '<ol id="script" lang="es">' in page
    assert "Esto es sobre Demo Town, CA." in plain(page)


def test_what_a_resident_writes_is_no_markup_and_no_flip(ana: Person, written: Written) -> None:
    there = prepare(ana, written("<script>alert(1)</script> \u202eall my pills", "all my pills"))
    for path in (there, f"{there}/print"):
        page = ana.client.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "\u202e" not in page


def test_everything_is_noted_until_they_answered(ana: Person, written: Written, database: Database) -> None:
    row = written()
    claim(ana, row)
    there = prepare(ana, row)
    assert ana.post(f"{there}/ask").status_code == 303
    with database.begin() as session:
        said = session.scalars(select(Message.text).order_by(Message.id.desc())).first()
        assert said == texts.both("handoff_911_ask")
        answer = Message(
            conversation_id=row.conversation_id, direction="in", author="resident", text="yes <b>please", attempts=0,
            created_at=utc_now(),
        )  # fmt: skip
        session.add(answer)
    page = ana.client.get(there).text
    assert "yes &lt;b&gt;please" in page
    assert ana.post(f"{there}/consent", consent="given", message=str(answer.id)).status_code == 303
    assert ana.post(f"{there}/correct", name="place", value="12 Oak St", confirmed="yes").status_code == 303
    assert ana.post(f"{there}/tell", tell_resident="yes").status_code == 303
    assert ana.post(f"{there}/answer", outcome="accepted", reference="CAD 7", answer="sent a unit").status_code == 303
    told = kept(database)
    assert (told.state, told.consent, told.consent_message_id, told.outcome) == (
        "answered",
        "given",
        answer.id,
        "accepted",
    )
    page = plain(ana.client.get(there).text)
    assert "Place, confirmed: 12 Oak St." in page
    assert "They take it on, reference CAD 7 : sent a unit" in page
    history = plain(ana.client.get(f"/console/threads/{row.id}").text)
    for words in ("Hand-off prepared (911)", "Handed over (911)", "Answer to the hand-off noted (911)"):
        assert words in history
    assert "911: They answered, they take it on" in history
    assert ana.post(f"{there}/close").status_code == 303
    assert kept(database).state == "closed"


def test_without_leave_or_reason_it_says_what_is_missing(ana: Person, written: Written, database: Database) -> None:
    there = prepare(ana, written())
    answer = ana.post(f"{there}/tell")
    assert answer.status_code == 400
    assert "say why it is told without a yes" in answer.text
    assert ana.post(f"{there}/consent", consent="refused").status_code == 303
    answer = ana.post(f"{there}/tell", reason="imminent")
    assert (answer.status_code, "Name the supervisor who decided with you" in answer.text) == (400, True)
    assert kept(database).told_at is None
    done = ana.post(f"{there}/tell", reason="imminent", alone="yes", reason_text="called twice")
    assert done.status_code == 303
    assert "no supervisor could be reached" in ana.client.get(there).text


def test_a_supervisor_is_named_from_the_list(ana: Person, person: People, written: Written, database: Database) -> None:
    sam = person("Sam", "supervisor")
    there = prepare(ana, written())
    ana.post(f"{there}/consent", consent="refused")
    assert f'<option value="{sam.id}">Sam</option>' in ana.client.get(there).text
    assert ana.post(f"{there}/tell", reason="imminent", supervisor=str(sam.id)).status_code == 303
    assert kept(database).supervisor_id == sam.id


def test_988_needs_a_yes(ana: Person, written: Written) -> None:
    there = prepare(ana, written(), "988")
    page = ana.client.get(there).text
    assert 'id="told" disabled' in page
    assert "press 2" in page
    assert 'href="tel:988"' in page
    assert "987" not in page
    answer = ana.post(f"{there}/tell", reason="imminent")
    assert (answer.status_code, "only of people who said yes" in answer.text) == (400, True)
    ana.post(f"{there}/consent", consent="given")
    assert ana.post(f"{there}/tell").status_code == 303


def test_211_is_the_towns_line(ana: Person, written: Written) -> None:
    assert 'href="tel:211"' in ana.client.get(prepare(ana, written(), "211")).text


def test_the_file_is_downloaded_by_who_makes_the_call(ana: Person, written: Written) -> None:
    there = prepare(ana, written())
    answer = ana.client.get(f"{there}/eido.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    document = json.loads(answer.text)
    assert document["incidentComponent"]["incidentTypeCommonRegistryText"] == "SUICTHRT"
    assert document["callbackComponent"][0]["callBackInformationUri"] == ["tel:+15555550117"]
    assert ana.client.get(f"{prepare(ana, written(number='+15555550118'), '988')}/eido.json").status_code == 404


def test_the_number_is_for_who_makes_the_call(
    ana: Person, person: People, written: Written, database: Database
) -> None:
    row = written()
    claim(ana, row)
    there, ben = prepare(ana, row), person("Ben")
    assert "555-555-0117" in ana.client.get(there).text
    for path in (there, f"{there}/print", f"{there}/eido.json"):
        page = ben.client.get(path)
        assert page.status_code == 200
        assert "5550117" not in re.sub(r"\D", "", page.text)
    with database.begin() as session:
        noted = session.scalars(select(AuditEntry.responder_id).where(AuditEntry.act == "handoff_number")).all()
    assert noted == [ana.id]


def test_who_has_no_part_in_a_thread_changes_nothing(ana: Person, person: People, written: Written) -> None:
    row, ben = written(), person("Ben")
    claim(ana, row)
    assert f'action="/console/threads/{row.id}/handoffs"' not in ben.client.get(f"/console/threads/{row.id}").text
    assert ben.post(f"/console/threads/{row.id}/handoffs", to="911").status_code == 403
    there = prepare(ana, row)
    page = ben.client.get(there).text
    assert 'id="tell"' not in page
    for verb in ("ask", "consent", "tell", "answer", "correct", "close"):
        form = {"consent": "given", "reason": "imminent", "outcome": "unknown", "name": "age", "value": "9"}
        assert ben.post(f"{there}/{verb}", **form).status_code == 403, verb


@pytest.mark.parametrize("path", ["", "/print", "/eido.json"])
def test_an_unknown_one_is_404(ana: Person, path: str) -> None:
    assert ana.client.get(f"/console/handoffs/99{path}").status_code == 404


def test_only_the_three_services(ana: Person, written: Written) -> None:
    for to in ("", "311", "+15555550111"):
        assert ana.post(f"/console/threads/{written().id}/handoffs", to=to).status_code == 400


def test_a_web_visitor_has_no_number(ana: Person, written: Written) -> None:
    page = plain(ana.client.get(prepare(ana, written(channel=WEBCHAT, number="visitor"))).text)
    assert "There is none: they write on a web page." in page
    assert "There is no number: they write on a web page, and I can pass on questions." in page


def test_a_phone_that_others_read_is_not_texted(ana: Person, written: Written, database: Database) -> None:
    row = written()
    claim(ana, row)
    with database.begin() as session:
        session.scalars(select(Conversation)).one().answers = {"safe_to_text": "no"}
    there = prepare(ana, row)
    page = ana.client.get(there).text
    assert 'id="no-text"' in page
    assert 'name="tell_resident"' not in page
    answer = ana.post(f"{there}/ask")
    assert (answer.status_code, "texts are not safe" in answer.text) == (409, True)


def test_where_a_partner_is_feared_the_resident_is_not_told_by_default(ana: Person, written: Written) -> None:
    row = written("he hits me", "he hits me", category="partner_violence", card_id="partner.violence")
    claim(ana, row)
    page = ana.client.get(prepare(ana, row)).text
    box = re.search(r'<input type="checkbox" name="tell_resident"[^>]*>', page)
    assert box
    assert "checked" not in box[0]
    assert "Somebody they fear may read their phone." in page


def test_paper_about_substances_says_that_it_may_not_be_passed_on(ana: Person, written: Written) -> None:
    about = written("i took too much fentanyl", "too much fentanyl", category="overdose", card_id="overdose.recent")
    other = written(number="+15555550118")
    assert 'id="redisclosure"' in ana.client.get(f"{prepare(ana, about)}/print").text
    assert 'id="redisclosure"' not in ana.client.get(f"{prepare(ana, other)}/print").text


def test_what_is_new_since_it_was_told_is_shown_at_once(ana: Person, written: Written) -> None:
    row = written()
    claim(ana, row)
    there = prepare(ana, row)
    ana.post(f"{there}/tell", reason="imminent")
    assert 'id="since-told"' not in ana.client.get(there).text
    written("he has a gun", "a gun", card_id="violence.weapon", category="violence")
    page = ana.client.get(there).text
    assert "New since you told them: tell them again." in page
    assert "he has a gun" in plain(page)


def test_the_page_of_a_number_that_is_nobodys_any_more_says_so(
    ana: Person, written: Written, database: Database
) -> None:
    there = prepare(ana, written())
    with database.begin() as session:
        session.scalars(select(Contact)).one().address_sealed = None
    assert "no number" in plain(ana.client.get(there).text)


def test_a_forged_form_changes_nothing(ana: Person, written: Written, database: Database) -> None:
    there = prepare(ana, written())
    assert ana.client.post(f"{there}/tell", data={"reason": "imminent"}).status_code == 403
    assert kept(database).state == "prepared"


def test_a_responder_is_not_made_a_supervisor_by_a_form(ana: Person, written: Written, database: Database) -> None:
    there = prepare(ana, written())
    ana.post(f"{there}/consent", consent="refused")
    with database.begin() as session:
        ben = log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, utc_now())
    answer = ana.post(f"{there}/tell", reason="imminent", supervisor=str(ben.id), role="supervisor")
    assert answer.status_code == 400
    with database.begin() as session:
        assert session.get_one(Responder, ben.id).role == "responder"


def test_a_page_that_is_open_hears_what_was_written_since(ana: Person, written: Written) -> None:
    there = prepare(ana, written())
    live = re.search(r'hx-get="(/console/handoffs/\d+/news\?after=\d+)"', ana.client.get(there).text)
    assert live
    assert "wrote-since" not in ana.client.get(live[1]).text
    written("<b>he</b> is here \u202e", "is here")
    page = ana.client.get(live[1]).text
    assert "&lt;b&gt;he&lt;/b&gt; is here" in page
    assert "\u202e" not in page
    assert live[1] in page
    for after in ("", "x", "9" * 30):
        assert ana.client.get(f"{there}/news?after={after}").status_code == 200
    assert ana.client.get("/console/handoffs/999/news?after=1").status_code == 404
