"""Colours as WCAG 2.2 reckons with them: how far two stand apart, and what lies between them. Written "#rrggbb"."""

TEXT = 4.5  # what is read, WCAG 2.2, 1.4.3; the edges and signs of controls need 3, 1.4.11
STEPS = 50
STRAIGHT_TO = 0.04045  # sRGB (IEC 61966-2-1): below it the curve is a line


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, into: str, share: float) -> str:
    """So much (0 to 1) of a colour in another."""
    parts = zip(_channels(colour), _channels(into), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in parts)


def nearest(colour: str, towards: str, against: tuple[str, ...]) -> str:
    """The least change of a colour, towards black or white, that can be read on all of these."""
    tried = (mixed(colour, towards, 1 - step / STEPS) for step in range(STEPS))
    return next((one for one in tried if min(contrast(one, each) for each in against) >= TEXT), towards)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= STRAIGHT_TO else float(((share + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
