"""The widget's pages and files: what they allow, what they refuse, and that both languages say the same things."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway import community
from gateway.texts import placeholders
from gateway.web import chat_move, staffed_words, widget_files, widget_words

SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc|\bon\w+\s*=\s*[\"']"
)


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def policy(client: FlaskClient, path: str) -> dict[str, str]:
    found = client.get(path).headers["Content-Security-Policy"]
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in found.split(";"))}


def test_the_frame_allows_nothing_but_its_own_files(client: FlaskClient) -> None:
    answer = client.get("/chat/frame?language=es")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    found = policy(client, "/chat/frame")
    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["connect-src"] == "'self'"
    assert re.fullmatch(r"'self' 'sha256-[\w+/]{43}='", found["style-src"]), "and the one style that stands in it"
    assert found["frame-ancestors"] == "'self'"
    assert found["require-trusted-types-for"] == "'script'"


@pytest.mark.parametrize("path", ["/chat/frame", "/demo", "/demo?language=es"])
def test_pages_have_no_inline_script_or_style(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    for tag, attributes in Tags(page).found:
        assert tag != "style" or path == "/chat/frame", "that one is named in the policy by its digest"
        assert tag != "script" or attributes.get("src")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src",) if tag == "a" else ("src", "href"):
            link = attributes.get(name) or ""
            assert not link.startswith(("http:", "https:", "//")), "nothing is fetched from elsewhere"


def test_only_the_towns_sites_may_show_the_frame(another: Callable[..., Flask], tmp_path: Path) -> None:
    facts = community.EXAMPLE.read_text().replace("web_origins = []", 'web_origins = ["https://town.example"]')
    town = tmp_path / "town.toml"
    town.write_text(facts)
    client = another(community_file=town).test_client()
    assert policy(client, "/chat/frame")["frame-ancestors"] == "'self' https://town.example"
    meta = [tag[1] for tag in Tags(client.get("/chat/frame").text).found if tag[1].get("name") == "front-door-parents"]
    assert meta[0]["content"] == "https://town.example"


@pytest.mark.parametrize(("asked", "given"), [("es", "es"), ("en", "en"), ("", "en"), ('x"><script>', "en")])
def test_the_frame_opens_in_the_language_asked_for(client: FlaskClient, asked: str, given: str) -> None:
    page = client.get("/chat/frame", query_string={"language": asked}).text
    assert f'<html lang="{given}"' in page
    assert "<script>" not in page


def test_without_scripts_the_numbers_are_there_in_both_languages(client: FlaskClient) -> None:
    page = client.get("/chat/frame").text
    for language in ("en", "es"):
        paragraph = re.search(rf'<p lang="{language}">(.*?)</p>', page, re.DOTALL)
        assert paragraph
        assert set(re.findall(r"(?:tel|sms):(\+?\d+)", paragraph[1])) == {"911", "988", "211", "+15555550100"}
        assert 'href="sms:+15555550100"' in paragraph[1]
    assert page.index("tel:911") < page.rindex("<noscript>")  # and above it, for a script that failed to load


def test_the_demo_page_is_for_demos_only(client: FlaskClient, another: Callable[..., Flask]) -> None:
    for path in ("/", "/demo"):
        assert "This is a demo." in client.get(path).text
        assert "Esto es una demostración." in client.get(f"{path}?language=es").text
        assert another(mode="production").test_client().get(path).status_code == 404


def test_the_towns_page_may_load_one_file_and_no_more(client: FlaskClient) -> None:
    answer = client.get("/chat/embed.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get("/chat/embed.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data
    for name in ("frame.js", "chat.js", "words.js", "wording.js", "..%2fconsole%2fconsole.js"):
        assert client.get(f"/chat/{name}").status_code == 404


def test_files_of_the_frame_carry_their_edition(client: FlaskClient) -> None:
    edition = widget_files.edition()
    for name in widget_files.files():
        answer = client.get(f"/chat/files/{edition}/{name}")
        assert answer.status_code == 200
        assert answer.cache_control.immutable
        assert "Access-Control-Allow-Origin" not in answer.headers
    old = client.get(f"/chat/files/{'0' * 12}/chat.js")
    assert old.status_code == 200
    assert not old.cache_control.immutable
    assert client.get(f"/chat/files/{edition}/nothing.js").status_code == 404
    assert client.get(f"/chat/files/{edition}/frame.js").status_code == 404, "a source, which is in chat.js"
    assert client.get("/chat/files/x/chat.js").status_code == 404


def test_every_word_exists_in_both_languages() -> None:
    words = widget_words.words()
    for name, wording in words.items():
        assert placeholders(wording["en"]) == placeholders(wording["es"]), name
        assert wording["en"] != wording["es"], name
    sources = [page_source(), *(path.read_text() for path in widget_files.FOLDER.glob("*.js"))]
    sources.append(Path(staffed_words.__file__).read_text())
    used = {word for source in sources for word in re.findall(r'"(\w+)"', source)}
    used |= {f"by_text_{word}" for word in chat_move.WORDS}
    assert set(words) <= used, f"nobody says {set(words) - used}"
    assert set(re.findall(r'data-word(?:-label|-title)?="(\w+)"', page_source())) <= set(words)


def test_what_runs_on_the_towns_page_is_given_its_own_words_and_no_others() -> None:
    source = (widget_files.FOLDER / "embed.js").read_text()
    said = set(re.findall(r'\bsay\([\w.#]+, "(\w+)"', source))
    assert said == widget_words.of_launcher()
    assert "Get help by chat" in widget_files.files()["embed.js"].content.decode()
    assert "Leave quickly" not in widget_files.files()["embed.js"].content.decode()


def page_source() -> str:
    return (widget_files.FOLDER.parent.parent / "templates" / "chat" / "frame.html").read_text()


def test_text_is_only_ever_set_as_text() -> None:
    for path in widget_files.FOLDER.glob("*.js"):
        found = SINKS.search(path.read_text())
        assert not found, f"{path.name}: {found and found[0]}"
        assert not re.search(r'postMessage\([^)]*"\*"', path.read_text()), path.name
