"""Front-end files under names that carry their content's hash, so that caches may keep them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from site_builder.errors import BuilderError, ErrorCode

BUILT = Path(__file__).parent / "assets" / "build"
URL_IN_CSS = re.compile(r"""url\(\s*(["']?)(?P<name>[^"')\s]+)\1\s*\)""")
IMPORT_IN_JS = re.compile(r"""(?P<quote>["'])\./(?P<name>[\w./-]+\.js)(?P=quote)""")
QUOTED = re.compile(r'"(?P<name>[\w./-]+\.\w+)"')
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
SKIPPED = frozenset({".map"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file: its output path (`assets/site.0123456789.css`), media type and bytes."""

    path: str
    type: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def integrity(self) -> str:
        """What a browser compares the bytes with (W3C Subresource Integrity)."""
        digest = hashlib.sha256(self.content).digest()
        return f"sha256-{base64.b64encode(digest).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """All front-end files by the name that templates use (`site.css`, `fonts/a.woff2`)."""

    files: dict[str, Asset]

    @property
    def digest(self) -> str:
        """One digest of all names, which carry the contents' own."""
        names = "\n".join(asset.path for asset in self.files.values())
        return hashlib.sha256(names.encode()).hexdigest()

    def url(self, name: str) -> str:
        """URL path of a file by its plain name."""
        return f"/{self.named(name).path}"

    def named(self, name: str) -> Asset:
        """A file by its plain name; raise `assets-missing` if there is none."""
        try:
            return self.files[name]
        except KeyError:
            raise BuilderError(
                ErrorCode.ASSETS_MISSING,
                f"There is no asset {name!r}; there are {', '.join(sorted(self.files)) or 'none'}. "
                "Correct the name in the template, or run `make frontend`.",
            ) from None


def load(folder: Path | None = None, *, over: Path | None = None) -> Assets:
    """Read and name every built file; what refers to another file is named after it.

    `folder` stands in place of our own built files, `over` holds some that go before these.
    """
    root = folder or BUILT
    names = _names(root)
    if folder is None and not names:
        raise BuilderError(
            ErrorCode.ASSETS_MISSING,
            f"{root} holds no built front-end files. Run `make frontend` (or `npm ci` and "
            "`npm run build`) and build again.",
        )
    return _loaded(tuple(_state(root, names) + (_state(over, _names(over)) if over else [])))


State = tuple[Path, str, int, int]


def _names(root: Path) -> list[str]:
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix not in SKIPPED and not path.name.startswith(".")
    ]


def _state(root: Path, names: list[str]) -> list[State]:
    found = ((name, (root / name).stat()) for name in names)
    return [(root, name, status.st_mtime_ns, status.st_size) for name, status in found]


@lru_cache(maxsize=4)
def _loaded(files: tuple[State, ...]) -> Assets:
    """The files as of these moments; a worker builds over and over with the same."""
    return Assets(
        files=_Namer({name: (root / name).read_bytes() for root, name, *_ in files}).named()
    )


class _Namer:
    def __init__(self, sources: dict[str, bytes]) -> None:
        self._sources = sources
        self._done: dict[str, Asset] = {}
        self._open: list[str] = []

    def named(self) -> dict[str, Asset]:
        for name in self._sources:
            self._name(name)
        return dict(sorted(self._done.items()))

    def _name(self, name: str) -> Asset:
        if name in self._done:
            return self._done[name]
        if name in self._open:
            circle = " -> ".join([*self._open, name])
            raise BuilderError(
                ErrorCode.ASSETS_MISSING,
                f"Front-end files refer to each other in a circle: {circle}. Bundle them as one.",
            )
        path = PurePosixPath(name)
        if path.suffix not in TYPES:
            raise BuilderError(
                ErrorCode.ASSETS_MISSING,
                f"The media type of the asset {name!r} is not known. Add its suffix to assets.py.",
            )
        self._open.append(name)
        content = self._rewritten(path, self._sources[name])
        self._open.pop()
        mark = hashlib.sha256(content).hexdigest()[:10]
        output = PurePosixPath("assets") / path.with_name(f"{path.stem}.{mark}{path.suffix}")
        asset = Asset(path=output.as_posix(), type=TYPES[path.suffix], content=content)
        self._done[name] = asset
        return asset

    def _rewritten(self, path: PurePosixPath, content: bytes) -> bytes:
        patterns: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str], str], str]]] = {
            ".css": (URL_IN_CSS, lambda match, url: f'url("{url}")'),
            ".js": (IMPORT_IN_JS, lambda match, url: f"{match['quote']}{url}{match['quote']}"),
            ".webmanifest": (QUOTED, lambda match, url: f'"{url}"'),
        }
        if path.suffix not in patterns:
            return content
        pattern, write = patterns[path.suffix]

        def replace(match: re.Match[str]) -> str:
            target = _resolve(path.parent, match["name"])
            if target not in self._sources:
                return match.group(0)
            return write(match, f"/{self._name(target).path}")

        return pattern.sub(replace, content.decode("utf-8")).encode("utf-8")


def _resolve(folder: PurePosixPath, reference: str) -> str:
    parts: list[str] = list(folder.parts)
    for step in reference.split("/"):
        if step == ".." and parts:
            parts.pop()
        elif step not in (".", ""):
            parts.append(step)
    return "/".join(parts)
