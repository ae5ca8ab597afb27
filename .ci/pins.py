"""Renew requirements.txt and requirements-dev.txt: what we ask for, resolved anew.

`make pins`. Names above `# Brought along` are asked for, held back by LIMITS. Read the
difference and run `make check test` before committing it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BROUGHT_ALONG = "# Brought along"
# Django 5.2 is the newest that graphene-django supports, and a long-term release.
LIMITS = {"django": "Django~=5.2.0", "wagtail": "wagtail~=8.0"}
# Brought along, and held back: the newest ask for a later Python 3.11 than Debian 12 has (3.11.2).
HELD = ["soupsieve<3"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==\S+$", re.MULTILINE)


def normalised(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def resolve(names: list[str], fixed: Path | None = None) -> dict[str, str]:
    """Pins of `names` and all they bring along, by normalised name, in a fresh environment."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        wanted = [LIMITS.get(normalised(name), name) for name in names]
        constraint = ["-c", str(fixed)] if fixed else []
        subprocess.run([*pip, "install", "--quiet", *constraint, *wanted, *HELD], check=True)
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True)
    return {normalised(name): f"{name}{rest}" for name, rest in _pairs(frozen.stdout)}


def _pairs(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^([A-Za-z0-9._-]+)(==\S+)$", text, re.MULTILINE)


def main() -> None:
    product = ROOT / "requirements.txt"
    head, _, _tail = product.read_text().partition(BROUGHT_ALONG)
    asked = PIN.findall(head)
    pins = resolve(asked)
    own = {normalised(name) for name in asked}
    for name in asked:
        head = re.sub(rf"^{re.escape(name)}==\S+$", pins[normalised(name)], head, flags=re.M)
    brought = sorted((pin for name, pin in pins.items() if name not in own), key=str.lower)
    product.write_text(head + BROUGHT_ALONG + "\n" + "\n".join(brought) + "\n")

    tools = ROOT / "requirements-dev.txt"
    text = tools.read_text()
    prefix = text[: PIN.search(text).start()]  # type: ignore[union-attr]
    also = {
        name: pin for name, pin in resolve(PIN.findall(text), product).items() if name not in pins
    }
    tools.write_text(prefix + "\n".join(sorted(also.values(), key=str.lower)) + "\n")


if __name__ == "__main__":
    main()
