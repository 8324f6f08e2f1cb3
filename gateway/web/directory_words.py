"""What the directory's pages call things."""

from gateway.marking import N_

AGES = {
    "fresh": N_("Checked"),
    "old": N_("Checked a while ago"),
    "stale": N_("Too old: not offered as open"),
    "not_checked": N_("Not checked yet"),
}
BY = {
    "publisher": N_("the publisher"),
    "responder": N_("a responder"),
    "editor": N_("an editor"),
    "provider": N_("the provider"),
    "resident": N_("a resident"),
    "import": N_("an import"),
}
SHOWN = {
    "all": N_("All"),
    "stale": N_("Too old"),
    "unchecked": N_("Not checked"),
    "hidden": N_("Not shown to residents"),
}
FIELDS = {
    "service.name": N_("Name"),
    "service.description": N_("Description"),
    "service.status": N_("Status"),
    "service.url": N_("Web address"),
    "service.email": N_("Email"),
    "service.fees_description": N_("Cost"),
    "service.eligibility_description": N_("Who it is for"),
    "service.minimum_age": N_("From which age (years)"),
    "service.maximum_age": N_("Up to which age (years)"),
    "service.application_process": N_("How to apply"),
    "service.wait_time": N_("Wait"),
    "service.alert": N_("Notice"),
    "es.name": N_("Name in Spanish"),
    "es.description": N_("Description in Spanish"),
    "es.fees_description": N_("Cost in Spanish"),
    "es.eligibility_description": N_("Who it is for, in Spanish"),
    "hours": N_("Hours"),
    "languages": N_("Languages spoken"),
    "documents": N_("Papers to bring"),
    "access": N_("Access for people with disabilities"),
    "accessibility": N_("Access for people with disabilities"),
    "needs": N_("What it helps with"),
    "new_phone": N_("One more phone"),
    "new_phone_type": N_("Kind of the new phone"),
    "phone": N_("Phone"),
    "phone_extension": N_("Extension"),
    "phone_type": N_("Kind of phone"),
    "number": N_("Phone"),
    "extension": N_("Extension"),
    "type": N_("Kind of phone"),
    "latitude": N_("Latitude"),
    "longitude": N_("Longitude"),
    "day.mon": N_("Monday"),
    "day.tue": N_("Tuesday"),
    "day.wed": N_("Wednesday"),
    "day.thu": N_("Thursday"),
    "day.fri": N_("Friday"),
    "day.sat": N_("Saturday"),
    "day.sun": N_("Sunday"),
    "address_1": N_("Street and number"),
    "address_2": N_("Floor, room"),
    "city": N_("City"),
    "postal_code": N_("ZIP code"),
    "cost": N_("Price"),
    "option": N_("Whom or what a price is for"),
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "amount_description": N_("The price in words"),
    "valid_from": N_("From which day on"),
    "valid_to": N_("Up to which day"),
}
LONG = frozenset(
    (
        *("description", "fees_description", "eligibility_description", "application_process", "alert", "hours"),
        "documents",
    )
)
HINTS = {
    "hours": N_("As people say it: Mon-Fri 9am-5pm; Sat 10am-2pm. Empty: not known. For all places of this service."),
    "day.mon": N_("Like 9am-noon, 1pm-5pm. Empty: closed."),
    "languages": N_("With commas: English, Spanish. Of this service; what is spoken at its place stays."),
    "documents": N_("One on each line."),
    "access": N_("One on each line. Of the place: for all services there."),
    "latitude": N_("Degrees, like 37.750900 and -122.415300. Empty both: the ZIP code tells where it is."),
    "option": N_("Like adults, or one visit. To take a price away, empty this, its amount and its words."),
    "amount": N_("A number, like 12.50. Free is 0."),
    "currency": N_("Three letters, like USD."),
    "valid_from": N_("Empty both days: it holds always."),
    "service.status": N_("Only active services are shown to residents."),
    "phone": N_(
        "Empty takes the number away. A number may belong to a place or an organization: then all its services."
    ),
}
FAULTS = {
    "empty": N_("This cannot be empty."),
    "too_long": N_("This is too long."),
    "not_valid": N_("This cannot be right. Please look again."),
    "hours_not_read": N_("We cannot read these hours. Write them like: Mon-Fri 9am-5pm; Sat 10am-2pm."),
    "language_unknown": N_("One of these is no language that we know. Use its English name, or its code (es)."),
    "ages_crossed": N_("This is below the lowest age."),
    "half_a_point": N_("Fill in both, or neither."),
    "price_empty": N_("Say whom it is for, how much, or the price in words."),
    "days_crossed": N_("This is before the first day."),
    "no_need": N_("Choose at least one need that it meets."),
    "record_changed": N_(
        "Somebody changed this record meanwhile. What you wrote is still here: compare, then save again."
    ),
    "import_at_work": N_("An import is at work. What you wrote is still here: save again in a minute."),
}
KINDS = {
    "wrong": N_("Something is wrong"),
    "closed": N_("Closed for good"),
    "conflict": N_("The publisher says something else now"),
    "edit": N_("Edited"),
}
ABOUT = {"phone": N_("phone"), "hours": N_("hours"), "address": N_("address")}
STATES = {
    "open": N_("Waiting"),
    "accepted": N_("Accepted"),
    "rejected": N_("Rejected"),
    "superseded": N_("No longer asked"),
}
# The first is what stands for who chooses none: it must claim nothing.
REASONS = {
    "other": N_("No reason given"),
    "holiday": N_("Holiday"),
    "staff": N_("Not enough staff"),
    "full": N_("Full"),
    "weather": N_("Weather"),
    "building": N_("Trouble with the building"),
}
DONE = {
    "saved": N_("Saved."),
    "verified": N_("Written down: checked today."),
    "closed": N_("Closed."),
    "reopened": N_("Open again."),
    "reported": N_("The editors will see it."),
    "added": N_("Added."),
    "accepted": N_("Accepted."),
    "rejected": N_("Rejected."),
}


GROUPS = (
    (N_("What it is"), ("service.name", "es.name", "service.description", "es.description", "service.status")),
    (N_("Who it is for and what it takes"), (
        *("service.eligibility_description", "es.eligibility_description"),
        *("service.minimum_age", "service.maximum_age"),
        *("documents", "languages", "service.application_process", "service.wait_time", "service.alert"),
    )),
    (N_("What it costs"), ("service.fees_description", "es.fees_description", "cost_option", "new_cost")),
    (N_("How to reach it"), (
        *("service.url", "service.email", "phone", "phone_extension", "phone_type", "new_phone", "new_phone_type"),
    )),
    (N_("Hours"), ("hours", "day")),
    (N_("Place"), ("address", "location", "access")),
)  # fmt: skip
PARTNERS = {"minimum_age": "maximum_age", "latitude": "longitude", "amount": "currency", "valid_from": "valid_to"}
PHONE_TYPES = {
    "voice": N_("Voice"),
    "text": N_("Texts"),
    "fax": N_("Fax"),
    "cell": N_("Cell phone"),
    "video": N_("Video"),
    "pager": N_("Pager"),
    "textphone": N_("Textphone (TTY)"),
}


def groups(form: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The fields of a form in the groups in which they are shown, each group with its heading."""
    return [
        (heading, [name for name in form if name in names or name.partition(".")[0] in names])
        for heading, names in GROUPS
    ]


def pairs(names: list[str]) -> list[tuple[str, str | None]]:
    """Fields with what stands beside them: their Spanish, the other end of a range, the other half of a point."""
    beside = {name: partner for name in names if (partner := _partner(name)) in names}
    return [(name, beside.get(name)) for name in names if name not in beside.values()]


def _partner(name: str) -> str:
    stem, dot, last = name.rpartition(".")
    if last in PARTNERS:
        return f"{stem}{dot}{PARTNERS[last]}"
    return name.replace("service.", "es.") if name.startswith("service.") else ""


def field(name: str) -> str:
    """What a field of the form, or of the history, is called."""
    kind, last = name.partition(".")[0], name.rpartition(".")[2]
    known = FIELDS.get(name) or FIELDS.get(kind) or FIELDS.get(last) or FIELDS.get(f"service.{last}")
    known = known or (f"{FIELDS[f'service.{last[:-3]}']} (Spanish)" if f"service.{last[:-3]}" in FIELDS else None)
    return known or name.replace("_", " ")


def hint(name: str) -> str:
    """What helps to fill a field in."""
    return HINTS.get(name) or HINTS.get(name.partition(".")[0]) or HINTS.get(name.rpartition(".")[2], "")


def is_long(name: str) -> bool:
    """Whether a field takes several lines."""
    return name.rpartition(".")[2] in LONG or name.startswith("access.")


def is_day(name: str) -> bool:
    """Whether a field holds a day."""
    return name.rpartition(".")[2] in {"valid_from", "valid_to"}


def value(told: object) -> str:
    """A value of the history on one line; rows as their telling cells."""
    if isinstance(told, dict):
        return ", ".join(f"{name}: {cell}" for name, cell in told.items() if cell is not None and name != "id")
    return "nothing" if told in (None, "") else str(told)
