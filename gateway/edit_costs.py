"""The prices of the editors' form: one row of HSDS ``cost_option`` each, and an empty one for one more.

A price of which nothing is left that says anything goes as a whole. ``whole`` is the form as it would be kept: what
stands in the record, with what the editor wrote over it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.directory.records import OF_COST
from gateway.models.directory import CostOption

ROW, NEW, GONE = "cost_option", "new_cost", "gone_cost"
SAYING = ("option", "amount", "amount_description")  # without any of these a row says nothing


def gathered(changed: Mapping[str, str], whole: Mapping[str, str]) -> dict[str, str]:
    """The changes with the cells of a new price as one of them (``new_cost``, in words), and those of a price of which
    nothing is left as another (``gone_cost.<id>``)."""
    gone = [stem for stem in _stems(changed, ROW) if not _says(stem, whole)]
    found = {name: value for name, value in changed.items() if _stem(name) not in {NEW, *gone}}
    new = _cells(NEW, whole)
    if any(value for name, value in new.items() if name != "currency"):
        found[NEW] = in_words(new)
    return found | {f"{GONE}.{stem.removeprefix(f'{ROW}.')}": "" for stem in gone}


def faults_of(
    changed: Mapping[str, str], whole: Mapping[str, str], fault_of: Callable[[str, str], str | None]
) -> dict[str, str]:
    """Why prices cannot be kept, beside what is wrong with a changed cell of one that is there."""
    found = {}
    if NEW in changed:
        new = {f"{NEW}.{name}": value for name, value in _cells(NEW, whole).items()}
        found = {name: fault for name, value in new.items() if (fault := fault_of(name, value))}
        if not _says(NEW, whole):
            found[f"{NEW}.option"] = "price_empty"
    for stem in [*_stems(changed, ROW), NEW]:
        cells = _cells(stem, whole)
        if cells["valid_from"] and cells["valid_to"] and cells["valid_from"] > cells["valid_to"]:
            found.setdefault(f"{stem}.valid_to", "days_crossed")
    return found


def new_row(whole: Mapping[str, str]) -> dict[str, Any]:
    """The cells of a new price, as JSON has them; a currency only with an amount."""
    row: dict[str, Any] = {name: value for name, value in _cells(NEW, whole).items() if value}
    if "amount" not in row:
        row.pop("currency", None)
        return row
    return row | {"amount": float(row["amount"])}


def words_of(row: CostOption) -> str:
    """A price of the record on one line."""
    return in_words({name: getattr(row, name) for name in OF_COST})


def in_words(cells: Mapping[str, Any]) -> str:
    """A price on one line: "adults: 12.50 USD, a visit (2026-01-01 to 2026-12-31)"."""
    said = {name: str(value) for name, value in cells.items() if value not in {None, ""}}
    amount = " ".join(said[name] for name in ("amount", "currency") if name in said) if "amount" in said else ""
    price = ", ".join(filter(None, (amount, said.get("amount_description"))))
    told = ": ".join(filter(None, (said.get("option"), price)))
    if not {"valid_from", "valid_to"} & said.keys():
        return told
    return f"{told} ({said.get('valid_from', '…')} to {said.get('valid_to', '…')})"


def _stem(name: str) -> str:
    """``cost_option.<id>`` of ``cost_option.<id>.amount``; an id may hold points itself."""
    return name.rpartition(".")[0]


def _stems(changed: Mapping[str, str], kind: str) -> list[str]:
    return list(dict.fromkeys(_stem(name) for name in changed if name.startswith(f"{kind}.")))


def _cells(stem: str, whole: Mapping[str, str]) -> dict[str, str]:
    return {name: whole.get(f"{stem}.{name}", "") for name in OF_COST}


def _says(stem: str, whole: Mapping[str, str]) -> bool:
    return any(whole.get(f"{stem}.{name}") for name in SAYING)
