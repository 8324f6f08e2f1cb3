"""The answers that a question offers, read out of its own words: the web chat shows a button for each of them.

A text by SMS names its answers in words ("Reply YES or NO", "1 food, 2 health"). What a button sends is that word or
digit, so that it takes the same road as one that is typed, and no button can say what its text does not.
"""

import re

YES_NO, NUMBERS, SKIP = "yes_no", "numbers", "skip"
KINDS = frozenset((YES_NO, NUMBERS, SKIP))
_YES_NO = re.compile(r"\b(YES|SÍ) (?:or|o) (NO)\b")
_SKIP = re.compile(r"\b(?:SKIP|OMITIR)\b")
_LINE = re.compile(r"(?m)^(\d{1,2}) (.+)$")
_REST = re.compile(r"[.,?!\n].*", re.DOTALL)
_AND = re.compile(r",?(?: or| o)?\s*$")

Offer = dict[str, str]  # ``label`` is on the button, ``text`` what it sends


class Question(str):
    """A text that offers answers, of one of the KINDS. A text as any other to whoever does not look for them.

    ``named_in`` is another text that lists the answers, where this one only asks for them again.
    """

    __slots__ = ("offers",)
    offers: tuple[Offer, ...]

    def __new__(cls, text: str, kind: str, named_in: str | None = None) -> "Question":
        """Read the answers out of the text; one that names none offers none."""
        made = super().__new__(cls, text)
        made.offers = tuple(_READ[kind](named_in or text))
        return made


def of(text: str) -> list[Offer] | None:
    """The answers that a text offers, if it does."""
    return list(text.offers) or None if isinstance(text, Question) else None


def _yes_no(text: str) -> list[Offer]:
    found = _YES_NO.findall(text)[-1:]  # a place that is read back stands before the words that ask
    return [_offer(word.capitalize(), word) for pair in found for word in pair]


def _numbers(text: str) -> list[Offer]:
    lines = _LINE.findall(text)
    return [_offer(f"{digit} {words}", digit) for digit, words in lines or _in_a_row(text)]


def _in_a_row(text: str) -> list[tuple[str, str]]:
    """ "1 food, 2 health or 3 something else." """
    parts: list[tuple[str, str]] = []
    rest = text
    while len(split := re.split(rf"(?<!\w){len(parts) + 1} (?=\w)", rest, maxsplit=1)) > 1:
        if parts:
            parts[-1] = (parts[-1][0], _AND.sub("", split[0]))
        rest = split[1]
        parts.append((str(len(parts) + 1), _REST.sub("", rest)))
    return parts


def _skip(text: str) -> list[Offer]:
    return [_offer(word.capitalize(), word) for word in _SKIP.findall(text)[-1:]]


def _offer(label: str, text: str) -> Offer:
    return {"label": label, "text": text}


_READ = {YES_NO: _yes_no, NUMBERS: _numbers, SKIP: _skip}
