"""The file for a 911 centre is valid by NENA's own schema, and every code and reference in it is a known one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from gateway import eido, pidf
from gateway.community import load
from gateway.handoff911 import NAMES, ON_FILE, QUOTE, Fact
from gateway.models import Conversation, Escalation, Handoff, Responder
from gateway.risk.cards import load_cards
from tests.gateway.handed import NOW
from tests.gateway.test_handoff_script import CALLBACK, CALLER, KNOWN, LIBRARY, PILLS

TOWN = load()
ANA = Responder(id=7, name="Ana Ruiz")
ROW = Escalation(id=12, level="emergency", conversation=Conversation(public_id=uuid4(), channel="sms"))
HANDOFF = Handoff(id=3, to="911")
HOSTILE = "x</p><script>alert(1)</script>&\"'\x00\x0b]]>"


def made(known: list[Fact], **more: Any) -> dict[str, Any]:
    return eido.document(known, ROW, HANDOFF, TOWN, ANA, NOW, element="door.example.org", **more)


@cache
def validator(folder: Path) -> OAS30Validator:
    """The published schema. Two stray commas in it ("minItems: 1,") make a string of a number: they are mended here."""

    def read(uri: str) -> Resource[Any]:
        path = folder / uri.removeprefix("file:///").replace("//", "/")
        text = path.read_text(encoding="utf-8").replace("minItems: 1,", "minItems: 1")
        return Resource.from_contents(yaml.safe_load(text), default_specification=DRAFT4)

    registry: Registry[Any] = Registry(retrieve=read)
    schema = {"$ref": "file:///openapi.yaml#/components/schemas/EmergencyIncidentDataObjectType"}
    return OAS30Validator(schema, registry=registry)


@pytest.mark.slow
@pytest.mark.parametrize(
    "known",
    [KNOWN, [], [CALLER, PILLS], [replace(LIBRARY, value=HOSTILE), replace(PILLS, value=HOSTILE), CALLER, CALLBACK]],
    ids=["all", "nothing", "no place", "hostile"],
)
def test_it_is_valid_by_the_published_schema(shared: Path, known: list[Fact]) -> None:
    check = validator(shared / "eido" / "schema")
    sample = json.loads((shared / "eido" / "samples" / "handoff-text-minimal.json").read_text())
    assert not list(check.iter_errors(sample))
    assert list(check.iter_errors({"eidoVersion": 1}))
    document = json.loads(json.dumps(made(known, categories=["suicide"])))
    assert not list(check.iter_errors(document))


def walk(part: Any) -> Iterator[tuple[str, Any]]:
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield str(key), value
        yield from walk(value)


@pytest.mark.parametrize("known", [KNOWN, [], [CALLER, PILLS, CALLBACK]])
def test_every_reference_names_a_part_that_is_there(known: list[Fact]) -> None:
    pairs = list(walk(made(known)))
    ids = [value for key, value in pairs if key == "$id"]
    assert len(ids) == len(set(ids))
    assert {value for key, value in pairs if key == "$ref"} <= set(ids)
    stamped = [part for _, part in [("", made(known)), *pairs] if isinstance(part, dict) and "$id" in part]
    assert all({"lastUpdateTimeStamp", "updatedByAgencyReference"} <= set(part) for part in stamped)


def test_codes_of_registries_are_known_ones(shared: Path) -> None:
    registries = json.loads((shared / "eido" / "registries.json").read_text())
    known = {name.split(" Registry")[0].split(" –")[0]: set(values) for name, values in registries.items()}
    # The list of incident types in the standard's text, as it is kept here, ends at P; NIEM's has the rest.
    apco = (shared / "eido" / "schema" / "NIEMComponents" / "apco.yaml").read_text()
    types = known["Incident Type"] | {line.strip(" -") for line in apco.splitlines() if line.strip().startswith("- ")}
    assert {*eido.TYPES.values(), eido.ASSISTANCE} <= types
    document = made(KNOWN)
    assert set(document["personComponent"][0]["personIncidentRoleRegistryText"]) <= known["Person Role"]
    assert document["locationComponent"][0]["locationTypeDescriptionRegistryText"] in known["Location Type"]
    assert set(document["incidentComponent"]["incidentStatusCommonRegistryText"]) <= known["Incident Status"]
    for agency in document["agencyComponent"]:
        assert set(agency["agencyRoleDescriptionRegistryText"]) <= known["Agency Role"]


def test_categories_that_have_a_code_are_categories_of_the_cards() -> None:
    kinds = {card.category for card in load_cards().cards}
    assert set(eido.TYPES) - kinds <= {"welfare_check"}


@pytest.mark.parametrize(
    ("categories", "code"),
    [(["suicide"], "SUICTHRT"), (["overdose"], "OD"), (["partner_violence"], "DVA"), (["medical"], "SICK"),
     (["welfare_check"], "WELFARE"), (["idiom", "fire"], "FUNK"), ([], "CITASST"), (["trafficking"], "CITASST")],
)  # fmt: skip
def test_the_incident_has_the_code_of_what_was_found(categories: list[str], code: str) -> None:
    assert made(KNOWN, categories=categories)["incidentComponent"]["incidentTypeCommonRegistryText"] == code


def test_words_are_escaped_in_the_notes_and_said_whose_they_are() -> None:
    notes = made([replace(PILLS, value=HOSTILE), CALLER])["notesComponent"][0]["notesActionComments"]
    assert "<script>" not in notes
    assert "&lt;script&gt;" in notes
    assert "(resident, 2026-11-27T06:12:00+00:00, unverified)" in notes
    assert "<li>weapons: not known, not asked</li>" in notes


def test_a_place_is_given_only_where_one_was_stated() -> None:
    without = made([CALLER, PILLS, CALLBACK])
    assert "locationComponent" not in without
    assert "locationReference" not in without["personComponent"][0]
    assert made(KNOWN)["locationComponent"][0]["locationDescriptionText"].endswith(pidf.UNCHECKED)


def civic(document: dict[str, Any]) -> dict[str, str]:
    root = ElementTree.fromstring(document["locationComponent"][0]["locationByValue"])
    return {part.tag.rpartition("}")[2]: part.text or "" for part in root.iter() if pidf.CIVIC in part.tag}


def test_the_place_is_well_formed_whatever_was_typed_and_names_no_town_that_was_not_told() -> None:
    ours = civic(made(KNOWN))
    assert (ours["A1"], ours["A3"], ours["PC"]) == ("CA", "Demo Town", "94110")
    assert ours["LOC"] == "behind the library, 94110 (as typed by resident, unverified)"
    strange = civic(made([replace(LIBRARY, value=HOSTILE), CALLER]))
    assert strange["LOC"].startswith("x</p><script>alert(1)</script>&\"']]>")
    assert not {"A1", "A3", "PC"} & set(strange)


def test_a_number_that_is_not_open_is_not_in_it() -> None:
    hidden = made([replace(CALLBACK, value=ON_FILE), CALLER, PILLS])
    assert "callbackComponent" not in hidden
    assert made(KNOWN)["callbackComponent"][0]["callBackInformationUri"] == ["tel:+15555550117"]


def test_whose_words_they_are_makes_the_writer_a_caller_and_no_more() -> None:
    assert made(KNOWN)["personComponent"][0]["personIncidentRoleRegistryText"] == ["Caller"]
    about = Fact("about", "self", "codes", "resident", at=NOW)
    assert made([*KNOWN, about])["personComponent"][0]["personIncidentRoleRegistryText"] == ["Caller", "InvolvedPerson"]


def test_every_kind_of_fact_is_in_the_notes() -> None:
    full = [Fact(name, f"value of {name}", QUOTE if name == "what" else "words", "resident", at=NOW) for name in NAMES]
    notes = made(full)["notesComponent"][0]["notesActionComments"]
    assert all(f"value of {name}" in notes for name in set(NAMES) - {"caller", "callback"})
