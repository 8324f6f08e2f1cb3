"""Twilio's Messages API as the stand-in speaks it: resources, pages and refusals in Twilio's own shape."""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from gateway.demo.contract import Form, Wrong
from gateway.demo.ledger import Ledger, Text

VERSION = "2010-04-01"
PAGE_SIZE, LARGEST_PAGE = 50, 1000


def authorized(header: str, account_sid: str, tokens: tuple[str, ...]) -> bool:
    """Whether a Basic ``Authorization`` header names this account with one of its tokens."""
    scheme, _, encoded = header.partition(" ")
    try:
        name, _, token = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    known = [hmac.compare_digest(token.encode(), one.encode()) for one in tokens]
    return scheme.lower() == "basic" and name == account_sid and any(known)


def refusal(code: int, message: str, status: int) -> dict[str, Any]:
    """A refusal as Twilio words it."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


def resource(text: Text, account_sid: str) -> dict[str, Any]:
    """One message resource."""
    uri = f"/{VERSION}/Accounts/{account_sid}/Messages/{text.sid}"
    return {
        "account_sid": account_sid,
        "api_version": VERSION,
        "body": text.body,
        "date_created": _rfc2822(text.created),
        "date_sent": _rfc2822(text.sent),
        "date_updated": _rfc2822(text.updated),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": None if text.error_code is None else f"Error {text.error_code}",
        "from": text.from_,
        "messaging_service_sid": None,
        "num_media": str(text.num_media),
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }


def page(ledger: Ledger, query: Form, account_sid: str) -> dict[str, Any]:
    """One page of the message list, newest first. Raises :class:`Wrong` for a filter that cannot be read."""
    one = {name: all_[0] for name, all_ in query.items()}
    size, number = _whole(one, "PageSize", PAGE_SIZE, LARGEST_PAGE), _whole(one, "Page", 0, 1_000_000)
    matching = ledger.texts(_filter(one))[::-1]
    start = number * size
    shown = matching[start : start + size]
    uri = f"/{VERSION}/Accounts/{account_sid}/Messages.json"

    def link(to: int) -> str:
        return f"{uri}?{urlencode(one | {'PageSize': size, 'Page': to, 'PageToken': f'PA{to}'})}"

    return {
        "messages": [resource(text, account_sid) for text in shown],
        "end": start + max(len(shown) - 1, 0),
        "start": start,
        "page": number,
        "page_size": size,
        "first_page_uri": link(0),
        "next_page_uri": link(number + 1) if start + size < len(matching) else None,
        "previous_page_uri": link(number - 1) if number else None,
        "uri": link(number),
    }


def _filter(one: dict[str, str]) -> Callable[[Text], bool]:
    to, from_ = one.get("To"), one.get("From")
    after, before, on = (_moment(one.get(name)) for name in ("DateSent>", "DateSent<", "DateSent"))

    def accepts(text: Text) -> bool:
        if (to and text.to != to) or (from_ and text.from_ != from_):
            return False
        if not (after or before or on):
            return True
        if text.sent is None:  # still in the queue: no filter on the date of sending finds it
            return False
        sent = text.sent.replace(microsecond=0)
        return (
            (after is None or sent >= after)
            and (before is None or sent <= before)
            and (on is None or on <= sent < on + timedelta(days=1))
        )

    return accepts


def _moment(value: str | None) -> datetime | None:
    """Twilio takes a GMT date, or a moment in ISO 8601 or RFC 2822."""
    if not value:
        return None
    for read in (date.fromisoformat, datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(value)
        except ValueError:
            continue
        moment = found if isinstance(found, datetime) else datetime(found.year, found.month, found.day, tzinfo=UTC)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise Wrong(20001, "A date in the filter cannot be read")


def _whole(one: dict[str, str], name: str, default: int, most: int) -> int:
    value = one.get(name, str(default))
    if not value.isdigit() or int(value) > most:
        raise Wrong(20001, f"{name} must be a whole number up to {most}")
    return max(int(value), 1) if name == "PageSize" else int(value)


def _rfc2822(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None
