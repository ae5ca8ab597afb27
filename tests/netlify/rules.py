"""A server that obeys `_headers` and `_redirects`. `python -m tests.netlify.rules` installs it."""

from __future__ import annotations

import fcntl
from pathlib import Path

from site_builder.frontend import build as frontend

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".policetube-installed"


def install() -> frontend.Node:
    """The packages as the lock file has them; does nothing if they are there. The Node to use."""
    node = frontend.find_node()
    with LOCK.open("rb") as lock:  # one installation at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = frontend.digest([LOCK])
        if not frontend.stamped(INSTALLED, wanted):
            command = [*node.npm, "--prefix", str(HERE), "ci", "--ignore-scripts", "--no-audit"]
            frontend.run(node, *command, "--no-fund")
            INSTALLED.write_text(wanted, encoding="ascii")
    return node


def command(folder: Path, port: int) -> list[str]:
    """What serves a folder as a deploy."""
    return [*install().node, str(HERE / "server.mjs"), str(folder), str(port)]


if __name__ == "__main__":
    install()
