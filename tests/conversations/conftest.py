"""One bot and one town for all scripts: each is played once, whichever test asks first."""

import secrets
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from gateway import create_app, schema
from gateway.db import Database
from gateway.keys import Keys
from gateway.settings import Settings, sqlalchemy_url
from tests.bot.bot_server import BotServer, train_if_needed
from tests.conftest import ACCOUNT_SID, NUMBER
from tests.conversations.street import Street


@pytest.fixture(scope="session")
def street_settings(postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as in a demo, on a migrated database that no other test empties."""
    name = f"street_{secrets.token_hex(4)}"
    engine = create_engine(sqlalchemy_url(postgres_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    engine.dispose()
    database = Database(url)
    schema.upgrade(database)
    database.close()
    return Settings(
        mode="demo",
        var=tmp_path_factory.mktemp("street"),
        host="127.0.0.1",
        port=8080,
        public_url="http://127.0.0.1:8080",
        database_url=url,
        redis_url=redis_url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_tokens=("a" * 32,),
        twilio_number=NUMBER,
        twilio_api_url=None,
        bot_url="http://127.0.0.1:9",
        bot_secret="s" * 32,
        keys=Keys("h" * 32, (Fernet.generate_key().decode(),), "c" * 32),
        community_file=None,
        sentry_dsn=None,
    )


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
