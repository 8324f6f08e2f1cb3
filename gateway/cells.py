"""Cells of a table that a spreadsheet opens."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    plain = text.replace("\x00", "")
    return f"'{plain}" if plain.startswith(FORMULA) else plain
