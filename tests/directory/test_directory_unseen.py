"""Directories that nobody here has seen: odd but likely files come in with a report, or are refused with a reason."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import answers, exporting, one_service, stored
from gateway.directory.flatten import flatten
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed, Report
from gateway.directory.wanted import Found
from gateway.models.directory import (
    Attribute,
    CostOption,
    Language,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
)
from gateway.models.listing import Translation

pytestmark = pytest.mark.slow  # many imports

Files = dict[str, str | bytes]
HOME = "America/Los_Angeles"
TABLES: Files = {
    "organizations.csv": "id,name,description\no1,Helping Hands,Neighbors\n",
    "services.csv": "id,organization_id,name,status,description\ns1,o1,Food pantry,active,Free food\n",
    "locations.csv": "id,location_type,name,latitude,longitude\nl1,physical,Hall,37.75,-122.41\n",
    "service_at_location.csv": "id,service_id,location_id\na1,s1,l1\n",
}
SERVICE = {"id": "s1", "name": "Pantry", "status": "active"}


def tables(**files: str | bytes) -> Files:
    """The four tables with others in their place or beside them."""
    return TABLES | {f"{name}.csv": content for name, content in files.items()}


def each(change: Callable[[str], str | bytes]) -> Files:
    return {name: change(str(content)) for name, content in TABLES.items()}


def services(*lines: str, columns: str = "id,organization_id,name,status") -> Files:
    return tables(services="\n".join([columns, *lines, ""]))


def one_json(**cells: Any) -> Files:
    return {"services.json": json.dumps([SERVICE | cells])}


def put(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def use(session: Session, now: datetime) -> None:
    """Everything that is done with a directory: told in both languages, given out."""
    ids = [f"odd:{key}" for key in session.scalars(select(Service.id).where(Service.dataset == "odd"))]
    for language in ("en", "es"):
        asking = stored.Asking(language, now, home=HOME)
        weeks = stored.weeks(session, ids, asking, {})
        found = stored.by_ids(session, ids, asking)
        for service in found:
            one_service.detail(service, 1, weeks.get(service.id, ""), asking, answers.SMS)
            one_service.call(service, asking, answers.SMS)
        answers.render(Found(found[:3], len(found), None, at=now), language, answers.SMS)
    for full in exporting.every_service(session, "odd", ours=True, said=Counter(), now=now):
        json.dumps(full).encode()


def taken(session: Session, folder: Path, now: datetime) -> Report:
    """Imported, used, and the same again changes nothing."""
    report = import_path(session, folder, now, dataset="odd")
    use(session, now)
    assert import_path(session, folder, now, dataset="odd").unchanged
    return report


def cells(session: Session, table: type[Any], *names: str) -> list[tuple[Any, ...]]:
    rows = session.scalars(select(table).where(table.dataset == "odd").order_by(table.id)).all()
    return [tuple(getattr(row, name) for name in names) for row in rows]


DEEP = "objects lie in each other too deep"
# What is in the folder, what the report says somewhere, and what must be in the directory afterwards.
ODD: dict[str, tuple[Files, str, type[Any], tuple[str, ...], list[tuple[Any, ...]]]] = {
    "byte order marks": (each(lambda t: "\ufeff" + t), "", Service, ("id", "name"), [("s1", "Food pantry")]),
    "CRLF": (each(lambda t: t.replace("\n", "\r\n")), "", Service, ("id", "name"), [("s1", "Food pantry")]),
    "CR": (each(lambda t: t.replace("\n", "\r")), "", Service, ("id", "name"), [("s1", "Food pantry")]),
    "semicolons and Windows": (
        each(lambda t: t.replace(",", ";").replace("Hall", "Salón").encode("cp1252")),
        "read as Windows-1252", Location, ("name", "latitude"), [("Salón", 37.75)]),
    "tabs in .tsv": ({name.replace("csv", "tsv"): str(t).replace(",", "\t") for name, t in TABLES.items()},
                     "", Service, ("id",), [("s1",)]),
    "large letters": ({name.upper(): t for name, t in TABLES.items()}, "", Service, ("id",), [("s1",)]),
    "a folder in the folder": ({f"export/{name}": t for name, t in TABLES.items()} | {"__MACOSX/x": ""},
                               "nothing but the folder export", ServiceAtLocation, ("id",), [("a1",)]),
    "columns in words": (services("s1,o1,A,Active", columns=" ID , Organization ID,Name ,STATUS"),
                         "", Service, ("organization_id", "status"), [("o1", "active")]),
    "columns in humps": (services("s1,o1,A,active", columns="Id,organizationId,Name,Status"),
                         "", Service, ("organization_id",), [("o1",)]),
    "a column twice": (services("s1,o1,A,B,active", columns="id,organization_id,name,name,status"),
                       "'name' more than once", Service, ("name",), [("B",)]),
    "a column without a name": (services("s1,o1,A,active,x,", columns="id,organization_id,name,status,,"),
                                "service.column_5", Service, ("extra",), [({"column_5": "x"},)]),
    "quotes and lines in cells": (
        services('"s1","o1","Food ""big"" pantry","active"', 's2,o1,"two\r\nlines",active'),
        "", Service, ("name",), [('Food "big" pantry',), ("two\r\nlines",)]),
    "HTML": (services("s1,o1,Food &amp; Toys,active,<p>Free<br>food</p><script>x</script>",
                      columns="id,organization_id,name,status,description"),
             "services.csv:2 description held mark-up", Service, ("name", "description"),
             [("Food & Toys", "Free\nfood")]),
    "signs that turn a line around": (
        services("s1,o1,\u202eyrtnap dooF\u202c \u200b,active,a &#8238;b",
                 columns="id,organization_id,name,status,description"),
        "services.csv:2 an invisible sign was removed", Service, ("name", "description"), [("yrtnap dooF", "a b")]),
    "words for nothing": (services("s1,NULL,A,active,N/A,#REF!", columns="id,organization_id,name,status,url,alert"),
                          "services.csv:2 url 'N/A' read as empty", Service, ("organization_id", "url", "alert"),
                          [(None, None, None)]),
    "phones of a spreadsheet": (
        tables(phones="id,service_id,number,extension\np1,s1,4155550101.0,12.0\np2,s1,4.15555E+09,\np3,s1,TBD,\n"),
        "phones.csv:3 '4.15555E+09' is a number that a spreadsheet has shortened", Phone, ("number", "extension"),
        [("4155550101", "12")]),
    "phones with extensions": (
        tables(phones="id,service_id,number\np1,s1,(415) 555-0101 x12\np2,s1,415.555.0102 Ext. 3 (ask for Ana)\n"),
        "", Phone, ("number", "extension", "description"),
        [("(415) 555-0101", "12", None), ("415.555.0102", "3", "ask for Ana")]),
    "hours in words": (tables(schedules="id,service_id,description\nh1,s1,Mon-Fri 9-5\n"), "", Schedule,
                       ("byday", "opens_at", "closes_at"), [("MO,TU,WE,TH,FR", time(9), time(17))]),
    "times in all ways": (
        tables(schedules="id,service_id,byday,opens_at,closes_at\nh1,s1,Mon-Fri,9a,noon\nh2,s1,Sat,13:00,24:00\n"
                         "h3,s1,Sunday,9:00:00 AM,5:00:00 PM\nh4,s1,MO,0.375,0.7083333\n"),
        "opens_at '0.375' read as 09:00", Schedule, ("byday", "opens_at", "closes_at"),
        [("MO,TU,WE,TH,FR", time(9), time(12)), ("SA", time(13), time(0)), ("SU", time(9), time(17)),
         ("MO", time(9), time(17))]),
    "a column for each day": (
        services("s1,o1,A,active,9am-5pm,9am-5pm,Closed",
                 columns="id,organization_id,name,status,Monday,Tuesday,Saturday"),
        "", Schedule, ("service_id", "byday", "opens_at", "closes_at"), [("s1", "MO,TU", time(9), time(17))]),
    "two columns for each day": (
        tables(locations="id,location_type,mon_open,mon_close,tuesday_open,tuesday_close\n"
                         "l1,physical,9:00,17:00,9:00 AM,1:00 PM\n"),
        "", Schedule, ("location_id", "byday", "closes_at"), [("l1", "MO", time(17)), ("l1", "TU", time(13))]),
    "days that nobody can read": (
        tables(schedules="id,service_id,monday,tuesday\nh1,s1,ask,when we can\n"), "", Schedule,
        ("byday", "opens_at", "as_given"), [("MO,TU", None, "Mon ask; Tue when we can")]),
    "rules that make no sense": (
        tables(schedules="id,service_id,freq,interval,byday,bymonthday,until,count,dtstart,opens_at,closes_at\n"
                         "h1,s1,WEEKLY,0,MO,,,,,09:00,17:00\nh2,s1,MONTHLY,-1,9999MO,99,,0,,09:00,17:00\n"
                         "h3,s1,SECONDLY,1,,,9999-12-31,,0001-01-01,25:00,26:00\n"),
        "schedules.csv:4 freq 'SECONDLY' is no rule of days", Schedule, ("id",), [("h1",), ("h2",), ("h3",)]),
    "dates in all ways": (
        services("s1,o1,A,active,25/12/2025,1766678400", "s2,o1,B,active,2025-13-01,31.12.2025",
                 columns="id,organization_id,name,status,assured_date,last_modified"),
        "services.csv:3 assured_date '2025-13-01' is not a date; kept as text", Service, ("extra",),
        [(None,), ({"assured_date": "2025-13-01"},)]),
    "a comma in a number": (
        tables(locations='id,location_type,latitude,longitude\nl1,physical,"37,75","-122,41"\n'), "", Location,
        ("latitude", "longitude"), [(37.75, -122.41)]),
    "amounts": (tables(cost_options='id,service_id,amount\nc1,s1,"$1,000.50"\nc2,s1,"10,50"\nc3,s1,$5-$10\n'),
                "cost_options.csv:4 amount '$5-$10' is not a Decimal; kept as text", CostOption,
                ("amount", "amount_description"), [(1000.5, None), (10.5, None), (None, "$5-$10")]),
    "empty files": (tables(phones="", schedules="\n", languages="id,service_id,name\n"), "", Service, ("id",),
                    [("s1",)]),
    "ids twice": (services("s1,o1,A,active", "s1,o1,B,active"), "services.csv:3 service s1 is there twice", Service,
                  ("name",), [("A",)]),
    "ids twice in large letters": (
        {name.upper(): t for name, t in services("s1,o1,A,active", "s1,o1,B,active").items()},
        "SERVICES.CSV:3 service s1 is there twice", Service, ("name",), [("A",)]),
    "a service of nobody": (services("s1,,A,active"), "", Service, ("organization_id",), [(None,)]),
    "rows of odd lengths": (services("s1,o1,A", "s2,o1,B,active,more"), "services.csv:3 more cells than columns",
                            Service, ("id",), [("s1",)]),
    "a status in prose": (services(f"s1,o1,A,{'temporarily closed for renovation ' * 20}", "s2,o1,B,active"),
                          "services.csv:2 status", Service, ("status",), [("inactive",), ("active",)]),
    "a kind of place in prose": (tables(locations=f"id,location_type\nl1,{'a large hall ' * 20}\n"),
                                 "locations.csv:2 location_type", Location, ("location_type",), [("physical",)]),
    "links by any name": (
        tables(taxonomy_terms="id,name,parent_id\nt1,Food,t2\nt2,Bread,t1\n",
               attributes=f"id,link_id,link_entity,taxonomy_term_id\nx1,s1,Services,t1\nx2,s1,{'x' * 300},t1\n"),
        "attributes.csv:3 link_entity names no object", Attribute, ("link_entity",), [("service",)]),
    "a language by its name": (
        tables(translations="id,object,object_id,field,language,text\nw1,Service,s1,name,Spanish,Despensa\n"
                            "w2,service,s1,name,in many words,X\n"),
        "translations.csv:3 language missing", Translation, ("object", "language", "text"),
        [("service", "es", "Despensa")]),
    "a megabyte": (services(f"s1,o1,{'x' * 1_000_000},active"), "", Service, ("id",), [("s1",)]),
    "a megabyte of words": (
        services("s1,o1,A,active," + " ".join(f"w{number:x}" for number in range(170_000)),
                 columns="id,organization_id,name,status,description"), "", Service, ("id",), [("s1",)]),
    "a page": ({"services.json": json.dumps({"total_items": 1, "contents": [SERVICE]})}, "", Service, ("id",),
               [("s1",)]),
    "two pages": ({"1.json": json.dumps({"contents": [SERVICE]}),
                   "2.json": json.dumps({"contents": [SERVICE | {"id": "s2"}]})}, "", Service, ("id",),
                  [("s1",), ("s2",)]),
    "pages of other programs": ({"1.json": json.dumps({"data": [SERVICE]}),
                                 "2.json": json.dumps({"count": 1, "results": [SERVICE | {"id": "s2"}]})},
                                "", Service, ("id",), [("s1",), ("s2",)]),
    "an object with a list of its own": (one_json(items=["bread"], data=[{"x": 1}]), "service.items", Service,
                                         ("extra",), [({"items": ["bread"], "data": [{"x": 1}]},)]),
    "an object a line": ({"a.ndjson": "\n".join(json.dumps(SERVICE | {"id": key}) for key in ("s1", "s2"))}, "",
                         Service, ("id",), [("s1",), ("s2",)]),
    "JSON of Windows": ({"services.json": json.dumps([SERVICE | {"name": "Clínica"}], ensure_ascii=False)
                         .encode("cp1252")}, "read as Windows-1252", Service, ("name",), [("Clínica",)]),
    "JSON in UTF-16": ({"services.json": json.dumps([SERVICE]).encode("utf-16")}, "read as UTF-16", Service, ("id",),
                       [("s1",)]),
    "an organization inside": (one_json(organization={"id": 7, "name": "Org"}), "", Service, ("organization_id",),
                               [("7",)]),
    "an organization in a list": (one_json(organization=[{"id": "o1", "name": "Org"}, {"id": "o2", "name": "Other"}]),
                                  "", Service, ("organization_id",), [("o1",)]),
    "an organization without an id": (one_json(organization={"name": "Org"}), "", Organization, ("name",), [("Org",)]),
    "mere phones": (one_json(phones=["415 555 0101", 4155550102]), "", Phone, ("service_id",), [("s1",), ("s1",)]),
    "a mere phone": (one_json(phone="415 555 0101"), "", Phone, ("number",), [("415 555 0101",)]),
    "one phone for a list": (one_json(phones={"number": "415 555 0101"}), "", Phone, ("service_id",), [("s1",)]),
    "mere languages": (one_json(languages=["es"]), "", Language, ("service_id", "code"), [("s1", "es")]),
    "days in a list": (one_json(schedules=[{"opens_at": "9a", "closes_at": "noon", "byday": ["MO", "TU"]}]), "",
                       Schedule, ("byday", "opens_at"), [("MO,TU", time(9))]),
    "nulls": (one_json(organization=None, phones=None, schedules=[], url=None), "", Service, ("id",), [("s1",)]),
    "an id of a store": (one_json(id={"$oid": "5f1"}), "", Service, ("id",), [("5f1",)]),
    "names by language": (one_json(name={"en": "Pantry", "es": "Despensa"}),
                          "services.json:1 name is there in several languages", Service, ("name", "extra"),
                          [("Pantry", {"name": {"en": "Pantry", "es": "Despensa"}})]),
    "numbers that are none": ({"services.json": json.dumps([SERVICE | {"minimum_age": float("nan"), "x": 1}]).replace(
        '"x": 1', f'"x": {"9" * 5000}, "y": 1e999')}, "minimum_age", Service, ("minimum_age",), [(None,)]),
    "broken letters": ({"services.json": json.dumps([SERVICE | {"name": "a\ud800b\x00", "x\ud800": "\udfff"}])},
                       "services.json:1 a broken character was replaced", Service, ("extra",), [({"x?": "?"},)]),
    "cells in cells": ({"services.json": f'[{json.dumps(SERVICE)[:-1]}, "x": {"[" * 200}1{"]" * 200}}}]'}, "",
                       Service, ("id",), [("s1",)]),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_it_comes_in_with_a_report(session: Session, tmp_path: Path, now: datetime, name: str) -> None:
    files, said, table, names, there = ODD[name]
    report = taken(session, put(files, tmp_path), now)
    remarks = [str(remark) for remark in (*report.mended, *report.kept, *report.refused)]
    everything = "\n".join([*remarks, *report.notes, *report.unknown])
    assert said in everything
    assert cells(session, table, *names) == there


REFUSED: dict[str, tuple[Files, str]] = {
    "nothing": ({}, "holds neither"),
    "a workbook": ({"services.xlsx": b"PK\x03\x04"}, "holds neither"),
    "a workbook by another name": (tables(services=b"PK\x03\x04\x00\x81" * 50), "services.csv: it is no text"),
    "a packed file": (tables(services=gzip.compress(b"id,name\n" * 50)), "services.csv"),
    "a page of the web": (tables(services="<!DOCTYPE html><html><body>Log in</body></html>"),
                          "services.csv has no column 'id'"),
    "no services": (tables(services=""), "no services were found"),
    "no ids": (tables(services="name,status\nA,active\n"), "services.csv has no column 'id'"),
    "half of a UTF-16 file": (tables(services="id,name\ns1,A\n".encode("utf-16")[:-1]), "services.csv: it is no text"),
    "a quote inside a quote": (services('s1,o1,"Bob"s place",active'), "services.csv, line 2"),
    "an empty list": ({"services.json": "[]"}, "no services were found"),
    "no objects": ({"services.json": '[1, null, "a"]'}, "services.json:3 not an HSDS object"),
    "half of a JSON file": ({"services.json": json.dumps([SERVICE, SERVICE])[:-9]}, "services.json is not JSON"),
    "lists without an end": ({"services.json": "[" * 100_000}, DEEP),
    "objects without an end": ({"services.json": '{"a":' * 100_000}, DEEP),
    "organizations without an end": (
        {"services.json": '{"name":"x","organization":' * 3_000 + "{}" + "}" * 3_000}, ""),
    "a table of its own": ({"places.csv": "Program,Phone\nFood,512-555-0101\n"}, "is read by a mapping file"),
}  # fmt: skip


@pytest.mark.parametrize("said", ["../../datapackage.json", "{", "[]", '{"resources": 3}'])
def test_files_are_told_by_their_names_where_the_package_is_not_described(
    session: Session, tmp_path: Path, now: datetime, said: str
) -> None:
    report = import_path(session, put(tables() | {"datapackage.json": said}, tmp_path), now, dataset="odd")
    assert cells(session, Service, "id")
    assert any("told by its name" in note for note in report.notes)


@pytest.mark.parametrize("status", ["activo", "Activa", "SÍ", "abierto"])
def test_what_is_open_in_spanish_is_active(session: Session, tmp_path: Path, now: datetime, status: str) -> None:
    import_path(session, put(services(f"s1,o1,Despensa,{status}"), tmp_path), now, dataset="odd")
    assert cells(session, Service, "status") == [("active",)]


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_reason(session: Session, tmp_path: Path, now: datetime, name: str) -> None:
    files, said = REFUSED[name]
    with pytest.raises(ImportFailed) as failure:
        import_path(session, put(files, tmp_path), now, dataset="odd")
    assert any(said in fault for fault in failure.value.faults), failure.value.faults
    assert cells(session, Service, "id") == []


ODD_CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", " ", '"', "NULL", "=1+1", "9-5", "Mon-Fri", "24:00", "25:61", "1e999", "-1", "½", "🍎", "\u202e", "<b>"]
    ),
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
KINDS = {
    "organization": ("id", "name", "website", "parent_organization_id"),
    "service": ("id", "organization_id", "name", "status", "minimum_age", "assured_date", "url", "Monday", "Tuesday"),
    "location": ("id", "location_type", "latitude", "longitude", "name"),
    "service_at_location": ("id", "service_id", "location_id"),
    "phone": ("id", "service_id", "number", "extension", "type"),
    "schedule": (
        "id",
        "service_id",
        "freq",
        "interval",
        "count",
        "byday",
        "bymonthday",
        "opens_at",
        "closes_at",
        "until",
    ),
    "address": ("id", "location_id", "address_1", "city", "state_province", "postal_code"),
    "language": ("id", "service_id", "name", "code"),
    "cost_option": ("id", "service_id", "option", "amount"),
}
ROW = st.dictionaries(st.sampled_from(sorted({name for names in KINDS.values() for name in names})), ODD_CELLS)
FEED = st.fixed_dictionaries({kind: st.lists(ROW, max_size=3) for kind in KINDS})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(feed=FEED, delimiter=st.sampled_from(",;\t|"), encoding=ENCODINGS, end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_in_the_tables_nothing_breaks(
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    now: datetime,
    feed: dict[str, list[dict[str, str]]],
    delimiter: str,
    encoding: str,
    end: str,
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    for kind, names in KINDS.items():
        sound = {name: {"id": f"{kind[:1]}1", "name": "Sound", "status": "active"}.get(name, "") for name in names}
        rows = [list(names), *([row.get(name, sound[name]) for name in names] for row in [sound, *feed[kind]])]
        text = end.join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
        (folder / f"{kind}.csv").write_bytes(text.encode(encoding, "replace"))
    with database.begin() as session:
        try:
            import_path(session, folder, now, dataset="odd")
        except ImportFailed as refused:
            assert all(refused.faults)  # noqa: PT017 - a refusal is as good, as long as it says why
        else:
            use(session, now)
        session.rollback()


TREE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "name", "status", "organization", "phones", "number", "schedules", "byday",
                                       "opens_at", "locations", "service_at_locations", "languages", "x", "contents"]),
                      inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees=st.lists(TREE, max_size=3))
def test_whatever_is_in_the_json_nothing_breaks(
    database: Database, tmp_path_factory: pytest.TempPathFactory, now: datetime, trees: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("feed")
    (folder / "services.json").write_text(json.dumps([SERVICE, *trees]))
    with database.begin() as session:
        try:
            import_path(session, folder, now, dataset="odd")
        except ImportFailed as refused:
            assert all(refused.faults)  # noqa: PT017 - a refusal is as good, as long as it says why
        else:
            use(session, now)
        session.rollback()


def test_of_several_organizations_the_first_that_is_one_counts() -> None:
    given = {"name": "Pantry", "organization": [None, {"name": "First"}, {"name": "Second"}, 3]}
    rows = list(flatten(given, "services.json", 1))
    [service] = [row for row in rows if row.kind == "service"]
    told = {row.fields["id"]: row.fields["name"] for row in rows if row.kind == "organization"}
    assert told[service.fields["organization_id"]] == "First"
    assert len(told) == 2
