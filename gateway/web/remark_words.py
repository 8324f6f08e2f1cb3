"""Says in the reader's language what an import remarks: a report is kept, and printed, in English.

A remark is a sentence of below with cells in it. One that no sentence fits, as of a town's own mapping, stays as it is.
"""

import re
from functools import lru_cache

from flask_babel import gettext

from gateway.marking import N_

REMARKS_KEPT = 4_096
GAP = re.compile(r"%\\\((\w+)\\\)s")
# The first that fits is meant, so what is said in more words stands first.
SENTENCES = (
    N_("%(cell)s was empty, read as %(read)s"),
    N_("%(cell)s missing"),
    N_("a NUL character was removed"),
    N_("a broken character was replaced"),
    N_("an invisible sign was removed"),
    N_("%(cell)s read as empty"),
    N_("%(cell)s held mark-up; it was made plain text"),
    N_("%(cell)s is too long; kept as text"),
    N_("%(cell)s is there in several languages; the English was taken, all kept"),
    N_("%(cell)s read as %(read)s; also kept as text"),
    N_("%(cell)s is not a %(type)s; kept as text"),
    N_("it had no id and was given one"),
    N_("%(cell)s is none that HSDS knows; read as inactive"),
    N_("it says of itself that it is a test; read as inactive"),
    N_("latitude and longitude were exchanged"),
    N_("latitude and longitude are not a point on earth; left empty"),
    N_("latitude and longitude are zero; left empty"),
    N_("%(cell)s is a number that a spreadsheet has shortened"),
    N_("%(cell)s is not a phone number"),
    N_("neither a name nor a code"),
    N_("link_entity names no object"),
    N_("it names no field of text that HSDS has"),
    N_("%(cell)s names no days; kept as text"),
    N_("%(cell)s is not a time; kept as text"),
    N_("%(cell)s is not a time"),
    N_("%(cell)s held both times"),
    N_("hours %(cell)s may mean two things; kept as text"),
    N_("%(cell)s read as a place that is not told"),
    N_("%(cell)s has no year"),
    N_("%(cell)s names no holiday"),
    N_("%(kind)s %(id)s is there twice"),
    N_("there is no %(kind)s %(id)s; kept without it"),
    N_("there is no %(kind)s %(id)s"),
    N_("this %(kind)s belongs to nothing that was taken"),
    N_("not an HSDS object"),
    N_("objects lie in each other too deep to be read"),
    N_("more cells than columns"),
    N_("the column names once more"),
    N_("the files were read as %(name)s"),
    N_("%(file)s was not read, because the folder holds CSV files"),
    N_("%(file)s holds nothing but the folder %(below)s, which was read"),
    N_("%(file)s was left out: people's own details are not kept"),
    N_("%(file)s was left out: not used here"),
    N_("%(file)s was left out: said with the service"),
    N_("%(file)s was left out: the mapping %(name)s does not know it"),
    N_(
        "%(file)s was left out: no HSDS object goes by that name;"
        " a table with columns of its own is read by a mapping file: docs/importing.md says how"
    ),
    N_("datapackage.json could not be read; what each file holds was told by its name"),
    N_("%(file)s has no column 'id'; %(name)s was read as it"),
    N_("%(file)s has the column %(name)s more than once; the last one was read"),
    N_("%(file)s: the line above the columns was passed over: %(text)s"),
    N_("%(file)s is not UTF-8; it was read as %(name)s"),
    N_("%(n)s services are also in dataset %(name)s; to replace that one, import under its name"),
    N_("%(file)s, rows with %(name)s, about a person"),
    N_("%(name)s, about a person"),
    N_("%(name)s, the wider term says it"),
    N_("%(name)s, a day without hours is closed"),
    N_("%(name)s, not shown to the public"),
    N_("%(cell)s read as %(read)s"),
)
PATTERNS = tuple((re.compile(GAP.sub(r"(?P<\1>.+?)", re.escape(each)), re.DOTALL), each) for each in SENTENCES)


def told(remark: str) -> str:
    """A remark, a note, or what was left out and why."""
    sentence, cells = _meant(remark)
    return gettext(sentence, **cells) if sentence else remark


@lru_cache(REMARKS_KEPT)
def _meant(remark: str) -> tuple[str, dict[str, str]]:
    fits = ((pattern.fullmatch(remark), sentence) for pattern, sentence in PATTERNS)
    return next(((sentence, found.groupdict()) for found, sentence in fits if found), ("", {}))
