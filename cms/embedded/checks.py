"""What must hold before the demo starts; each refusal says what is wrong and what to do."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from cms.embedded.environment import Installation
from cms.embedded.errors import EmbeddedError
from cms.embedded.object_storage import GRPC_OFFSET, is_free

NEEDED_FREE_BYTES = 2 * 1024**3
OLDEST_PYTHON = (3, 11)
# Assembled by `make frontend` and `make catalogues`; nothing can be shown without them.
BUILT_FILES = (
    Path("site_builder/assets/build"),
    Path("cms/static_built"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededPort:
    """A port the demo listens on: the variable that moves it and what it is for."""

    variable: str
    number: int
    purpose: str


def needed_ports(installation: Installation) -> tuple[NeededPort, ...]:
    """Every port the demo listens on, the gRPC twins of the store among them."""
    store = installation.storage
    inner = {"MASTER": store.master, "VOLUME": store.volume, "FILER": store.filer}
    named = [
        NeededPort(variable="CMS_PORT", number=installation.cms_port, purpose="CMS"),
        NeededPort(variable="SITE_PORT", number=installation.site_port, purpose="site"),
        NeededPort(variable="S3_PORT", number=store.s3, purpose="S3"),
        *(
            NeededPort(variable=f"S3_{name}_PORT", number=number, purpose=f"S3 {name.lower()}")
            for name, number in (inner | {"ADMIN": store.admin}).items()
        ),
    ]
    twins = [
        NeededPort(
            variable=port.variable,
            number=port.number + GRPC_OFFSET,
            purpose=f"{port.purpose} gRPC",
        )
        for port in named
        if port.variable.startswith("S3_")
    ]
    return (*named, *twins)


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> None:
    """Raise `python-too-old`."""
    if version >= OLDEST_PYTHON:
        return
    found = ".".join(map(str, version))
    raise EmbeddedError(
        "python-too-old",
        indonesian=f"Python {found} terlalu lama. Pasang Python 3.11 atau lebih baru, hapus folder "
        ".venv, lalu ulangi: make demo",
        english=f"Python {found} is too old. Install Python 3.11 or newer, remove the folder "
        ".venv and run again: make demo",
    )


def check_disk(state: Path, needed: int = NEEDED_FREE_BYTES) -> None:
    """Raise `disk-full` when less than `needed` bytes are free where `state` lies or will lie."""
    place = next(folder for folder in (state, *state.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free >= needed:
        return
    wanted, found = f"{needed / 1024**3:.1f}", f"{free / 1024**3:.1f}"
    raise EmbeddedError(
        "disk-full",
        indonesian=f"Ruang disk di {place} tinggal {found} GiB; diperlukan {wanted} GiB. "
        "Kosongkan sebagian, atau pindahkan data demo: make demo STATE_DIR=/folder/lain",
        english=f"Only {found} GiB are free on the disk of {place}; {wanted} GiB are needed. "
        "Free some, or keep the demo's data elsewhere: make demo STATE_DIR=/other/folder",
    )


def check_ports(installation: Installation) -> None:
    """Raise `bad-port` for a number used twice, `port-taken` for one that is in use."""
    seen: dict[int, NeededPort] = {}
    for port in needed_ports(installation):
        other = seen.setdefault(port.number, port)
        if other is not port:
            raise EmbeddedError(
                "bad-port",
                indonesian=f"Port {port.number} diminta dua kali, oleh {other.variable} dan "
                f"{port.variable}. Beri salah satunya nomor lain.",
                english=f"Port {port.number} is asked for twice, by {other.variable} and "
                f"{port.variable}. Give one of them another number.",
            )
    for port in seen.values():
        if not is_free(port.number):
            raise _taken(port)


def _taken(port: NeededPort) -> EmbeddedError:
    holder = port_holder(port.number)
    by_whom_id = f" oleh proses {holder}" if holder else ""
    by_whom_en = f" by process {holder}" if holder else ""
    mend = f"make demo {port.variable}={port.number + 100}"
    if port.purpose.endswith("gRPC"):
        mend = f"make demo {port.variable}={port.number - GRPC_OFFSET + 100}"
    return EmbeddedError(
        "port-taken",
        indonesian=f"Port {port.number} ({port.purpose}) sudah dipakai{by_whom_id}. "
        f"Hentikan proses itu, atau pilih port lain: {mend}",
        english=f"Port {port.number} ({port.purpose}) is already in use{by_whom_en}. "
        f"Stop that process, or choose another port: {mend}",
    )


def port_holder(port: int) -> str | None:
    """`PID (name)` of the process that listens on `port`, as far as we may see it (proc(5))."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                # State 0A is LISTEN; the address ends with the port in hexadecimal.
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                if str(descriptor.readlink()) in inodes:
                    return f"{process.name} ({(process / 'comm').read_text().strip()})"
    return None


def check_built(root: Path) -> None:
    """Raise `not-built` when the front end was never assembled."""
    for path in BUILT_FILES:
        folder = root / path
        if not folder.is_dir() or not any(folder.iterdir()):
            raise EmbeddedError(
                "not-built",
                indonesian=f"Folder {path} belum ada isinya. Jalankan dahulu: "
                "make frontend catalogues",
                english=f"The folder {path} has not been made. First run: make frontend catalogues",
            )


def check_video(path: Path) -> Path:
    """The absolute path of the clip to take; raise `no-such-file`."""
    found = path.expanduser()
    if found.is_file() and os.access(found, os.R_OK):
        return found.resolve()
    raise EmbeddedError(
        "no-such-file",
        indonesian=f"Berkas video {path} tidak ada atau tidak dapat dibaca. Periksa jalurnya: "
        "make demo VIDEO=/jalur/ke/video.mp4",
        english=f"The video file {path} does not exist or cannot be read. Check its path: "
        "make demo VIDEO=/path/to/video.mp4",
    )
