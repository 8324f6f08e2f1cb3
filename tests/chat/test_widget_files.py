"""The widget's files as they are sent: joined, small, packed; what cannot be joined is refused by name."""

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient

from gateway.web import widget_files, widget_look, widget_words

LONGEST = 20_000  # bytes that a visitor waits for


def join(modules: Mapping[str, str], entry: str = "a") -> str:
    return widget_files.joined(entry, modules.__getitem__)


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_that_is_sent_is_small(client: FlaskClient, language: str) -> None:
    edition = widget_files.edition()
    paths = ["/chat/embed.js", f"/chat/frame?language={language}"]
    paths.append(f"/chat/files/{edition}/chat.js")
    answers = [client.get(path, headers={"Accept-Encoding": "gzip, deflate, br"}) for path in paths]
    assert all(answer.headers["Content-Encoding"] == "br" for answer in answers)
    waited_for = sum(len(answer.data) for answer in answers)
    assert waited_for + sum(len(widget_files.files()[name].packed["br"]) for name in widget_files.LATER) < LONGEST


def test_it_is_packed_only_for_who_reads_that(client: FlaskClient) -> None:
    for path in ("/chat/embed.js", "/chat/frame", f"/chat/files/{widget_files.edition()}/demo.css"):
        plain = client.get(path)
        packed = client.get(path, headers={"Accept-Encoding": "gzip"})
        smaller = client.get(path, headers={"Accept-Encoding": "gzip, br"})
        refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0, br;q=0, identity"})
        assert "Content-Encoding" not in plain.headers
        assert "Content-Encoding" not in refused.headers
        assert brotli.decompress(smaller.data) == gzip.decompress(packed.data) == plain.data == refused.data
        assert len(smaller.data) < len(packed.data) < len(plain.data)
        answers = (plain, packed, smaller, refused)
        assert all("Accept-Encoding" in answer.vary for answer in answers)
        assert plain.headers.get("ETag") is None or len({answer.headers["ETag"] for answer in answers}) == 3


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_policy_names_the_style_that_stands_in_the_page(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/chat/frame?language={language}")
    styles = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    assert len(digests) == 1
    assert f"style-src 'self' 'sha256-{digests[0]}';" in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.text, "no other style could be shown"


def test_a_style_that_could_end_in_its_midst_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_files, "_read", lambda _name: "a::after { content: '</style>' }")
    with pytest.raises(ValueError, match="may end"):
        widget_files.style(widget_look.PLAIN._replace(bottom=17))


def test_who_has_a_file_packed_is_not_sent_it_again(client: FlaskClient) -> None:
    headers = {"Accept-Encoding": "gzip"}
    tag = client.get("/chat/embed.js", headers=headers).headers["ETag"]
    again = client.get("/chat/embed.js", headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_fetched_later_stands_alone(client: FlaskClient) -> None:
    for name, source in widget_files.LATER.items():
        assert not re.search(r"^import\b", (widget_files.FOLDER / source).read_text(), re.MULTILINE)
        answer = client.get(f"/chat/files/{widget_files.edition()}/{name}")
        assert answer.mimetype == "text/javascript"
        assert re.search(rb"export (async )?function", answer.data)


def test_modules_are_joined_in_the_order_of_their_need() -> None:
    modules = {
        "a": 'import { b } from "./b.js";\nimport * as c from "./c.js";\nexport const a = b + c.two();',
        "b": 'import { two } from "./c.js";\nexport const b = two();',
        "c": "export function two() {\n  return 2;\n}\nexport class Other {}\nexport async function later() {}",
    }
    made = join(modules)
    assert [made.index(f"const ${name} =") for name in "cba"] == sorted(made.index(f"const ${n} =") for n in "cba")
    assert made.count("const $c =") == 1
    assert "const { two } = $c;" in made
    assert "const c = $c;" in made
    assert "return { two, Other, later };" in made
    assert not re.search(r"^(import|export)\b", made, re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        'import b from "./b.js";',
        'import { b as c } from "./b.js";',
        "import { b,",
        'import "./b.js";',
        'import { b } from "https://elsewhere.example/b.js";',
        "export default 1;",
        "export { a };",
        'export * from "./b.js";',
        "export let changing = 1;",
    ],
)
def test_a_form_that_cannot_be_joined_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(line))):
        join({"a": line, "b": ""})


def test_modules_that_import_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="a -> b -> a"):
        join({"a": 'import { b } from "./b.js";', "b": 'import { a } from "./a.js";'})


def test_every_source_is_in_some_file() -> None:
    sources = {path.name for path in widget_files.FOLDER.glob("*.js")}
    read = set(widget_files.LATER.values())
    for entry in ("frame", "embed"):

        def source(name: str) -> str:
            read.add(f"{name}.js")
            made = {"wording": widget_words.module, "look": widget_look.PLAIN.module}
            return made[name]() if name in made else (widget_files.FOLDER / f"{name}.js").read_text()

        widget_files.joined(entry, source)
    assert read == sources | {"wording.js", "look.js"}
    styles = {path.name for path in widget_files.FOLDER.glob("*.css")}
    assert styles == {*widget_files.STYLES, *widget_files.IN_PAGE}


def test_words_in_one_language_or_twice_end_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_words, "FOLDER", tmp_path)
    (tmp_path / "one.yml").write_text("a:\n  en: x\n  es: y\n")
    (tmp_path / "two.yml").write_text("a:\n  en: x\n  es: y\n")
    with pytest.raises(ValueError, match="'a' stands in another file as well"):
        widget_words.words.__wrapped__()
    (tmp_path / "two.yml").write_text("b:\n  en: x\n")
    with pytest.raises(ValueError, match="'b' is not in exactly English and Spanish"):
        widget_words.words.__wrapped__()
