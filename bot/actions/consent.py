"""A yes, a no, or neither, to a question of consent. Pure; only a clear yes is one."""

from __future__ import annotations

import re

from bot.actions.said import Said
from bot.pipeline.plain import plain

YES, NO = "yes", "no"
_NOT = re.compile(r"\b(?:not|isnt|unsafe|dont|never|no)\b")
_STARTS_YES = re.compile(r"^(?:yes|yeah|yep|yup|ya|sure|ok|okay|si|sip|claro|dale|por supuesto|of course|please do)\b")
_SURE = frozenset(("affirm", "acknowledge"))
# Who does not know whether a text is safe to send is taken at the safer word.
_UNSURE_OR_SKIPPED = {"unsure": NO, "skip": "skipped"}


def read_consent(said: Said) -> str | None:
    """ "yes", "no" or "skipped" as the answer to a question of yes or no; None when the message is no answer."""
    words = plain(said.text)
    if said.intent in ("deny", *_UNSURE_OR_SKIPPED):
        return _UNSURE_OR_SKIPPED.get(said.intent, NO)
    if _NOT.search(words):
        return NO if words.split()[0] in ("no", "nope", "nah") or "safe" in words or "segur" in words else None
    if said.intent in _SURE or _STARTS_YES.match(words):
        return YES
    return YES if said.intent == "safe" else None
