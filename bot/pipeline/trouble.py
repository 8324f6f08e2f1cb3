"""Tell that a place did not help: full, closed, nobody answered, turned away. Pure."""

from __future__ import annotations

import re

_TROUBLE = re.compile(
    r"\b(?:(?:its|it is|was|were|is|are|theyre|they are|all|place|todos?|todas?|esta|estan|estaba"
    r"|estaban) (?:all |still |"
    r"already |ya |bien |muy )?(?:full|closed|gone|llenos?|llenas?|cerrad[oa]s?)|(?:no|ran out of"
    r"|out of) (?:more )?"
    r"(?:beds?|space|room|food|spots?)(?: left)?|turned (?:me|us) away|(?:nobody|no one"
    r"|noone) (?:answer\w*|picks? up|picked up"
    r"|there)|(?:didnt|did not|doesnt|dont|wont|does not|do not) (?:answer|pick up|help me|help us"
    r"|let me in|let us in|work"
    r"|have (?:it|any\w*))|wait ?list|no (?:contest\w+|me contest\w+|nos contest\w+|habia|hubo"
    r"|me ayud\w+|nos ayud\w+|"
    r"me dejaron|nos dejaron|me quisieron|sirvio|me sirvio|funciono)|nadie (?:contest\w+|respond\w+)"
    r"|ya no (?:hay|habia|tienen|"
    r"tenian)|lista de espera|se (?:les )?acabo)\b"
)


def tells_trouble(words: str) -> bool:
    """Whether a plain text tells that what was listed did not help."""
    return _TROUBLE.search(words) is not None
