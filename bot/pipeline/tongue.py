"""Read from a plain text which of our two languages its writer speaks, where that is said beside something else."""

from __future__ import annotations

import re

_NAMES = {"en": "english|ingles", "es": "spanish|espanol|castellano"}
_NAMED = "|".join(_NAMES.values())
# A lawyer "who speaks Spanish" and a class "in English" say nothing about the writer.
_SPEAK = re.compile(
    rf"\b(?:i|we|my (?:family|mom|mother|parents|wife|husband)|she|he|they|yo|nosotros|mi (?:familia|mama|papa|esposa))"
    rf"(?: (?:only|just|solo|nomas|solamente))? (?:speaks?|habla|hablo|hablamos)(?: (?:only|just|solo))? ({_NAMED})\b"
    rf"|\b(?<!que )(?:solo |nomas |solamente )?(?:hablo|hablamos)(?: (?:solo|puro))? ({_NAMED})\b"
    rf"|\b({_NAMED}) (?:please|pls|plz|por ?favor|porfa|only)\b"
    rf"|^(?:(?:mejor |por favor )?(?:en|in) )({_NAMED})\b|^({_NAMED}) \d{{5}}$|^\d{{5}} ({_NAMED})$"
)
_SPEAK_NOT = re.compile(
    rf"\b(?:i|we) (?:dont|do not|cant|cannot) (?:speak|understand|read) (?:any |much |good )?({_NAMED})\b"
    rf"|\bno (?:hablo|hablamos|entiendo|entendemos|se|leo)(?: (?:bien|mucho|nada de))?(?: el)? ({_NAMED})\b"
    rf"|^(?:.* )?no ({_NAMED})$"
)


def spoken(words: str) -> str | None:
    """ "en" or "es" as the writer speaks it, told by what they speak or what they do not; None when it is not told."""
    for pattern, is_spoken in ((_SPEAK_NOT, False), (_SPEAK, True)):
        match = pattern.search(words)
        if match:
            name = next(group for group in match.groups() if group)
            code = next(code for code, names in _NAMES.items() if re.fullmatch(names, name))
            return code if is_spoken else {"en": "es", "es": "en"}[code]
    return None
