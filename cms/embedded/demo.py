"""`make demo`: check, start, prepare, show a clip go public, then run until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from cms.embedded import checks, preparation
from cms.embedded.console import Console
from cms.embedded.environment import ROOT, Installation, child_environment, load_secrets
from cms.embedded.object_storage import ObjectStorageDownError, wait_until_up
from cms.embedded.programs import STORAGE, programs
from cms.embedded.state import alone
from cms.embedded.supervision import Supervisor, interrupted_by_signals

ANSWER_SECONDS = 60.0
LOOK_SECONDS = 1.0


def run(
    installation: Installation,
    console: Console,
    *,
    video: Path | None = None,
    exit_when_ready: bool = False,
) -> None:
    """Run everything until Ctrl-C or SIGTERM; raise `EmbeddedError` when that cannot be."""
    clip = checks.check_video(video) if video else None
    checks.check_python()
    checks.check_built(ROOT)
    checks.check_disk(installation.state)
    with alone(installation.run), interrupted_by_signals():
        checks.check_ports(installation)
        environment = child_environment(installation, load_secrets(installation.state), os.environ)
        supervisor = Supervisor(
            programs(installation),
            logs=installation.logs,
            run=installation.run,
            control=installation.socket,
        )
        ready = installation.run / "ready.json"
        try:
            console.say("\nPolicetube\n")
            supervisor.launch(folder=ROOT, environment=environment)
            _start_up(installation, environment, supervisor, console)
            shown = _show(installation, supervisor, console, clip)
            _announce(installation, console, shown)
            ready.write_text(json.dumps(_ready(installation, shown)), encoding="utf-8")
            while not exit_when_ready:
                time.sleep(LOOK_SECONDS)
                if not supervisor.is_alive():
                    raise supervisor.down("supervisord")
        except KeyboardInterrupt:
            console.say()
        finally:
            # A second Ctrl-C must not leave half of them running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            ready.unlink(missing_ok=True)
            with console.step("Menghentikan semua proses", "Stopping all processes"):
                supervisor.stop()


def _start_up(
    installation: Installation,
    environment: Mapping[str, str],
    supervisor: Supervisor,
    console: Console,
) -> None:
    with console.step("Menyalakan penyimpanan objek", "Starting object storage"):
        supervisor.start(STORAGE)
        preparation.write_edge_configuration(installation)
        preparation.set_up_django(environment)
        try:
            wait_until_up(installation.storage.s3)
        except ObjectStorageDownError as error:
            raise supervisor.down(STORAGE) from error
    preparation.prepare(installation, console)
    with console.step("Menyalakan CMS, pekerja, dan tepi", "Starting CMS, workers and edge"):
        supervisor.start("edge")
        if preparation.addresses_changed(installation):
            _wait_for(installation.site_url, supervisor, "edge")
            preparation.republish()
        # First what somebody waits for; the workers come up behind it.
        supervisor.start("cms")
        _wait_for(installation.site_url, supervisor, "edge")
        _wait_for(f"{installation.cms_url}/admin/login/", supervisor, "cms")
        for program in programs(installation):
            if program.name != "cms" and not program.serves_others:
                supervisor.start(program.name)


def _wait_for(url: str, supervisor: Supervisor, name: str) -> None:
    """Return once `url` answers anything but a server's fault; raise `program-down`."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code < 500:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise supervisor.down(name)


def _show(
    installation: Installation, supervisor: Supervisor, console: Console, clip: Path | None
) -> list[tuple[str, str]]:
    """Title and public address of what the demo shows, newest first."""
    # Loaded late: it needs Django, which is set up by now.
    from cms.embedded import clips

    return clips.show(installation, supervisor, console, clip)


def _ready(installation: Installation, shown: list[tuple[str, str]]) -> dict[str, object]:
    return {
        "site": installation.site_url,
        "cms": installation.cms_url,
        "storage": installation.storage_url,
        "videos": [{"title": title, "url": url} for title, url in shown],
    }


def _announce(installation: Installation, console: Console, shown: list[tuple[str, str]]) -> None:
    rule = "─" * 76
    rows = [
        ("Situs publik · public site", f"{installation.site_url}/"),
        ("CMS", f"{installation.cms_url}/admin/"),
        ("GraphQL", f"{installation.cms_url}/graphql/"),
        ("Penyimpanan · storage (S3)", f"{installation.storage_url}/"),
        ("Catatan · logs", str(installation.logs)),
    ]
    console.say(f"\n{rule}")
    for label, value in rows:
        console.say(f"  {label:<28} {value}")
    console.say("\n  Masuk · log in:")
    for name, password, about, *_rest in preparation.logins(installation):
        console.say(f"    {name:<16} {password:<18} {about}")
    if shown:
        console.say("\n  Tonton · watch:")
        for title, url in shown:
            console.say(f"    {title}\n      {url}")
    console.say(f"{rule}\n  Ctrl-C: hentikan · stop\n")
