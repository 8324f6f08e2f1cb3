"""What the directory's pages call things."""

AGES = {
    "fresh": "Checked",
    "old": "Checked a while ago",
    "stale": "Too old: not offered as open",
    "not_checked": "Not checked yet",
}
BY = {
    "publisher": "the publisher",
    "responder": "a responder",
    "editor": "an editor",
    "provider": "the provider",
    "resident": "a resident",
    "import": "an import",
}
SHOWN = {"all": "All", "stale": "Too old", "unchecked": "Not checked", "hidden": "Not shown to residents"}
FIELDS = {
    "service.name": "Name",
    "service.description": "Description",
    "service.status": "Status",
    "service.url": "Web address",
    "service.email": "Email",
    "service.fees_description": "Cost",
    "service.eligibility_description": "Who it is for",
    "service.minimum_age": "From which age (years)",
    "service.maximum_age": "Up to which age (years)",
    "service.application_process": "How to apply",
    "service.wait_time": "Wait",
    "service.alert": "Notice",
    "es.name": "Name in Spanish",
    "es.description": "Description in Spanish",
    "es.fees_description": "Cost in Spanish",
    "es.eligibility_description": "Who it is for, in Spanish",
    "hours": "Hours",
    "languages": "Languages spoken",
    "documents": "Papers to bring",
    "access": "Access for people with disabilities",
    "accessibility": "Access for people with disabilities",
    "needs": "What it helps with",
    "new_phone": "One more phone",
    "new_phone_type": "Kind of the new phone",
    "phone": "Phone",
    "phone_extension": "Extension",
    "phone_type": "Kind of phone",
    "number": "Phone",
    "extension": "Extension",
    "type": "Kind of phone",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "day.mon": "Monday",
    "day.tue": "Tuesday",
    "day.wed": "Wednesday",
    "day.thu": "Thursday",
    "day.fri": "Friday",
    "day.sat": "Saturday",
    "day.sun": "Sunday",
    "address_1": "Street and number",
    "address_2": "Floor, room",
    "city": "City",
    "postal_code": "ZIP code",
    "cost": "Price",
    "option": "Whom or what a price is for",
    "amount": "Amount",
    "currency": "Currency",
    "amount_description": "The price in words",
    "valid_from": "From which day on",
    "valid_to": "Up to which day",
}
LONG = frozenset(
    (
        *("description", "fees_description", "eligibility_description", "application_process", "alert", "hours"),
        "documents",
    )
)
HINTS = {
    "hours": "As people say it: Mon-Fri 9am-5pm; Sat 10am-2pm. Empty: not known. For all places of this service.",
    "day.mon": "Like 9am-noon, 1pm-5pm. Empty: closed.",
    "languages": "With commas: English, Spanish. Of this service; what is spoken at its place stays.",
    "documents": "One on each line.",
    "access": "One on each line. Of the place: for all services there.",
    "latitude": "Degrees, like 37.750900 and -122.415300. Empty both: the ZIP code tells where it is.",
    "option": "Like adults, or one visit. To take a price away, empty this, its amount and its words.",
    "amount": "A number, like 12.50. Free is 0.",
    "currency": "Three letters, like USD.",
    "valid_from": "Empty both days: it holds always.",
    "service.status": "Only active services are shown to residents.",
    "phone": "Empty takes the number away. A number may belong to a place or an organization: then all its services.",
}
FAULTS = {
    "empty": "This cannot be empty.",
    "too_long": "This is too long.",
    "not_valid": "This cannot be right. Please look again.",
    "hours_not_read": "We cannot read these hours. Write them like: Mon-Fri 9am-5pm; Sat 10am-2pm.",
    "language_unknown": "One of these is no language that we know. Use its English name, or its code (es).",
    "ages_crossed": "This is below the lowest age.",
    "half_a_point": "Fill in both, or neither.",
    "price_empty": "Say whom it is for, how much, or the price in words.",
    "days_crossed": "This is before the first day.",
    "no_need": "Choose at least one need that it meets.",
    "record_changed": "Somebody changed this record meanwhile. What you wrote is still here: compare, then save again.",
    "import_at_work": "An import is at work. What you wrote is still here: save again in a minute.",
}
KINDS = {
    "wrong": "Something is wrong",
    "closed": "Closed for good",
    "conflict": "The publisher says something else now",
    "edit": "Edited",
}
ABOUT = {"phone": "phone", "hours": "hours", "address": "address"}
STATES = {"open": "Waiting", "accepted": "Accepted", "rejected": "Rejected", "superseded": "No longer asked"}
REASONS = {
    "holiday": "Holiday",
    "staff": "Not enough staff",
    "full": "Full",
    "weather": "Weather",
    "building": "Trouble with the building",
    "other": "Another reason",
}
DONE = {
    "saved": "Saved.",
    "verified": "Written down: checked today.",
    "closed": "Closed.",
    "reopened": "Open again.",
    "reported": "The editors will see it.",
    "added": "Added.",
    "accepted": "Accepted.",
    "rejected": "Rejected.",
}


GROUPS = (
    ("What it is", ("service.name", "es.name", "service.description", "es.description", "service.status")),
    ("Who it is for and what it takes", (
        *("service.eligibility_description", "es.eligibility_description"),
        *("service.minimum_age", "service.maximum_age"),
        *("documents", "languages", "service.application_process", "service.wait_time", "service.alert"),
    )),
    ("What it costs", ("service.fees_description", "es.fees_description", "cost_option", "new_cost")),
    ("How to reach it", (
        *("service.url", "service.email", "phone", "phone_extension", "phone_type", "new_phone", "new_phone_type"),
    )),
    ("Hours", ("hours", "day")),
    ("Place", ("address", "location", "access")),
)  # fmt: skip
PARTNERS = {"minimum_age": "maximum_age", "latitude": "longitude", "amount": "currency", "valid_from": "valid_to"}
PHONE_TYPES = {
    "voice": "Voice",
    "text": "Texts",
    "fax": "Fax",
    "cell": "Cell phone",
    "video": "Video",
    "pager": "Pager",
    "textphone": "Textphone (TTY)",
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
