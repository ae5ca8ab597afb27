"""A built folder looked at as its readers will: whole, and every address in it leads somewhere.

Reads the manifest and what it names, nothing else: no store, no API. Pages are read one by one, so
that memory holds paths and the fragments asked for, never the site.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from site_builder import addresses, manifest
from site_builder.errors import BuilderError, ErrorCode
from site_builder.routes import file_path, url_path

HOPS = 10  # browsers give up at twenty
# Fragments that need no ID: the top of a page, a moment of its recording (W3C media fragments).
EVERYWHERE = re.compile(r"top|t=[\d.:,]+|:~:text=.*")
ELSEWHERE = "https://site.invalid"
MISSING = "there is no such page"
GONE = "it is withdrawn"
NO_FRAGMENT = "the page has no such id"
CIRCLE = "its redirects lead in a circle"
PLAIN_FOLDER = "it lacks its last slash"

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing wrong: in which file, what, and why it is wrong."""

    path: str
    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what} ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check read, and what it found wrong, in order of path."""

    files: int
    links: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a manifest promises: output paths with digest and size, redirects, gone URL paths."""

    artifacts: dict[str, tuple[str, int]]
    redirects: dict[str, str]
    gone: frozenset[str]


def check(folder: Path, *, site_url: str | None = None, report: Report | None = None) -> Checked:
    """Check a built folder; raises `BuilderError` if there is none.

    `site_url` is the address under which absolute links are the site's own; by default the one
    that the home page calls canonical.
    """
    return _Check(folder, site_url, report or (lambda _done, _total: None)).run()


class _Check:
    def __init__(self, folder: Path, site_url: str | None, report: Report) -> None:
        self._folder = folder
        self._faults: set[Fault] = set()
        self._site = self._read_manifest()
        self._site_url = (site_url or self._own_address()).rstrip("/")
        self._report = report
        self._links = 0
        # Fragments asked for, by output path: who asks first for each.
        self._fragments: dict[str, dict[str, str]] = {}

    def run(self) -> Checked:
        total = len(self._site.artifacts)
        for done, path in enumerate(sorted(self._site.artifacts), start=1):
            self._read(path)
            self._report(done, total)
        for source, target in self._site.redirects.items():
            self._follow(f"the redirect from {source}", "/", target)
        self._look_for_fragments()
        self._look_for_strays()
        return Checked(files=total, links=self._links, faults=tuple(sorted(self._faults)))

    def _fault(self, path: str, what: str, reason: str) -> None:
        self._faults.add(Fault(path=path, what=what, reason=reason))

    def _read_manifest(self) -> Site:
        root = self._folder / manifest.ROOT
        if not root.is_file():
            raise BuilderError(
                ErrorCode.NOTHING_BUILT,
                f"{self._folder} holds no {manifest.ROOT}. Build the site first.",
            )
        artifacts: dict[str, tuple[str, int]] = {}
        redirects: dict[str, str] = {}
        gone: set[str] = set()
        for named in json.loads(root.read_bytes())["shards"]:
            content = self._bytes(named["path"])
            if content is None:
                continue
            if hashlib.sha256(content).hexdigest() != named["sha256"]:
                self._fault(named["path"], "other bytes", "than the manifest's root says")
            shard = json.loads(content)
            artifacts |= {one["path"]: (one["sha256"], one["size"]) for one in shard["artifacts"]}
            redirects |= {one["from"]: one["to"] for one in shard["redirects"]}
            gone.update(shard["gone"])
        return Site(artifacts=artifacts, redirects=redirects, gone=frozenset(gone))

    def _bytes(self, path: str) -> bytes | None:
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self._fault(path, "missing", "the manifest names it")
            return None

    def _own_address(self) -> str:
        """What the home page calls its canonical address; nothing if it calls none."""
        home = self._folder / "index.html"
        found = addresses.of_page(home.read_text(encoding="utf-8")) if home.is_file() else None
        return found.canonical if found else ""

    def _read(self, path: str) -> None:
        sha256, size = self._site.artifacts[path]
        content = self._bytes(path)
        if content is None:
            return
        if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
            self._fault(path, "other bytes", "than the manifest says")
        try:
            found = addresses.of(path, content)
        except ValueError as error:
            self._fault(path, "unreadable", str(error))
            return
        for address in sorted(found.links):
            self._follow(path, url_path(path), address)

    def _follow(self, path: str, base: str, address: str) -> None:
        """Where a reader of `base` gets by an address; says so if that is nowhere."""
        target = self._within(base, address)
        if target is None:
            return
        self._links += 1
        url, fragment = target
        goal, trouble = self._goal(url)
        if trouble:
            self._fault(path, address, trouble)
        elif fragment and goal:
            self._fragments.setdefault(goal, {}).setdefault(fragment, path)

    def _within(self, base: str, address: str) -> tuple[str, str] | None:
        """URL path and fragment of an address of this site; None for any other."""
        here = urlsplit(self._site_url or ELSEWHERE)
        try:
            parts = urlsplit(urljoin(f"{here.scheme}://{here.netloc}{base}", address))
        except ValueError:
            return address, ""  # no address at all: nothing is there
        if (parts.scheme, parts.netloc) != (here.scheme, here.netloc):
            return None
        return unquote(parts.path) or "/", unquote(parts.fragment)

    def _goal(self, path: str) -> tuple[str, str]:
        """Output path that answers a URL path (empty beyond the site), or why none does."""
        for _ in range(HOPS):
            if file_path(path) in self._site.artifacts:
                return file_path(path), ""
            if path not in self._site.redirects:
                break
            target = self._within(path, self._site.redirects[path])
            if target is None:
                return "", ""
            path, _fragment = target
        else:
            return "", CIRCLE
        if path in self._site.gone:
            return "", GONE
        plain = f"{file_path(path)}/index.html" in self._site.artifacts
        return "", PLAIN_FOLDER if plain else MISSING

    def _look_for_fragments(self) -> None:
        for path, wanted in self._fragments.items():
            content = self._bytes(path)
            if content is None or not path.endswith(".html"):
                continue
            ids = addresses.of_page(content.decode()).ids
            for fragment, asker in wanted.items():
                if fragment not in ids and not EVERYWHERE.fullmatch(fragment):
                    self._fault(asker, f"{url_path(path)}#{fragment}", NO_FRAGMENT)

    def _look_for_strays(self) -> None:
        known = {*self._site.artifacts, manifest.ROOT}
        for path in self._files():
            if path not in known and not path.startswith(f"{manifest.FOLDER}/"):
                self._fault(path, "stray", "the manifest does not name it")

    def _files(self) -> Iterator[str]:
        for found in sorted(self._folder.rglob("*")):
            if found.is_file():
                yield found.relative_to(self._folder).as_posix()
