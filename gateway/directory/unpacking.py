"""Unpacks a directory that comes as one file: a ZIP of CSV or JSON files, or such a file alone.

Nothing of a ZIP is believed: its sizes are counted while it is unpacked, its paths only name files of one folder.
"""

import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zlib import error as ZlibError

from gateway.directory.report import ImportFailed

READ = frozenset((".csv", ".json", ".jsonl", ".ndjson"))
MOST_FILES = 200  # HSDS has 30 objects
NAMED = 3  # files of other kinds that a fault names
MOST_ENTRIES = 2_000
LARGEST = 1 << 30  # bytes of everything in a ZIP
RATIO = 200  # to one; texts come to 20, what is made to burst to 1,000
FREE = 1 << 20  # bytes below which no ratio is looked at: a file of one column packs well
CHUNK = 1 << 16
ENCRYPTED = 0x1
MEDDLERS = ("__MACOSX/",)  # what a Mac adds beside each file


def is_packed(path: Path) -> bool:
    """Whether a path is a ZIP file, whatever its name."""
    return path.is_file() and zipfile.is_zipfile(path)


@contextmanager
def opened(path: Path, name: str | None = None, within: Path | None = None) -> Iterator[Path]:
    """The folder or file that an import reads for a path: of a ZIP its unpacked files, of a CSV file its own folder.

    ``name`` is what the file was called where it came from, ``within`` the folder to unpack in. Raises
    :class:`ImportFailed` for a ZIP that is broken, too large, or does not hold plain files, and for a file of another
    kind.
    """
    called = PurePosixPath((name or path.name).replace("\\", "/")).name
    if not path.is_file() or (not is_packed(path) and path.name == called and path.suffix.lower() != ".csv"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="front-door-directory-", dir=within) as made:
        folder = Path(made)
        if is_packed(path):
            unpack(path, folder)
            yield folder
        elif Path(called).suffix.lower() in READ:
            (folder / called).symlink_to(path.resolve())
            yield folder
        else:
            raise ImportFailed([f"{called} is neither a ZIP nor CSV nor JSON"])


def unpack(path: Path, folder: Path) -> None:
    """Write the CSV and JSON files of a ZIP into a folder, all beside each other. Raises :class:`ImportFailed`."""
    try:
        with zipfile.ZipFile(path) as packed:
            found = _files(packed)
            _weigh(found)
            written = 0
            for entry in found:
                written += _write(packed, entry, folder / PurePosixPath(entry.filename).name, LARGEST - written)
    except (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ImportFailed([f"the ZIP cannot be read: {error}"]) from error


def _files(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries that an import reads. Those of other kinds are passed over, those that are not plain refused."""
    entries = packed.infolist()
    if len(entries) > MOST_ENTRIES:
        raise ImportFailed([f"the ZIP holds {len(entries):,} entries; at most {MOST_ENTRIES:,} are read"])
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        if entry.is_dir() or entry.filename.startswith(MEDDLERS):
            continue
        name = _plain_name(entry)
        if name.startswith(".") or PurePosixPath(name).suffix.lower() not in READ:
            continue
        if name.casefold() in found:
            raise ImportFailed([f"the ZIP holds two files called {name}: make one ZIP of each publisher's files"])
        found[name.casefold()] = entry
    if not found:
        held = ", ".join(entry.filename[:80] for entry in entries[:NAMED] if not entry.is_dir())
        raise ImportFailed(["the ZIP holds neither CSV nor JSON files" + (f", only {held}" if held else "")])
    if len(found) > MOST_FILES:
        raise ImportFailed([f"the ZIP holds {len(found)} files; at most {MOST_FILES} are read"])
    return list(found.values())


def _plain_name(entry: zipfile.ZipInfo) -> str:
    path = PurePosixPath(entry.filename)
    # Windows reads both signs as ways into another folder.
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        raise ImportFailed([f"the ZIP holds a file that would lie outside its folder: {entry.filename[:80]!r}"])
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise ImportFailed([f"the ZIP holds something that is no plain file: {entry.filename[:80]!r}"])
    if entry.flag_bits & ENCRYPTED:
        raise ImportFailed(["the ZIP needs a password"])
    return path.name


def _weigh(found: list[zipfile.ZipInfo]) -> None:
    """Refuse by what the ZIP itself says; what it does not say is counted later."""
    total = sum(entry.file_size for entry in found)
    if total > LARGEST:
        raise _too_large()
    for entry in found:
        if entry.file_size > FREE and entry.file_size > RATIO * max(entry.compress_size, 1):
            raise ImportFailed([f"{entry.filename[:80]!r} bursts to {RATIO} times its size and more: no list does"])


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    written = 0
    with packed.open(entry) as source, target.open("xb") as sink:
        while piece := source.read(CHUNK):
            written += len(piece)
            if written > left or written > max(FREE, RATIO * max(entry.compress_size, 1)):
                raise _too_large()
            sink.write(piece)
    return written


def _too_large() -> ImportFailed:
    return ImportFailed([f"the ZIP holds more than {LARGEST >> 20:,} MB"])
