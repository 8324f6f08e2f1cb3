"""Makes plain text of a cell: no mark-up, no sign that cannot be stored, nothing that means "nothing"."""

import html
import re

from gateway.invisible import FLIPS

# What spreadsheets and databases write into a cell that is empty. "None" is no such word: it is what a fee may be.
NOTHING = frozenset(
    ("null", "(null)", "\\n", "nan", "n/a", "#n/a", "undefined", "-", "--", "#ref!", "#value!", "#name?", "#div/0!")
)
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,11})\b([^<>]{0,4000})>")
LINK = re.compile(r"""(?i)\bhref\s*=\s*["']?((?:https?:|mailto:|tel:)[^\s"'<>]{1,500})""")
ENTITY = re.compile(r"&(?:[A-Za-z]{2,24}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
HIDDEN = frozenset(("script", "style"))
LINES = frozenset(
    "address article blockquote br center dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li ol p pre section table"
    " tbody thead tr ul".split()
)
TAGS = (
    HIDDEN
    | LINES
    | frozenset(
        "a abbr b big body button cite code em font head html i iframe img input label main meta nav o q s small span"
        " strike strong sub sup td th title u".split()
    )
)
ROUNDS = 2  # "&lt;b&gt;" is mark-up that was escaped once more on its way


def storable(text: str) -> str:
    """The text without what Postgres cannot hold: NUL characters, halves of a pair of UTF-16."""
    text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def is_nothing(text: str) -> bool:
    """Whether a cell says that it is empty: "NULL", "N/A", "#REF!", "-"."""
    return len(text) < 12 and text.lower() in NOTHING  # noqa: PLR2004 - longer than any of them


def plain_text(text: str) -> str:
    """The text as a reader of its page would see it: paragraphs as lines, links behind their words, signs as letters.

    What is no tag of HTML stays ("<18 years", "<ana@example.org>").
    """
    for _ in range(ROUNDS):
        if not (marked := _has_tags(text)) and not ENTITY.search(text):
            break
        text = _without_tags(_without_comments(text)) if marked else text
        text = ENTITY.sub(lambda found: html.unescape(found[0]), text).replace("\xa0", " ")
        text = storable(_tidy(text) if marked else text)
    return FLIPS.sub("", text).strip()


def _has_tags(text: str) -> bool:
    return "<" in text and any(found[2].lower() in TAGS for found in TAG.finditer(text))


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    parts = (part.partition("-->") for part in rest)
    return first + "".join(tail if mark else f"<!--{head}" for head, mark, tail in parts)


def _without_tags(text: str) -> str:
    told: list[str] = []
    position, skipped, link = 0, "", ""
    for found in TAG.finditer(text):
        name, ends = found[2].lower(), bool(found[1])
        if name not in TAGS or (skipped and not (ends and name == skipped)):
            continue
        if not skipped:
            told.append(text[position : found.start()])
        position, skipped = found.end(), name if name in HIDDEN and not ends else ""
        if name in LINES:
            told.append("\n")
        elif name == "a":
            told.append(f" ({link})" if ends and link and link not in told[-1] else "")
            target = LINK.search(found[3])
            link = target[1].removeprefix("mailto:").removeprefix("tel:") if target and not ends else ""
    return "".join([*told, text[position:]])


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
