"""How a message is read: several plain spellings of it, because people in trouble type as they can."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.risk.letters import Token, View, merge, tokens_of
from gateway.risk.spelling import Spelling, repair, split_known, split_unit, squeeze

_LETTER_RUN = 3
_MARKS = frozenset(".,")


def views_of(raw: str, spelling: Spelling) -> list[View]:
    """All views of a message that differ, the plain one first.

    The plain view folds letters only. The others repair spelling, with the shorthand of one language each, because
    the two disagree ('k' is "ok" or "que"). All are read, so a wrong repair can hide nothing.
    """
    tokens = tokens_of(raw)
    joined = _join_letters(tokens, spelling.known)
    views = [
        View("plain", tuple(merge(_plain(tokens), spelling.merges))),
        _repaired("english shorthand", joined, spelling.english, spelling),
        _repaired("spanish shorthand", joined, spelling.spanish, spelling),
    ]
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


def _join_letters(tokens: Sequence[Token], known: frozenset[str]) -> list[Token]:
    """'s u i c i d e' and 'd.i.e' as words; letters that make several words are split where those end."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        letters, past = _letter_run(tokens, at)
        if len(letters) >= _LETTER_RUN:
            joined = Token("".join(token.text for token in letters), letters[0].start, letters[-1].end)
            out += joined.respelled(split_known(joined.text, known))
            at = past
        else:
            out += tokens[at : max(past, at + 1)]
            at = max(past, at + 1)
    return out


def _letter_run(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The single letters from there on, single stops between them passed over, and where they end."""
    letters: list[Token] = []
    past = at
    while past < len(tokens):
        token = tokens[past]
        if len(token.text) == 1 and token.text.isalpha():
            letters.append(token)
        elif token.text != "." or not letters or token.end - token.start > 1:
            break
        past += 1
    return letters, past
