"""A small site that changes at random: every page, listing and asset bears its release's mark."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path

from static_export.paths import object_key
from tests.static_export.sites import Site, video

REFERENCE = re.compile(r'(?:href|src)="([^"]*)"')
MARK = re.compile(r"release (\d+)")
UNITS = ("polda-bali", "polda-jambi")


class History:
    """One site through its releases, the same for the same seed.

    Assets are named by their content and hold a mark of their own, so that whoever finds one under
    its name knows that it is the one a page was made with.
    """

    def __init__(self, folder: Path, seed: str) -> None:
        self.site = Site(folder, sequence=0)
        self._chance = random.Random(seed)
        self._bodies: dict[int, int] = {}
        self._slugs: dict[int, int] = {}
        self._look = 0
        self._next = 0
        for _ in range(4):
            self._publish()

    def next(self) -> Site:
        """The next release, written as a build."""
        self.site.next()
        if self.site.sequence > 1:
            changes = (self._publish, self._edit, self._withdraw, self._move, self._relook)
            for change in self._chance.sample(changes, self._chance.randrange(1, 4)):
                change()
        self._render()
        self.site.write()
        return self.site

    def _publish(self) -> None:
        self._bodies[self._next] = self._slugs[self._next] = self.site.sequence
        self._next += 1

    def _edit(self) -> None:
        self._bodies[self._any()] = self.site.sequence

    def _withdraw(self) -> None:
        if len(self._bodies) > 2:
            number = self._any()
            del self._bodies[number]
            self.site.gone.add(self._address(number))
            for source, (to, _) in list(self.site.redirects.items()):
                if to == self._address(number):
                    del self.site.redirects[source]
                    self.site.gone.add(source)

    def _move(self) -> None:
        number = self._any()
        before = self._address(number)
        self._slugs[number] = self.site.sequence
        after = self._address(number)
        if after == before:  # published only now
            return
        for source, (to, status) in list(self.site.redirects.items()):
            if to == before:
                self.site.redirects[source] = after, status
        self.site.redirects[before] = after, 301

    def _relook(self) -> None:
        self._look = self.site.sequence

    def _any(self) -> int:
        return self._chance.choice(sorted(self._bodies))

    def _address(self, number: int) -> str:
        return f"/{video(number)}".removesuffix("/") + f"-{self._slugs[number]}/"

    def _render(self) -> None:
        sheet = f"/* release {self._look} */ body {{ margin: 0 }}\n".encode() * 40
        script = f"// release {self._look}\n".encode() * 40
        assets = {named("site", "css", sheet): sheet, named("app", "js", script): script}
        head = "".join(
            f'<link rel="stylesheet" href="/{path}">'
            if path.endswith("css")
            # The builder's scripts are assets as well.
            else f'<script src="/{path}"></script>'
            for path in sorted(assets)
        )
        files = dict(assets)
        units: dict[str, list[int]] = {}
        for number in sorted(self._bodies):
            units.setdefault(UNITS[number % 2], []).append(number)
        for number, mark in self._bodies.items():
            unit = UNITS[number % 2]
            files[object_key(self._address(number))] = (
                f"{head}<h1>Video {number}</h1><!-- release {mark} -->"
                f'<a href="/">Beranda</a><a href="/unit/{unit}/">{unit}</a>'.encode()
            )
        lists = {"index.html": sorted(self._bodies)}
        lists |= {f"unit/{unit}/index.html": numbers for unit, numbers in units.items()}
        mark = f"<!-- release {self.site.sequence} -->"
        for path, numbers in lists.items():
            links = "".join(f'<a href="{self._address(number)}">{number}</a>' for number in numbers)
            more = "".join(f'<a href="/unit/{unit}/">{unit}</a>' for unit in units)
            files[path] = f"{head}<h1>Daftar</h1>{mark}{links}{more}".encode()
        files["404.html"] = f"{head}<h1>Tidak ditemukan</h1>".encode()
        files["410.html"] = f"{head}<h1>Telah ditarik</h1>".encode()
        self.site.files = files


def named(stem: str, ending: str, body: bytes) -> str:
    """The path of an asset, which its content names."""
    return f"assets/{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{ending}"


def is_named_by(path: str, body: bytes) -> bool:
    """Whether an asset is the one that its name promises."""
    stem, _, ending = path.removeprefix("assets/").split(".")
    return named(stem, ending, body) == path


def references(body: bytes) -> list[str]:
    """Object keys of whatever a page names."""
    return [object_key(path) for path in REFERENCE.findall(body.decode()) if path.startswith("/")]
