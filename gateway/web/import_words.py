"""What the pages of imports call things."""

from pathlib import PurePosixPath

from gateway.directory import jobs
from gateway.marking import N_
from gateway.web import directory_words, remark_words

remark = remark_words.told

UNDER_WAY = frozenset((jobs.WAITING, jobs.READING, jobs.APPROVED, jobs.WORKING))
STATES = {
    jobs.WAITING: N_("Waits to be read"),
    jobs.READING: N_("Is being read"),
    jobs.PREVIEWED: N_("Look at it and decide"),
    jobs.ASKED: N_("Waits for a second person"),
    jobs.APPROVED: N_("Waits to be done"),
    jobs.WORKING: N_("Is being done"),
    jobs.APPLIED: N_("Done"),
    jobs.FAILED: N_("Did not work: nothing was changed"),
    jobs.WITHDRAWN: N_("Withdrawn: nothing was changed"),
}
JOBS = {jobs.IMPORT: N_("Import"), jobs.UNDO: N_("Undo")}
MARKS = {"gone": N_("Gone"), "changed": N_("Changes"), "new": N_("New")}
COUNTED = {
    "gone": (N_("1 gone"), N_("%(n)s gone")),
    "changed": (N_("1 changed"), N_("%(n)s changed")),
    "new": (N_("1 new"), N_("%(n)s new")),
}
KINDS = {
    "service": (N_("service"), N_("services")),
    "location": (N_("place"), N_("places")),
    "organization": (N_("organization"), N_("organizations")),
    "taxonomy_term": (N_("term"), N_("terms")),
    "taxonomy": (N_("taxonomy"), N_("taxonomies")),
    "phone": (N_("phone"), N_("phones")),
    "address": (N_("address"), N_("addresses")),
    "schedule": (N_("line of hours"), N_("lines of hours")),
    "holiday_schedule": (N_("holiday"), N_("holidays")),
    "service_at_location": (N_("service at a place"), N_("services at a place")),
    "service_area": (N_("area"), N_("areas")),
    "language": (N_("language"), N_("languages")),
    "cost_option": (N_("price"), N_("prices")),
    "required_document": (N_("paper to bring"), N_("papers to bring")),
    "accessibility": (N_("note on access"), N_("notes on access")),
    "attribute": (N_("use of a term"), N_("uses of terms")),
    "translation": (N_("translation"), N_("translations")),
}
REMARKS = {"refused": N_("Refused"), "mended": N_("Mended"), "kept": N_("Kept as text")}
EXPLAINED = {
    "refused": N_("These rows are not taken. Send them to the publisher: it is theirs to mend."),
    "mended": N_("These cells were read as something else than what stands there."),
    "kept": N_("These cells fit no column. They stay beside their row and are shown to nobody."),
}
FAULTS = {
    "no_dataset": N_("Say whose list this is, in letters or digits."),
    "no_file": N_("Choose a file."),
    "wrong_kind": N_("This is no ZIP, CSV or JSON file."),
    "wrong_kinds": N_("Several files at once are CSV or JSON files. Send a ZIP alone."),
    "same_names": N_("Two of these files have the same name. Send the files of one list."),
    "too_many_files": N_("These are too many files for one list."),
    "no_mapping": N_("A mapping is a YAML file (.yml)."),
}


def kind(name: str, count: int) -> str:
    """An object's name in the right number."""
    one, many = KINDS.get(name, (name.replace("_", " "), name.replace("_", " ")))
    return one if count == 1 else many


def counted(mark: str, count: int) -> str:
    """How many are gone, changed or new: Spanish has other words for one and for several."""
    one, many = COUNTED[mark]
    return one if count == 1 else many


def field(cell: dict[str, str | None]) -> str:
    """What a changed cell is called: "phone: number"; of the service's own cells the column alone."""
    part, name = str(cell["object"]).replace("_", " "), str(cell["field"] or "").replace("_", " ")
    if cell["object"] in {"service", "location", "organization"}:
        known = directory_words.FIELDS.get(f"service.{cell['field']}") or directory_words.FIELDS.get(str(cell["field"]))
        return known or name.capitalize()
    return f"{part}: {name}".capitalize() if name else part.capitalize()


def source(kept: str) -> str:
    """Where a list came from: the names of its files, without the folders of the machine on which they lay."""
    return ", ".join(PurePosixPath(part).name for part in kept.split(", "))


def step(progress: list[object] | None) -> str:
    """How far an import is, in one line."""
    if not progress:
        return "starting"
    name, rows, share = str(progress[0]), int(str(progress[1])), float(str(progress[2]))
    far = f" {share:.0%}" if name == "reading" and share else ""
    return f"{name}{far}" + (f", {rows:,} rows" if rows else "")
