"""What else a resident asks about a service: cost, papers, how to apply, languages, access; told or not known."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import cells
from gateway.directory.choices import ABOUT, ACCESS, APPLY, COST, HOURS, PAPERS, SPEAKS, WEB, WHO
from gateway.directory.details import WANTED, wanted_rows
from gateway.directory.hours_words import say, words
from gateway.directory.wanted import FoundService

COSTS = f"""
{WANTED}
SELECT w.place, c.option, c.amount, c.currency, c.amount_description FROM wanted w
JOIN cost_option c ON (c.dataset, c.service_id) = (w.dataset, w.service_id)
WHERE coalesce(c.valid_from, :today) <= :today AND coalesce(c.valid_to, :today) >= :today
ORDER BY w.place, c.amount NULLS LAST, c.id
"""  # noqa: S608 - a literal of our own
PLACES = f"""
{WANTED}
SELECT w.place, l.transportation, (
    SELECT string_agg(coalesce(nullif(a.details, ''), a.description), '; ' ORDER BY a.id) FROM accessibility a
    WHERE (a.dataset, a.location_id) = (w.dataset, w.location_id)) AS accessibility
FROM wanted w JOIN location l ON (l.dataset, l.id) = (w.dataset, w.location_id)
"""  # noqa: S608
DOLLARS = (None, "", "USD", "$")


def fill(session: Session, services: Sequence[FoundService], rows: Sequence[Any], today: date) -> list[FoundService]:
    """The services with what is said of their costs and places; the service's own prose goes before cost options."""
    if not rows:
        return list(services)
    costs: dict[int, list[str]] = defaultdict(list)
    for row in session.execute(text(COSTS), {**wanted_rows(rows), "today": today}):
        if told := _cost(row):
            costs[row.place].append(told)
    places = {row.place: row for row in session.execute(text(PLACES), wanted_rows(rows))}
    filled = []
    for number, service in enumerate(services, start=1):
        there = places.get(number)
        filled.append(
            replace(
                service,
                fees=service.fees or "; ".join(dict.fromkeys(costs[number])) or None,
                accessibility=there.accessibility if there else None,
                getting_there=there.transportation if there and service.address_public else None,
            )
        )
    return filled


def told(service: FoundService, kind: str, week: str, language: str) -> list[str]:
    """What is known of one question, most needed first; empty where the directory does not say."""
    free = say("cost_free", language) if service.cost == "free" else None
    lines: dict[str, list[str | None]] = {
        HOURS: [week or None],
        COST: [_said("cost", language, fees=cells.told(service.fees, COST, language)) or free],
        PAPERS: [_said("bring", language, papers="; ".join(service.documents))],
        WHO: [_said("for_whom", language, who=cells.told(service.eligibility, WHO, language))],
        APPLY: [_said("how_to_apply", language, how=cells.told(service.how_to_apply, APPLY, language)),
                _said("wait", language, wait=cells.told(service.wait_time, "wait", language))],
        SPEAKS: [_said("spoken", language, languages=_languages(service, language)),
                 _said("interpreters", language, how=service.interpretation)],
        ACCESS: [_said("access", language, how=_access(service, language)),
                 _said("getting_there", language, how=service.getting_there)],
        WEB: [service.url, service.email],
        ABOUT: [_said("alert", language, alert=service.alert), service.description],
    }  # fmt: skip
    return [line for line in lines[kind] if line]


def _said(key: str, language: str, **values: str | None) -> str | None:
    return say(key, language, **values) if all(values.values()) else None


def _languages(service: FoundService, language: str) -> str:
    names = (words().get(f"language_{code}") for code in service.languages)
    return ", ".join(name[language] for name in names if name)


def _access(service: FoundService, language: str) -> str:
    coded = [say(f"access_{code}", language) for code in service.access if f"access_{code}" in words()]
    return cells.told(service.accessibility, ACCESS, language) or ", ".join(coded)


def _cost(row: Any) -> str | None:
    """ "Visit: $12.50", "10 EUR"; what is said in words stands for an amount that is none."""
    amount = _amount(row.amount, row.currency) if row.amount is not None else row.amount_description
    return ": ".join(" ".join(part.split()) for part in (row.option, amount) if part and part.strip()) or None


def _amount(amount: Decimal, currency: str | None) -> str:
    number = f"{amount:.2f}".removesuffix(".00")
    return f"${number}" if currency in DOLLARS else f"{number} {currency}"
