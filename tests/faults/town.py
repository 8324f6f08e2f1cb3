"""The gateway's processes beside a Twilio stand-in and some bot, to be killed and started again."""

import json
from pathlib import Path

from cryptography.fernet import Fernet

from gateway.demo.standin import Standin
from tests.conftest import ACCOUNT_SID, NUMBER
from tests.fakes.processes import Process, free_port, wait_until_up

BOT_SECRET = "b" * 32


class Town:
    """A web process, a worker, a Twilio stand-in and a bot somewhere, all real processes or real servers."""

    def __init__(self, migrated_url: str, redis_url: str, bot_url: str, var: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        var.mkdir(exist_ok=True)
        self.var = var
        token = "t" * 32
        self.twilio = Standin(
            ACCOUNT_SID, (token,), NUMBER, f"{self.url}/sms/inbound#rc=0", check_contract=False
        ).start()
        keys = {
            "account_sid": ACCOUNT_SID,
            "auth_tokens": token,
            "bot_secret": BOT_SECRET,
            "hash_key": "h" * 32,
            "seal_keys": Fernet.generate_key().decode(),
            "cookie_key": "c" * 32,
        }
        (var / "keys.json").write_text(json.dumps(keys))
        environ = {
            "FRONTDOOR_MODE": "demo",
            "FRONTDOOR_VAR": str(var),
            "FRONTDOOR_PORT": str(port),
            "FRONTDOOR_TWILIO_API_URL": self.twilio.url,
            "FRONTDOOR_BOT_URL": bot_url,
            "DATABASE_URL": migrated_url,
            "REDIS_URL": redis_url,
        }
        self.web = Process("web", environ, var / "web.log")
        self.worker = Process("worker", environ, var / "worker.log")

    def start(self) -> None:
        self.web.start()
        self.worker.start()
        wait_until_up(self.url)

    def stop(self) -> None:
        self.web.kill()
        self.worker.kill()
        self.twilio.stop()


def number(index: int) -> str:
    return f"+1555555{index:04d}"
