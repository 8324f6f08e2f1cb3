"""Numbers out of forms and addresses: what is none, or has more digits than its column holds, is no number."""

from flask import request

LONGEST_NUMBER = 18  # digits that surely fit into the column of a key


def number(given: str, digits: int = LONGEST_NUMBER) -> int | None:
    """The whole number that was written, if it is one of at most so many ``digits``."""
    return int(given) if given.isdecimal() and len(given) <= digits else None


def number_given(field: str) -> int | None:
    """The number in a field of the form that was sent."""
    return number(request.form.get(field, ""))
