"""How a message is read: several plain spellings of it, because people in trouble type as they can."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.risk.letters import Token, View, merge, tokens_of
from gateway.risk.spelling import Spelling, repair, split_known, split_unit, squeeze, unleet

_LETTER_RUN = 3
_WIDEST_STOP = 3  # characters between letters that are pulled apart: "k...i...l...l"
_SHORTEST_TORN = 6
_PIECE = 4  # letters; of shorter words the list of common ones knows nothing
_MARKS = frozenset(".,")


def views_of(raw: str, spelling: Spelling) -> list[View]:
    """All views of a message that differ, the plain one first.

    The plain view folds letters only. The others repair spelling, with the shorthand of one language each, because
    the two disagree ('k' is "ok" or "que"), and where there are emoji once more with these as words. All are read, so
    a wrong repair can hide nothing.
    """
    pictures = spelling.pictures
    seen = tokens_of(raw, pictures.known)
    tokens = [token for token in seen if token.text.isascii()]
    joined = _joined(tokens, spelling)
    views = [
        View("plain", tuple(merge(_plain(tokens), spelling.merges))),
        _repaired("english shorthand", joined, spelling.english, spelling),
        _repaired("spanish shorthand", joined, spelling.spanish, spelling),
    ]
    if len(tokens) < len(seen):
        for name, language, table in (("english", "en", spelling.english), ("spanish", "es", spelling.spanish)):
            told = _joined(pictures.as_words(seen, language), spelling)
            views.append(_repaired(f"{name} emoji", told, table, spelling))
    different: dict[str, View] = {}
    for view in views:
        different.setdefault(view.text, view)
    return list(different.values())


def _plain(tokens: Sequence[Token]) -> list[Token]:
    """Symbols out, '14yo' as '14 yo', a letter at most twice in a row."""
    out: list[Token] = []
    for token in tokens:
        if token.text in _MARKS:
            out.append(token)
            continue
        for word in re.findall(r"[a-z0-9]+", token.text):
            out += token.respelled(split_unit(squeeze(word, 2)))
    return out


def _repaired(name: str, tokens: Sequence[Token], table: Mapping[str, str], spelling: Spelling) -> View:
    out: list[Token] = []
    for token in tokens:
        out += [token] if token.text in _MARKS else token.respelled(repair(token.text, table, spelling))
    return View(name, tuple(merge(out, spelling.merges)))


def _joined(tokens: Sequence[Token], spelling: Spelling) -> list[Token]:
    """'s u i c i d e' and 'd.i.e' as words, and 'sui cide' as one."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        letters, past = _letter_run(tokens, at)
        if len(letters) >= _LETTER_RUN:
            out += _words_of(letters, spelling.known)
        else:
            past = max(past, at + 1)
            for token in tokens[at:past]:
                torn = _torn(out[-1], token, spelling) if out else None
                out[-1 if torn else len(out) :] = [torn or token]
        at = past
    return out


def _words_of(letters: Sequence[Token], known: frozenset[str]) -> list[Token]:
    """The words that single letters make, each read from its own letters."""
    words, at = [], 0
    for word in split_known(unleet("".join(letter.text for letter in letters), known), known):
        own = letters[at : at + len(word)]
        words.append(Token(word, own[0].start, own[-1].end))
        at += len(word)
    return words


def _torn(first: Token, second: Token, spelling: Spelling) -> Token | None:
    """Two pieces of a known word as that word, if one of them is a longer string that is no word by itself."""
    whole = first.text + second.text
    if len(whole) < _SHORTEST_TORN or whole not in spelling.known:
        return None
    if all(len(each.text) < _PIECE or spelling.is_word(each.text) for each in (first, second)):
        return None
    return Token(whole, first.start, second.end)


def _letter_run(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The single letters from there on, short stops and commas between them passed over, and where they end.

    A digit that stands for a letter counts once there are letters before it.
    """
    letters: list[Token] = []
    past = at
    while past < len(tokens):
        token = tokens[past]
        if len(token.text) == 1 and (token.text.isalpha() or (letters and token.text.isalnum())):
            letters.append(token)
        elif token.text not in _MARKS or not letters or token.end - token.start > _WIDEST_STOP:
            break
        past += 1
    return letters, past
