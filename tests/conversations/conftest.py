"""One bot and one town for all scripts: each is played once, whichever test asks first."""

from collections.abc import Iterator

import pytest

from gateway import create_app
from gateway.settings import Settings, sqlalchemy_url
from tests.bot.bot_server import BotServer, train_if_needed
from tests.conftest import demo_settings, new_database
from tests.conversations.street import Street


@pytest.fixture(scope="session")
def street_settings(postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as in a demo, on a migrated database that no other test empties."""
    return demo_settings(new_database(postgres_url), redis_url, tmp_path_factory.mktemp("street"))


@pytest.fixture(scope="session")
def street(street_settings: Settings, postgres_url: str) -> Iterator[Street]:
    """The town, with a bot of its own and the model of the present files."""
    train_if_needed()
    bot = BotServer().start()
    app = create_app(street_settings)
    made = Street(app, street_settings, bot.url, bot.secret, sqlalchemy_url(postgres_url))
    yield made
    made.close()
    app.extensions["front_door"].close()
    bot.stop()
