"""Tell a question about who reads along from one about why something is asked. Pure."""

from __future__ import annotations

import re

from bot.pipeline.plain import plain

_READS = re.compile(
    r"\b(?:who|anyone|anybody|somebody|someone|police|cops?|ice|immigration|cps|landlord|boss|husband|wife|boyfriend|bf|school|"
    r"parents|mom|dad|va|po)\b.*\b(?:reads?|sees?|seeing|knows?|gets?|finds? out|told)\b"
    r"|\b(?:tell|telling|report|share|sharing|sell|selling|giving)\b.*\b(?:police|cops?|ice|immigration|cps|landlord|"
    r"anyone|anybody|info|information|data|my name|my number)\b"
    r"|\b(?:confidential|private|anonymous|secret|recorded|recording me|on a record)\b"
    r"|\b(?:quien|alguien|policia|migra|inmigracion|ice|dueno|casero|jefe|patron\w*|esposo|marido|mama|papa|escuela)\b.*"
    r"\b(?:lee\w*|ven?|vea\w*|sabe\w*|entera\w*|llega\w*)\b"
    r"|\b(?:avisa[nr]?|dicen?|pasa[nr]?|reporta[nr]?|comparten?|vende[nr]?|cuentan?|contar|llama[nr])\b.*"
    r"\b(?:policia|migra|inmigracion|ice|nadie|alguien|familia|datos|informacion|dueno|casero|menores)\b"
    r"|\b(?:confidencial|privado|anonimo|secreto|grabado|graban)\b"
)


def asks_who_reads(text: str) -> bool:
    """Whether a message asks who sees what is written here, or who is told of it."""
    return _READS.search(plain(text)) is not None
