"""A ZIP from anywhere: what is read of it, and that a hostile one does no harm."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from gateway.directory import unpacking
from gateway.directory.report import ImportFailed

CSV = b"id,name,status\ns1,Pantry,active\n"


def packed(tmp_path: Path, files: dict[str, bytes], **how: int) -> Path:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = how.get("mode", 0) << 16
            made.writestr(entry, body)
    return path


def read(path: Path, name: str | None = None) -> dict[str, bytes]:
    with unpacking.opened(path, name) as folder:
        files = folder.iterdir() if folder.is_dir() else [folder]
        return {file.name: file.read_bytes() for file in files}


def test_files_of_any_folder_lie_beside_each_other(tmp_path: Path) -> None:
    path = packed(
        tmp_path,
        {"county/service.csv": CSV, "county/datapackage.json": b"{}", "county/read me.pdf": b"%PDF", "county/": b"",
         "__MACOSX/county/._service.csv": b"\0", "county/.hidden.csv": CSV},
    )  # fmt: skip
    assert read(path) == {"service.csv": CSV, "datapackage.json": b"{}"}


def test_a_csv_or_json_file_alone_is_read_under_its_own_name(tmp_path: Path) -> None:
    kept = tmp_path / "7.upload"
    kept.write_bytes(CSV)
    assert read(kept, r"C:\lists\services.csv") == {"services.csv": CSV}
    assert read(kept, "services.json") == {"services.json": CSV}
    plain = tmp_path / "services.json"
    plain.write_bytes(b"[]")
    with unpacking.opened(plain) as path:
        assert path == plain
    with pytest.raises(ImportFailed, match="neither a ZIP"):
        read(kept, "services.exe")


@pytest.mark.parametrize("name", ["../service.csv", "/etc/service.csv", "a/../../service.csv", "..\\service.csv",
                                  "C:service.csv"])  # fmt: skip
def test_no_path_leads_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportFailed, match="outside its folder"):
        read(packed(tmp_path, {name: CSV}))


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        with pytest.raises(ImportFailed, match="no plain file"):
            read(packed(tmp_path, {"service.csv": b"/etc/passwd"}, mode=kind | 0o644))


def test_what_bursts_is_refused_by_its_own_word(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="bursts"):
        read(packed(tmp_path, {"service.csv": b"\0" * (20 << 20)}))


def test_what_lies_of_its_size_is_stopped_while_it_is_unpacked(tmp_path: Path) -> None:
    path = packed(tmp_path, {"service.csv": b"\0" * (20 << 20)})
    body = bytearray(path.read_bytes())
    directory = body.index(b"PK\x01\x02")
    struct.pack_into("<I", body, directory + 24, 40)  # the size that the directory at the end tells
    path.write_bytes(body)
    with pytest.raises(ImportFailed):
        read(path)


def test_too_many_or_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImportFailed, match="at most 200"):
        read(packed(tmp_path, {f"{number}.csv": CSV for number in range(201)}))
    with pytest.raises(ImportFailed, match="2,000"):
        read(packed(tmp_path, {f"{number}.txt": b"" for number in range(2_001)}))
    monkeypatch.setattr(unpacking, "LARGEST", 50)
    with pytest.raises(ImportFailed, match="more than"):
        read(packed(tmp_path, {"a.csv": CSV, "b.csv": CSV}))


def test_two_files_of_one_name_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="two files called"):
        read(packed(tmp_path, {"a/service.csv": CSV, "b/Service.csv": CSV}))
    with pytest.raises(ImportFailed, match="neither CSV nor JSON"):
        read(packed(tmp_path, {"a.pdf": b""}))


@pytest.mark.parametrize("cut", [30, 60, 90])
def test_a_broken_zip_is_one_clear_sentence(tmp_path: Path, cut: int) -> None:
    whole = packed(tmp_path, {"service.csv": CSV * 50}).read_bytes()
    broken = bytearray(whole)
    broken[cut : cut + 8] = b"\xff" * 8
    path = tmp_path / "broken.zip"
    path.write_bytes(broken)
    with pytest.raises(ImportFailed):
        read(path)


def test_a_password_is_said(tmp_path: Path) -> None:
    path = packed(tmp_path, {"service.csv": CSV})
    body = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(mark) + place] |= 1
    path.write_bytes(body)
    with pytest.raises(ImportFailed, match="password"):
        read(path)
    assert zipfile.is_zipfile(io.BytesIO(body))
