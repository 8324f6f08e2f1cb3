"""Twilio's error codes in our words: may the same text or call be tried again, and what is a responder told?"""

import re

NO_NUMBER = 21211  # Twilio: invalid "To"
THREE_DIGITS = re.compile(r"\+?1?(?:[2-9]11|988|933)")

RETRYABLE: dict[int, str] = {
    10004: "busy",  # too many calls of this account at once
    # Ours to repair, by an operator; the text is not lost meanwhile.
    20003: "account",  # Authenticate: wrong or rotated token
    20005: "account",  # account not active
    # Never processed, so a second try cannot double the text (Twilio, "Error 20429").
    20429: "busy",
    14107: "busy",  # rate limit of the sender
    21611: "queue_full",  # more than ten hours of texts wait for this sender
    30001: "queue_full",
    30022: "busy",  # A2P 10DLC rate limit
    30003: "unreachable",  # handset off or out of reach
    30008: "unknown",
    30017: "busy",  # carrier network congestion
    30410: "busy",  # provider timeout
}

PERMANENT: dict[int, str] = {
    13223: "bad_number",  # calls: 13223 to 13227, 21205, 21210 and 21213 to 21219
    13224: "bad_number",
    13225: "blocked",
    13226: "bad_number",
    13227: "region",
    20001: "rejected",
    20404: "account",
    21205: "rejected",
    21210: "sender",
    21211: "bad_number",
    21212: "sender",
    21213: "sender",
    21214: "bad_number",
    21215: "region",
    21216: "region",
    21217: "bad_number",
    21219: "trial",
    21265: "bad_number",
    21266: "bad_number",
    21408: "region",
    21601: "sender",
    21602: "empty",
    21603: "sender",
    21604: "bad_number",
    21605: "too_long",
    21606: "sender",
    21608: "trial",
    21609: "rejected",
    21610: "opted_out",
    21612: "unreachable",
    21614: "bad_number",
    21617: "too_long",
    21619: "empty",
    21635: "landline",
    21659: "sender",
    21660: "sender",
    30002: "account",
    30004: "blocked",
    30005: "bad_number",
    30006: "landline",
    30007: "filtered",
    30010: "price",
    30023: "sender",
    30034: "unregistered",
    30036: "expired",
    30453: "blocked",
}

TOO_MANY = 429
TIMED_OUT = 408
UNAUTHORIZED = 401
SERVER = range(500, 600)


def reason(code: int | None) -> str:
    """The word for why a text did not arrive, a key into the texts that responders read; ``unknown`` when new to us."""
    if code is None:
        return "no_answer"
    return PERMANENT.get(code) or RETRYABLE.get(code) or _by_status(code)


def retryable(code: int | None, status: int | None = None) -> bool:
    """Whether the same text may go through later. An unknown refusal is final: a person looks, not a loop."""
    if code in PERMANENT:
        return False
    if code in RETRYABLE or code is None:
        return True
    return status in {TOO_MANY, TIMED_OUT, UNAUTHORIZED} or status in SERVER


def _by_status(code: int) -> str:
    """The SDK gives the HTTP status as the code when the answer had none."""
    if code in SERVER or code in {TIMED_OUT, TOO_MANY}:
        return "busy"
    return "account" if code == UNAUTHORIZED else "unknown"


def only_people_call(number: str) -> bool:
    """Whether this is 911, 988 or another three-digit service (N11, NPA 211 to 988): no program may text or call it."""
    return THREE_DIGITS.fullmatch(number) is not None
