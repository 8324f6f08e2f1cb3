"""Fetching what came with a text: only Twilio's hosts are asked, nobody else gets the auth, and all has an end."""

import base64
import ipaddress
import time
from collections.abc import Callable, Iterator

import pytest

from gateway.clients.media_fetch import MOST_BYTES, MediaFetcher, Network
from gateway.errors import MediaFailed
from gateway.public_hosts import is_public
from tests.conftest import ACCOUNT_SID
from tests.fakes.media_host import Answer, MediaHost, dripping, endless, say, send_on

pytestmark = pytest.mark.slow

PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM{'1' * 32}/Media/ME{'2' * 32}"
URL = f"https://api.twilio.com{PATH}"
Hosted = Callable[..., tuple[MediaHost, MediaFetcher]]


@pytest.fixture
def hosted() -> Iterator[Hosted]:
    """A host that answers as told, and a fetcher for which it is every host."""
    running: list[MediaHost] = []

    def make(first: Answer, *, seconds: float = 10.0, **others: Answer) -> tuple[MediaHost, MediaFetcher]:
        host = MediaHost({PATH: first} | {f"/{name}": answer for name, answer in others.items()})
        running.append(host)
        return host, MediaFetcher(ACCOUNT_SID, "t" * 32, standin_url=host.url, seconds=seconds)

    yield make
    for host in running:
        host.close()


def failure(fetcher: MediaFetcher, url: str = URL) -> tuple[str, bool]:
    """Why it fails, and whether it may be tried again."""
    with pytest.raises(MediaFailed) as told:
        fetcher.fetch(url)
    return told.value.code, told.value.retryable


def test_it_follows_to_the_media_host_and_leaves_the_auth_behind(hosted: Hosted) -> None:
    host, fetcher = hosted(send_on("https://mms.twiliocdn.com/one?Expires=4h"), one=say(200, b"the picture"))
    assert fetcher.fetch(URL) == b"the picture"
    (asked, first), (path, second) = host.asked
    assert (asked, first["host"]) == (PATH, "api.twilio.com")
    assert first["authorization"] == "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{'t' * 32}".encode()).decode()
    assert (path, second["host"]) == ("/one?Expires=4h", "mms.twiliocdn.com")
    assert "authorization" not in second
    assert not any("tttt" in text for text in second.values())


@pytest.mark.parametrize(
    "to",
    [
        "https://169.254.169.254/latest/meta-data/iam/",
        "http://169.254.169.254/latest/meta-data/",
        "https://2852039166/",
        "https://[::ffff:169.254.169.254]/",
        "https://127.0.0.1/one",
        "https://localhost/one",
        "http://mms.twiliocdn.com/one",
        "file:///etc/passwd",
        "gopher://mms.twiliocdn.com/one",
        "//evil.example/one",
        "https://mms.twiliocdn.com.evil.example/one",
        "https://evil-mms.twiliocdn.com/one",
        "https://mms.twiliocdn.com:8443/one",
        "https://mms.twiliocdn.com@evil.example/one",
        "https://evil.example\\@mms.twiliocdn.com/one",
        "https://user:word@mms.twiliocdn.com/one",
        "https://MMS.twiliocdn.com./one",
        "https://mms.twiliocdn.c\u00f3m/one",
        "https://s3.amazonaws.com/bucket/one",
        "https://[mms.twiliocdn.com/one",
        "https://mms.twiliocdn.com",
    ],
)
def test_a_redirect_to_anywhere_else_is_never_followed(hosted: Hosted, to: str) -> None:
    host, fetcher = hosted(send_on(to, 302), one=say(200, b"stolen"))
    assert failure(fetcher) == ("not_allowed", False)
    assert [path for path, _ in host.asked] == [PATH]


def test_a_redirect_without_a_place_leads_nowhere(hosted: Hosted) -> None:
    """It would ask the same again, and so on: the number of hops ends it."""
    host, fetcher = hosted(say(307))
    assert failure(fetcher) == ("too_many_redirects", False)
    assert len(host.asked) == 4


@pytest.mark.parametrize(
    "url", ["https://mms.twiliocdn.com/one", "http://api.twilio.com" + PATH, "https://evil.example/"]
)
def test_only_the_api_is_asked_first(hosted: Hosted, url: str) -> None:
    host, fetcher = hosted(say(200, b"x"), one=say(200, b"x"))
    assert failure(fetcher, url) == ("not_allowed", False)
    assert host.asked == []


def test_a_chain_of_three_is_followed_and_one_of_four_is_not(hosted: Hosted) -> None:
    way = {
        "one": send_on("https://media.twiliocdn.com/two", 302),
        "two": send_on("https://s3-external-1.amazonaws.com/three", 301),
    }
    first = send_on("https://mms.twiliocdn.com/one")
    _, fetcher = hosted(first, **way, three=say(200, b"there"))
    assert fetcher.fetch(URL) == b"there"
    host, fetcher = hosted(first, **way, three=send_on("https://mms.twiliocdn.com/four"), four=say(200, b"there"))
    assert failure(fetcher) == ("too_many_redirects", False)
    assert [path for path, _ in host.asked] == [PATH, "/one", "/two", "/three"]


def test_a_body_without_an_end_is_cut(hosted: Hosted) -> None:
    _, fetcher = hosted(endless)
    assert failure(fetcher) == ("too_big", False)


def test_a_length_that_is_too_much_is_believed(hosted: Hosted) -> None:
    _, fetcher = hosted(say(200, b"only this", length=MOST_BYTES + 1))
    assert failure(fetcher) == ("too_big", False)


def test_a_body_that_ends_too_soon_is_not_the_picture(hosted: Hosted) -> None:
    _, fetcher = hosted(say(200, b"half of it", length=20))
    assert failure(fetcher) == ("no_connection", True)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_bytes_that_trickle_do_not_stretch_the_time(hosted: Hosted, first: bytes) -> None:
    """In the status line, in a header, in a body: a byte every 20 ms, for ever."""
    _, fetcher = hosted(dripping(first), seconds=0.3)
    assert failure(fetcher)[0] in {"too_slow", "no_connection"}  # a status line of letters is no HTTP at some length


def test_the_time_is_that_of_all_hops_together(hosted: Hosted) -> None:
    _, fetcher = hosted(send_on("https://mms.twiliocdn.com/one"), one=dripping(b"HTTP/1.1 200 OK\r\n\r\n"), seconds=0.3)
    assert failure(fetcher) == ("too_slow", True)


def test_what_is_packed_is_not_unpacked(hosted: Hosted) -> None:
    _, fetcher = hosted(say(200, b"\x1f\x8b", "Content-Encoding: gzip"))
    assert failure(fetcher) == ("packed", False)


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, ("gone", False)), (410, ("gone", False)), (401, ("refused", False)), (403, ("refused", False)),
     (429, ("refused", True)), (503, ("refused", True)), (204, ("refused", False))],
)  # fmt: skip
def test_a_refusal_says_whether_it_may_be_tried_again(hosted: Hosted, status: int, told: tuple[str, bool]) -> None:
    _, fetcher = hosted(say(status))
    assert failure(fetcher) == told


def test_nobody_there_may_be_tried_again() -> None:
    assert failure(MediaFetcher(ACCOUNT_SID, "t" * 32, standin_url="http://127.0.0.1:9")) == ("no_connection", True)


@pytest.mark.parametrize("address", ["151.101.1.57", "52.216.0.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_open_internet_may_be_asked(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
    ],
)  # fmt: skip
def test_no_address_of_ours_or_of_a_cloud_s_own_may_be(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def test_a_name_that_stands_for_this_machine_is_not_connected_to(hosted: Hosted) -> None:
    """As when the name server of a media host is made to lie."""
    host, _ = hosted(say(200, b"x"))
    port = int(host.url.rpartition(":")[2])
    with pytest.raises(MediaFailed, match="not_public"):
        Network(time.monotonic() + 5, guarded=True).connect_tcp("localhost", port)
    assert host.asked == []
