"""A town's list in one sheet: whose service it is and where it is stand in the columns of the service itself."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory import mapping
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed, Report
from gateway.models.directory import Address, Location, Organization, Service, ServiceAtLocation

SHEET = (
    "Núm;Programa;Organización;Web;Dirección;Ciudad;C.P.;Lat;Lon;Tel.\n"
    "1;Despensa;Parroquia;parroquia.example;512 Kern St;Taft;93268;35.14;-119.46;661-555-0140\n"
    "2;Comedor;Parroquia;;512 Kern St;Taft;93268;35.14;-119.46;661-555-0141\n"
    "3;Casa segura;Alianza;;Domicilio confidencial;Taft;93268;;;661-555-0145\n"
    "4;Viajes;Alianza;;;Taft;93268;;;661-555-0146\n"
)
OWN = """
name: Taft
files:
  lista:
    to: service
    columns: {Núm: id, Programa: name}
    parts:
      - {from: Organización, to: organization, as: name, also: {Web: website}}
      - {from: Tel., to: phone, as: number}
      - from: Dirección
        to: address
        as: address_1
        also: {Ciudad: city, C.P.: postal_code, Lat: latitude, Lon: longitude}
"""
Read = Callable[[str, str], Report]


@pytest.fixture
def read(session: Session, tmp_path: Path, now: datetime) -> Read:
    """Takes in one sheet by a mapping."""

    def take(sheet: str, own: str) -> Report:
        (tmp_path / "list").mkdir(exist_ok=True)
        (tmp_path / "list" / "lista.csv").write_text(sheet, encoding="utf-8")
        (tmp_path / "own.yml").write_text(own, encoding="utf-8")
        return import_path(session, tmp_path / "list", now, dataset="taft", mapping=tmp_path / "own.yml")

    return take


def test_a_sheet_says_whose_each_service_is_and_where(session: Session, read: Read) -> None:
    report = read(SHEET, OWN)
    assert not report.refused
    found = session.execute(
        select(Service.id, Organization.name, Address.address_1, Address.postal_code, Location.latitude)
        .outerjoin(Organization, Organization.id == Service.organization_id)
        .outerjoin(ServiceAtLocation, ServiceAtLocation.service_id == Service.id)
        .outerjoin(Location, Location.id == ServiceAtLocation.location_id)
        .outerjoin(Address, Address.location_id == Location.id)
        .order_by(Service.id)
    ).all()
    assert [tuple(row) for row in found] == [
        ("1", "Parroquia", "512 Kern St", "93268", 35.14),
        ("2", "Parroquia", "512 Kern St", "93268", 35.14),
        ("3", "Alianza", "Domicilio confidencial", "93268", None),
        ("4", "Alianza", None, None, None),
    ]


def test_what_several_rows_name_is_there_once(session: Session, read: Read) -> None:
    report = read(SHEET, OWN)
    assert {kind: report.taken[kind] for kind in ("organization", "location", "address", "service_at_location")} == {
        "organization": 2, "location": 2, "address": 2, "service_at_location": 3,
    }  # fmt: skip
    assert session.scalars(select(Organization.website).where(Organization.name == "Parroquia")).one()
    again = read(SHEET, OWN)
    assert not any(change.added or change.changed or change.removed for change in again.changes.values())


def test_a_column_may_say_that_the_place_is_not_shown(session: Session, read: Read) -> None:
    hidden = OWN.replace("    parts:", "    confidential: {Programa: [comedor]}\n    parts:", 1)
    read(SHEET.replace("2;Comedor;Parroquia;;512", "2;Comedor;Parroquia;;600"), hidden)
    shown = select(Address.address_1).join(Location, Location.id == Address.location_id)
    assert session.scalars(shown.where(Location.confidential.is_not(True))).all() == ["512 Kern St"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{from: A, to: phone, as: number, alsso: {B: type}}", "a part has no key 'alsso'"),
        ("{from: A, to: address, as: address_1, also: {B: colour}}", "location has no column 'colour'"),
        ("{from: A, to: phone, as: number, also: {B: city}}", "phone has no column 'city'"),
    ],
)
def test_a_wrong_part_is_said(tmp_path: Path, wrong: str, said: str) -> None:
    (tmp_path / "own.yml").write_text(f"name: x\nfiles:\n  a:\n    to: service\n    parts: [{wrong}]")
    with pytest.raises(ImportFailed) as failure:
        mapping.load(tmp_path / "own.yml")
    assert said in failure.value.faults[0]


@pytest.mark.parametrize(
    "written",
    ["Confidential", "CONFIDENTIAL ADDRESS", "Address is confidential.", "(Undisclosed location)", "Location: withheld",
     "Domicilio confidencial", "Ubicación confidencial", "Dirección reservada"],
)  # fmt: skip
def test_an_address_that_says_that_it_is_not_told_is_hidden(session: Session, read: Read, written: str) -> None:
    report = read(SHEET.replace("Domicilio confidencial", written), OWN)
    hidden = select(Address.address_1).join(Location, Location.id == Address.location_id).where(Location.confidential)
    assert session.scalars(hidden).all() == [written]
    assert f"address_1 {written!r} read as a place that is not told" in "\n".join(report.lines())


@pytest.mark.parametrize("street", ["1 Secret Garden Rd", "20 Confidential Way", "Reservada 14"])
def test_a_street_of_such_a_name_is_told(session: Session, read: Read, street: str) -> None:
    read(SHEET.replace("Domicilio confidencial", street), OWN)
    assert not session.scalars(select(Location.id).where(Location.confidential)).all()
