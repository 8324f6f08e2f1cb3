"""Free words in both languages, with typing errors and without accents; and which needs words and codes mean."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory import mistyped, needs, spelling, topics
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from gateway.models.listing import ServiceNeed
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]

# What was typed, and a word of the service that was meant.
TYPOS = [
    ("pantrie", "Food Pantry"),
    ("fod pantry", "Food Pantry"),
    ("dispensa", "Food Pantry"),
    ("despemsa", "Food Pantry"),
    ("dentel clinic", "Dental"),
    ("dentl", "Dental"),
    ("vetrans", "Veteran"),
    ("libary", "Library"),
    ("lawndry", "Laundry"),
    ("laundrey", "Laundry"),
    ("shwers", "Showers"),
    ("albergues", "Shelter"),
    ("alberge", "Shelter"),
    ("albregue", "Shelter"),
    ("diapres", "Baby"),
    ("pañalez", "Baby"),
    ("mediasion", "Mediation"),
    ("seniorr meals", "Senior"),
    ("clothez closet", "Clothes"),
    ("naloxne", "Naloxone"),
]


def found(session: Session, words: str, now: datetime) -> list[str]:
    asked = search(session, Wanted(text=words), now, limit=3)
    return [f"{service.name} {service.description}" for service in asked.services]


def test_typing_errors_still_find_what_was_meant(town: Session, now: datetime) -> None:
    missed = [(typed, meant) for typed, meant in TYPOS if not any(meant in name for name in found(town, typed, now))]
    assert len(missed) <= len(TYPOS) * 0.1, missed


def test_a_word_that_is_known_is_not_corrected(town: Session) -> None:
    (term,) = spelling.read(town, "pantry")
    assert "pastry" not in term.query
    assert term.entries >= 1


def test_words_without_a_meaning_ask_for_nothing(town: Session, now: datetime) -> None:
    for words in ("", "  ", "the", "necesito ayuda por favor", "?!", "12 34"):
        assert spelling.read(town, words) == []
        assert search(town, Wanted(text=words or "?"), now).services == []


def test_a_slip_that_a_topic_knows_is_not_looked_for_in_other_words(town: Session) -> None:
    as_written = mistyped.read_as_written(topics.standard())
    assert "laywer" not in mistyped.in_use()
    assert spelling.read(town, "laywer", as_written) == []
    assert [term.word for term in spelling.read(town, "pantri", as_written)] == ["pantri"]


def test_their_own_words_decide_between_services_of_one_need(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    names = ("Bankruptcy help", "Divorce help", "Eviction help", "Legal clinic", "Wills clinic")
    package["service"] = [
        {"id": f"s{n}", "organization_id": "o1", "name": name, "status": "active", "description": "Lawyers"}
        for n, name in enumerate(names)
    ]
    package["service_at_location"] = [
        {"id": f"a{n}", "service_id": f"s{n}", "location_id": "l1"} for n in range(len(names))
    ]
    import_path(session, written(package, "county"), now)
    for said, first in (
        ("help with a divorce", "Divorce"),
        ("evicted", "Eviction"),
        ("me quieren sacar, eviction", "Ev"),
    ):
        asked = search(session, Wanted(("legal",), "94110", text=said), now)
        assert asked.services[0].name.startswith(first), said
        assert asked.total == len(names)


def test_open_eligibility_is_understood(shared: Path) -> None:
    source = shared / "hsds" / "open-eligibility" / "oe-1.x.json"
    terms = list(_walk(json.loads(source.read_text(encoding="utf-8"))["taxonomy"]["top_level"], ()))
    mapping = needs.standard()
    none = [
        name
        for path in terms
        for _, name in path[-1:]
        if not any(mapping.of_code(code, "Open Eligibility") | mapping.in_text(title) for code, title in path)
    ]
    assert len(terms) == 290
    assert len(none) <= 40, none
    by_name = {path[-1][1]: mapping.of_code(path[-1][0]) for path in terms}
    assert by_name["Help Escape Violence"] == {"domestic_violence"}
    assert by_name["Help Find Missing Persons"] == {"other"}
    assert "substance_use" in by_name["Residential Treatment"]
    assert by_name["Personal Care Items"] == {"hygiene"}
    assert by_name["Afterschool Care"] == {"youth"}


def _walk(rows: list[dict[str, object]], above: tuple[tuple[str, str], ...]) -> list[tuple[tuple[str, str], ...]]:
    walked = []
    for row in rows:
        path = (*above, (str(row["@id"]), str(row["@title"])))
        walked.append(path)
        for below in row.values():
            if isinstance(below, list):
                walked += _walk(below, path)
    return walked


@pytest.mark.parametrize(
    ("code", "taxonomy", "met"),
    [
        ("101-06-01", None, {"domestic_violence"}),
        ("102-02", "Open Eligibility", {"food"}),
        ("102-02", "Some County Codes", set()),  # figures of another taxonomy mean something else
        ("1020", None, set()),  # no part of 102
        ("BD-1800", "211 LA County", {"food"}),
        (None, None, set()),
    ],
)
def test_codes(code: str | None, taxonomy: str | None, met: set[str]) -> None:
    assert needs.standard().of_code(code, taxonomy) == met


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("Emergency Housing Voucher", {"housing"}),
        ("Immigration clinic", {"legal"}),
        ("Credit Counseling", {"benefits"}),
        ("Physical Therapy", {"health"}),
        ("Bus tokens", {"transport"}),
        ("Furniture", {"other"}),
        ("ESL", {"jobs"}),
        ("Re-entry services", {"jobs"}),
        ("Birth certificates", {"benefits"}),
        ("Men's overnight", {"shelter"}),
        ("Camas por la noche", {"shelter"}),
        ("For people leaving an abusive partner", {"domestic_violence"}),
        ("Ayuda a quien deja a una pareja violenta", {"domestic_violence"}),
        ("Pet pantry", {"pets"}),
        ("Free dog and cat food", {"pets"}),
        ("Eviction defense clinic", {"housing", "legal"}),
        ("Sueldos no pagados", {"legal"}),
    ],
)
def test_what_publishers_call_it(text: str, met: set[str]) -> None:
    assert needs.standard().in_text(text) == met


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("denied medicaid", {"benefits", "legal"}),
        ("they denied my medi-cal", {"benefits", "legal"}),
        ("me negaron el medicaid", {"benefits", "legal"}),
        ("fired for being pregnant", {"legal"}),
        ("my boss fired me because im pregnant", {"legal"}),
        ("me despidieron por estar embarazada", {"legal"}),
        ("me corrieron del trabajo por estar embarazada", {"legal"}),
        ("medicaid application", {"benefits", "health"}),
        ("estoy embarazada", {"baby"}),
    ],
)
def test_a_wrong_that_was_done_asks_for_a_lawyer(text: str, asked: set[str]) -> None:
    known = needs.standard()
    assert known.in_question(text) == asked
    if "legal" in asked and "benefits" not in asked:
        topics_asked = {each for hit in known.topics.in_question(text) for each in hit.meanings}
        assert "#work_rights" in topics_asked
        assert not topics_asked & {"#pregnancy", "#job_search"}


@pytest.mark.parametrize(
    ("name", "description", "met"),
    [
        ("Vacunas para mascotas", "Vacunas y esterilización para perros y gatos", {"pets"}),
        ("Pet Pantry", "Food for your animals, no questions about your food", {"pets"}),
        ("Neighborhood clinic", "Vaccines. There is room for your pets, too.", {"health", "pets"}),
        ("Freedom Line", "For victims of human trafficking, in jobs of any kind", {"domestic_violence", "legal"}),
        (
            "Freedom House",
            "For victims of human trafficking: job search and jobs",
            {"domestic_violence", "legal", "jobs"},
        ),
    ],
)
def test_what_a_description_mentions_by_the_way_is_not_offered(
    session: Session,
    package: dict[str, Rows],
    written: Written,
    now: datetime,
    name: str,
    description: str,
    met: set[str],
) -> None:
    package["service"] = [package["service"][0] | {"name": name, "description": description}]
    for kind in list(package):
        if kind not in {"service", "organization"}:
            del package[kind]
    import_path(session, written(package, "county"), now, dataset="county")
    assert set(session.scalars(select(ServiceNeed.need).where(~ServiceNeed.need.startswith("#")))) == met


def test_wider_terms_count_through_every_level_and_a_ring_ends(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    package["service"] = [
        {"id": f"s{n}", "organization_id": "o1", "name": "Program", "status": "active", "description": ""}
        for n in (1, 2)
    ]
    package["taxonomy"] = [{"id": "x1", "name": "Local words", "description": "ours"}]
    terms = {
        "t1": ("Food", ""),
        "t2": ("Groceries in bulk", "t1"),
        "t3": ("Rice", "t2"),
        "r1": ("A", "r2"),
        "r2": ("B", "r1"),
    }
    package["taxonomy_term"] = [
        {"id": key, "code": "", "name": name, "parent_id": parent, "taxonomy_id": "x1", "description": ""}
        for key, (name, parent) in terms.items()
    ]
    package["attribute"] = [
        {"id": "b1", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "t3", "value": ""},
        {"id": "b2", "link_id": "s2", "link_entity": "service", "taxonomy_term_id": "r1", "value": ""},
    ]
    import_path(session, written(package, "county"), now)
    tags = session.execute(select(ServiceNeed.service_id, ServiceNeed.need, ServiceNeed.weight)).all()
    assert [tuple(tag) for tag in tags if not tag.need.startswith(topics.MARK)] == [("s1", "food", 3)]


def test_a_town_lays_its_own_words_over_ours(tmp_path: Path) -> None:
    own = tmp_path / "needs.yml"
    own.write_text(
        "food:\n  words: {en: [gleaning]}\n  without: [nutrition]\n"
        "hygiene:\n  codes: [BD-5000]\n  asked: {es: [manguera]}\n",
        encoding="utf-8",
    )
    mapping = needs.Mapping(own)
    assert mapping.in_text("Gleaning") == {"food"}
    assert mapping.in_text("Nutrition") == set()
    assert mapping.of_code("BD-5000.1") == {"hygiene"}
    assert mapping.of_code("BD-1") == {"food"}
    assert (mapping.in_question("manguera"), mapping.in_text("manguera")) == ({"hygiene"}, set())
    assert needs.standard().in_text("Gleaning") == set()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("foood: {}\n", "'foood' is no need"),
        ("food: {word: {en: [x]}}\n", "word: no such key"),
        ("food: [1, 2]\n", "cannot be read"),
        ("food: {words: [\n", "cannot be read"),
    ],
)
def test_a_broken_file_of_needs_says_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    own = tmp_path / "needs.yml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailed, match=told):
        needs.Mapping(own)
