"""The offer of a follow-up beside the real bot: it comes behind the services, and the bot's questions keep theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway import texts
from gateway.clients.rasa import Rasa
from gateway.db import Database
from gateway.door import Door
from gateway.models import Consent, FollowUp, Referral
from tests import demo_town
from tests.bot.bot_server import BotServer
from tests.conftest import Clock
from tests.gateway.follow_up_street import Street

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(300)]
OFFER = {code: texts.say("follow_up_offer", code, days=2) for code in ("en", "es")}
# Opening, the answers to what the bot asks first, more places, and yes.
TALKS = {
    "en": (["i need food, 94110", "no", "for me"], "more", "yes"),
    "es": (["necesito comida, 94110", "no", "para mí"], "más", "sí"),
}


@pytest.fixture
def street(database: Database, door: Door, bot: BotServer, clock: Clock) -> Iterator[Street]:
    with database.begin() as session:
        demo_town.lay(session, clock())
    rasa = Rasa(bot.url, bot.secret)
    yield Street(database, door.settings.keys, door.community, rasa, clock)
    rasa.close()


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_offer_comes_behind_the_services_and_a_later_yes_is_its_own(street: Street, code: str) -> None:
    opening, more, yes = TALKS[code]
    for body in opening:
        assert street.all(FollowUp) == []  # nothing is offered while the bot asks, and its YES and NO stay its own
        said = street.text(body)
    assert "1) " in said[-2]
    assert said[-1] == OFFER[code]
    served = len(street.all(Referral))
    assert "1) " in street.text(more)[-1]
    assert len(street.all(Referral)) > served
    assert street.text(yes) == [texts.say("follow_up_agreed", code, days=2)]
    assert street.one(Consent).given
