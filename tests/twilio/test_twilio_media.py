"""The stand-in serves media as Twilio does: the API asks for auth and sends on, and the other host wants none."""

import http.client
from urllib.parse import urlsplit

from gateway.clients.media_fetch import MediaFetcher
from gateway.demo.standin import Standin
from tests.twilio.conftest import ACCOUNT, ANA, TOKEN
from tests.twilio.webhook import Webhook


def get(standin: Standin, path: str, **headers: str) -> tuple[int, str | None]:
    """The status, and where it sends on to."""
    line = http.client.HTTPConnection(urlsplit(standin.url).netloc, timeout=10)
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location")
    finally:
        line.close()


def test_media_are_sent_on_by_the_api_and_lie_elsewhere(standin: Standin, webhook: Webhook) -> None:
    standin.text(ANA, "", media=["audio/amr"])
    url = webhook.calls[0].form["MediaUrl0"]
    path = urlsplit(url).path
    assert get(standin, path) == (401, None)
    assert get(standin, path.replace(ACCOUNT, "AC" + "0" * 32)) == (401, None)
    assert MediaFetcher(ACCOUNT, TOKEN, standin_url=standin.url).fetch(url).startswith(b"#!AMR")


def test_the_media_host_refuses_the_accounts_auth_and_what_it_does_not_have(standin: Standin, webhook: Webhook) -> None:
    standin.text(ANA, "", media=["audio/amr"])
    sid = webhook.calls[0].form["MediaUrl0"].rpartition("/")[2]
    lies = f"/{ACCOUNT}/{standin.shelf.key(sid)}"
    assert get(standin, lies) == (200, None)
    assert get(standin, lies, Authorization="Basic eA==") == (400, None)
    assert get(standin, f"/{ACCOUNT}/{'0' * 32}") == (403, None)
