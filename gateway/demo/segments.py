"""How many SMS segments a text costs, counted as a carrier does (3GPP TS 23.038).

Counted here apart from the gateway's own count, so that a mistake there shows in the handset.
"""

from typing import NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets each
GSM_ONE, GSM_MANY = 160, 153  # septets in a lone segment, and in each of several (a header takes seven)
UCS_ONE, UCS_MANY = 70, 67  # UTF-16 units


class Count(NamedTuple):
    """Segments and the encoding that they are counted in."""

    segments: int
    encoding: str


def count(text: str) -> Count:
    """Count the segments of one text; an empty text costs one."""
    if all(char in BASIC or char in EXTENDED for char in text):
        return Count(_pack([1 + (char in EXTENDED) for char in text], GSM_ONE, GSM_MANY), "GSM-7")
    return Count(_pack([1 + (char > "\uffff") for char in text], UCS_ONE, UCS_MANY), "UCS-2")


def _pack(widths: list[int], one: int, many: int) -> int:
    """A character of two units is never cut in two, so segments may end one unit short."""
    if sum(widths) <= one:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > many:
            segments, used = segments + 1, 0
        used += width
    return segments
