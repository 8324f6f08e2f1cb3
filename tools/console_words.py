"""Gathers every word of the console and keeps ``gateway/translations/es.po`` in step with it (``make words``).

A word that is new stands there with an empty translation, one that is said no more goes away. A test fails while
anything is missing.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "gateway" / "translations" / "es.po"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
MARKS = {"_": None, "N_": None}
HEAD = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Language: es\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def said() -> set[str]:
    """Every text that a page of the console says in English."""
    found = extract_from_dir(ROOT / "gateway", method_map=METHODS, options_map={"**": {}}, keywords=MARKS)
    return {text for _, _, text, _, _ in found if isinstance(text, str) and text}


def kept() -> Catalog:
    """The Spanish catalogue as it is."""
    with KEPT.open("rb") as source:
        return read_po(source, locale="es", domain="messages")


def faults() -> Iterator[str]:
    """What is wrong with the catalogue: a text without Spanish, one that nobody says, other places to fill in."""
    catalogue, texts = kept(), said()
    known: dict[str, Message] = {str(each.id): each for each in catalogue if each.id}
    yield from (f"not in es.po, run `make words`: {text!r}" for text in sorted(texts - known.keys()))
    yield from (f"said nowhere, run `make words`: {text!r}" for text in sorted(known.keys() - texts))
    for text in sorted(texts & known.keys()):
        spanish = str(known[text].string or "")
        if not spanish.strip():
            yield f"no Spanish for {text!r}"
        elif places(text) != places(spanish):
            yield f"other places to fill in than {text!r}: {spanish!r}"


def places(text: str) -> list[str]:
    """What is filled into a text: ``%(name)s`` and ``{name}``."""
    return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def gather() -> int:
    """Write the catalogue anew with what is said today; returns how many texts wait for their Spanish."""
    before = {str(each.id): str(each.string or "") for each in kept() if each.id} if KEPT.exists() else {}
    catalogue = Catalog(locale="es", project="Front Door", charset="utf-8")
    for text in sorted(said()):
        catalogue.add(text, before.get(text, ""))
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, omit_header=True)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(HEAD + buffer.getvalue().decode())
    return sum(not each.string for each in catalogue if each.id)


if __name__ == "__main__":
    sys.stdout.write(f"{KEPT.relative_to(ROOT)}: {gather()} texts wait for their Spanish\n")
