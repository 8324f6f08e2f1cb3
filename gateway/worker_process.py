"""Starts one worker process and ends it cleanly on SIGTERM."""

import signal
import threading

from gateway import community, fetching, garbage, import_process, logs, uploads, webhook_watch
from gateway.app import open_door, refuse_failing_cards
from gateway.clients.bell import Bell
from gateway.clients.media_fetch import MediaFetcher
from gateway.clients.push import Push
from gateway.clients.rasa import Rasa
from gateway.clients.twilio import Twilio
from gateway.clients.twilio_notices import by_sms, by_voice
from gateway.clients.webhook import Webhook
from gateway.db import Database
from gateway.directory import asking
from gateway.means import NO_DEVICE, PUSH, SMS, VOICE, Sender, failed
from gateway.pushing import by_push
from gateway.settings import Settings
from gateway.tokens import fingerprint
from gateway.worker import SENDERS, TURNERS, Worker


def build(settings: Settings) -> Worker:
    """A worker on the stores, the bot and the carrier that the settings name."""
    door = open_door(settings)
    asking.load(door.community)
    twilio = Twilio(
        settings.twilio_account_sid,
        settings.twilio_auth_tokens[0],
        settings.twilio_number,
        api_url=settings.twilio_api_url,
        status_callback=f"{settings.public_url}/sms/status",
    )
    database = Database(settings.database_url, pool=TURNERS + SENDERS)
    return Worker(
        database,
        door.bell,
        Rasa(settings.bot_urls, settings.bot_secret),
        twilio,
        settings.keys,
        door.community,
        door.acceptor,
        {SMS: by_sms(twilio), VOICE: by_voice(twilio, settings.public_url), PUSH: _pushes(settings, database)},
    )


def outside(settings: Settings) -> webhook_watch.Watch | None:
    """What tells the town's own system, where it has one."""
    url, secret = settings.dispatch_webhook, settings.dispatch_secret
    if not url or not secret:
        return None
    return webhook_watch.Watch(
        Database(settings.database_url, pool=1),
        settings.keys,
        community.load(settings.community_file),
        Webhook(url, secret, loopback=settings.demo),
        endpoint=fingerprint(url),
        source=settings.public_url,
        announce=Bell(settings.redis_url).announce,
    )


def _pushes(settings: Settings, database: Database) -> Sender:
    """The means "push"; where nobody gave the installation keys, nobody has a device, and the ladder goes on."""
    if settings.vapid_key is None or settings.vapid_contact is None:
        return lambda _leaving: failed(NO_DEVICE, permanent=True)
    return by_push(database, Push(settings.vapid_key, settings.vapid_contact, loopback=settings.push_loopback))


def pictures(settings: Settings) -> fetching.Watch:
    """What fetches the pictures that responders ask for."""
    source = MediaFetcher(
        settings.twilio_account_sid, settings.twilio_auth_tokens[0], standin_url=settings.twilio_api_url
    )
    announce = Bell(settings.redis_url).announce
    database = Database(settings.database_url, pool=1)
    here = uploads.Source(database.begin, settings.keys, elsewhere=source)
    return fetching.Watch(database, here, settings.keys, announce)


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    logs.start(settings, "worker")
    refuse_failing_cards()
    worker = build(settings)
    garbage.look_seldom()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    imports = import_process.Watch(settings, Database(settings.database_url, pool=1))
    beside = [imports, outside(settings), pictures(settings)]
    worker.start()
    for each in beside:
        if each is not None:
            each.start()
    ended.wait()
    for each in beside:
        if each is not None:
            each.stop()
    worker.stop()
