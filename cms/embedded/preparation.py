"""What must be true before the programs run: storage, database, static files, units, users.

Runs inside the demo's own process, with Django set up from the children's environment. Each step
costs next to nothing where it was done before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from io import StringIO
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from cms.embedded.console import Console
from cms.embedded.environment import Installation
from cms.embedded.errors import EmbeddedError
from cms.embedded.state import Memory
from static_export.edge import EdgeSettings, caddyfile


def set_up_django(environment: Mapping[str, str]) -> None:
    """Make this process see what the children will see, then load Django."""
    os.environ.clear()
    # What this process logs would stand between the lines of the screen.
    os.environ.update({**environment, "LOG_LEVEL": "WARNING"})
    django.setup()


def write_edge_configuration(installation: Installation) -> None:
    """The Caddyfile of the edge; only ports and folders are in it, never content."""
    installation.edge.mkdir(parents=True, exist_ok=True)
    text = caddyfile(
        EdgeSettings(
            root=installation.edge,
            listen=f"127.0.0.1:{installation.site_port}",
            media_origin=installation.media_url,
            access_log=installation.logs / "edge-access.log",
        )
    )
    (installation.run / "Caddyfile").write_text(text, encoding="utf-8")


def prepare(installation: Installation, console: Console) -> None:
    """Everything between a running store and the start of the other programs."""
    memory = Memory(installation.state / "demo.json")
    for folder in filter(None, (settings.FILE_UPLOAD_TEMP_DIR, *settings.STATICFILES_DIRS)):
        Path(folder).mkdir(parents=True, exist_ok=True)
    with console.step("Menyiapkan bucket", "Preparing the buckets"):
        _command("setup_storage")
    with console.step("Menyiapkan basis data", "Preparing the database"):
        _command("migrate", interactive=False, verbosity=0)
    _collect_static(memory, console)
    # The site's own address is in the page tree, so other ports ask for another look at it.
    grown = f"units at {installation.site_url}"
    if not memory.has(grown):
        with console.step("Memuat satuan Polri", "Loading the units"):
            _command("load_units")
        memory.note(grown)
    if not logins(installation):
        with console.step("Membuat pengguna", "Creating the users"):
            _command("create_demo_users")


def addresses_changed(installation: Installation) -> bool:
    """Whether the site now stands at other addresses than at the last start; notes the new ones."""
    memory = Memory(installation.state / "demo.json")
    now = json.dumps([installation.site_url, installation.media_url])
    before = memory.value("addresses")
    memory.note("addresses", now)
    return before not in {None, now}


def republish() -> None:
    """Render every page anew, for addresses that stand in all of them."""
    _command("publish_worker", once=True, full=True)


def logins(installation: Installation) -> list[list[str]]:
    """User name, password and a word on each user that `create_demo_users` made."""
    try:
        text = (installation.state / "logins.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [line.split("\t") for line in text.splitlines() if line.count("\t") >= 2]


def _collect_static(memory: Memory, console: Console) -> None:
    """Collect and compress static files, if any of them changed since the last time."""
    state = sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            state.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    if memory.value("static files") == state.hexdigest() and Path(settings.STATIC_ROOT).is_dir():
        return
    with console.step("Mengumpulkan berkas statis", "Collecting static files"):
        _command("collectstatic", interactive=False, verbosity=0, clear=True)
    memory.note("static files", state.hexdigest())


def _command(name: str, **options: object) -> None:
    """Run a management command quietly; raise `step-failed` with what it said."""
    said = StringIO()
    try:
        call_command(name, stdout=said, stderr=said, **options)
    except Exception as error:
        detail = f"{said.getvalue().strip()}\n{type(error).__name__}: {error}".strip()
        raise EmbeddedError(
            "step-failed",
            indonesian=f"Langkah “manage.py {name}” gagal; keterangannya di bawah ini. Perbaiki "
            "penyebabnya lalu ulangi: make demo",
            english=f"The step “manage.py {name}” failed. Mend the cause and run again: "
            f"make demo\n{detail}",
        ) from error
