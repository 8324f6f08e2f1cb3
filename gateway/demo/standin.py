"""A local Twilio: takes texts from the real client, brings them to handsets, and calls the gateway as Twilio does.

``python -m gateway.demo.standin`` runs it as a process of its own; its secrets come from the environment only:
FRONTDOOR_STANDIN_ACCOUNT_SID and FRONTDOOR_STANDIN_AUTH_TOKENS (several with commas; the first one signs).
"""

import argparse
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterable, Sequence

from gateway.demo import contract, faults, receipts
from gateway.demo.calls import Call, Calls
from gateway.demo.ledger import Ledger, Text, to_phone
from gateway.demo.media import Shelf
from gateway.demo.server import Server
from gateway.demo.webhooks import Caller, WebhookAnswer, call_form, inbound_form, status_form
from gateway.segments import count

__all__ = ["Standin", "Text", "WebhookAnswer", "main"]

OPTED_OUT = 21610
# The meaning of Twilio's own answers on a long code; the words are ours.
SAID_BY_TWILIO = {
    "out": "You have been unsubscribed and will get no more messages from this number. Reply START to resubscribe.",
    "in": "You have been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.",
}


class Standin:
    """One Twilio account with one number. Thread-safe; usable as a context manager, which starts and stops it."""

    def __init__(  # noqa: PLR0913 - an account, its number, where it calls, and where it listens
        self,
        account_sid: str,
        auth_tokens: Sequence[str],
        number: str,
        webhook_url: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        check_contract: bool = True,
        seed: int = 0,
    ) -> None:
        """Prepare. ``port`` 0 takes a free one; ``check_contract`` costs 25 to 40 ms a request when the file is here.

        ``webhook_url`` may be changed later, and may carry Twilio's ``#rc=2&rp=all``. ``seed`` makes dice repeatable.
        """
        self.account_sid = account_sid
        self.auth_tokens = tuple(auth_tokens)
        self.number = number
        self.webhook_url = webhook_url
        self.ledger = Ledger()
        self.shelf = Shelf()
        self.fault = faults.Faults(seed)
        self.contract = contract.load() if check_contract else None
        self._caller = Caller(self.auth_tokens[0])
        self._fates = receipts.Receipts(self.ledger, self._post_receipt, seed)
        self.calls = Calls(self.ledger, self._post_call)
        self._server = Server(self, host, port)

    def __enter__(self) -> "Standin":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the API, the handsets and the test doors are."""
        return self._server.url

    def start(self) -> "Standin":
        """Listen, from threads of its own. Raises ``OSError`` when the port is taken."""
        self._server.start()
        self._fates.start()
        return self

    def stop(self) -> None:
        """Stop listening and calling."""
        self._server.stop()
        self._fates.stop()
        self._caller.close()

    def text(self, from_: str, body: str, *, media: Iterable[str] = (), sid: str | None = None) -> WebhookAnswer:
        """A resident texts the number: call the webhook and bring its answer to the phone.

        ``media`` are content types of pictures. A ``sid`` used before makes the same delivery again, as Twilio's
        retries do. Raises ``UnicodeEncodeError`` for a body that no form can carry.
        """
        kinds = tuple(media)
        sid = sid or ("MM" if kinds else "SM") + secrets.token_hex(16)
        body.encode("utf-8")
        changed = None
        if self.ledger.get(sid) is None:
            self.ledger.add(
                "inbound", from_, self.number, body, sid=sid, status="received", via="handset", num_media=len(kinds)
            )
            changed = self.ledger.obey(from_, body)
        if changed:
            self._bring(from_, SAID_BY_TWILIO[changed], "twilio", confirms=True)
        form = inbound_form(
            self.account_sid,
            sid,
            from_=from_,
            to=self.number,
            body=body,
            segments=count(body).segments,
            media=kinds,
        )
        self.shelf.keep(form)
        answer = self._caller.post(self.webhook_url, form, sid)
        self.ledger.answered(sid, answer.status)
        for reply in answer.twiml if answer.status // 100 == 2 else ():  # noqa: PLR2004 - Twilio reads TwiML of a 2xx
            self._bring(from_, reply, "twiml")
        return answer

    def accept(self, to: str, body: str, callback: str | None, num_media: int = 0) -> Text:
        """Take one text from the API. Raises :class:`contract.Wrong` when the phone said STOP."""
        if self.ledger.opted_out(to):
            raise contract.Wrong(OPTED_OUT)
        text = self.ledger.add("outbound-api", self.number, to, body, callback=callback, num_media=num_media)
        self._fates.follow(text)
        return text

    def sent_to(self, number: str) -> list[Text]:
        """What this phone got, oldest first, by whichever way: the API, a webhook's answer, or Twilio itself."""
        return self.ledger.texts(to_phone(number))

    def wait_for(self, number: str, least: int, timeout: float = 10.0) -> list[Text]:
        """What this phone got, once there are at least so many texts. Raises ``TimeoutError``."""
        if not self.ledger.until(lambda: len(self.sent_to(number)) >= least, timeout):
            raise TimeoutError(f"{len(self.sent_to(number))} of {least} texts came within {timeout} s")
        return self.sent_to(number)

    def faults(self, mode: str = "ok", **rest: object) -> None:
        """Misbehave from now on, see :class:`faults.Fault`; with no argument behave again."""
        self.fault.order(faults.make(mode, **rest))

    def receipts(self, mode: str = "in_order", **rest: object) -> None:
        """Let this become of the texts taken from now on, see :class:`receipts.Fate`."""
        self._fates.order(receipts.make(mode, **rest))

    def settled(self) -> bool:
        """Whether every receipt so far was posted."""
        return self._fates.idle()

    def _bring(self, to: str, body: str, via: str, *, confirms: bool = False) -> None:
        """Bring a text to a phone at once, unless the phone said STOP; Twilio's own confirmation always comes."""
        refused = not confirms and self.ledger.opted_out(to)
        self.ledger.add(
            "outbound-reply",
            self.number,
            to,
            body,
            via=via,
            status="failed" if refused else "delivered",
            error_code=OPTED_OUT if refused else None,
        )

    def _post_receipt(self, text: Text, status: str, code: int | None) -> WebhookAnswer:
        form = status_form(self.account_sid, text.sid, from_=text.from_, to=text.to, status=status, error_code=code)
        return self._caller.post(text.callback or "", form, text.sid)

    def _post_call(self, url: str, call: Call, status: str, more: dict[str, str]) -> WebhookAnswer:
        form = call_form(self.account_sid, call.sid, from_=call.from_, to=call.to, status=status, more=more)
        return self._caller.post(url, form, call.sid)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stand-in until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--number", default="+15555550100", help="the community's own number")
    parser.add_argument("--webhook", required=True, help="where inbound texts are posted, #rc=2&rp=all allowed")
    parser.add_argument("--no-contract", action="store_true", help="do not check against Twilio's published contract")
    given = parser.parse_args(arguments)
    try:
        sid, tokens = os.environ["FRONTDOOR_STANDIN_ACCOUNT_SID"], os.environ["FRONTDOOR_STANDIN_AUTH_TOKENS"]
    except KeyError as missing:
        parser.error(f"{missing.args[0]} is not set")
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    standin = Standin(
        sid,
        tokens.split(","),
        given.number,
        given.webhook,
        host=given.host,
        port=given.port,
        check_contract=not given.no_contract,
    )
    try:
        standin.start()
    except OSError as taken:
        sys.stderr.write(f"stand-in cannot listen on port {given.port}: {taken.strerror}\n")
        return 1
    over.wait()
    standin.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
