"""The pattern page: every token and component of the theme in all its states, on one page.

It is no artifact: a build makes no page that no viewer should find. `python -m site_builder
patterns` renders it from the templates and assets as they are, anew at each reload, so that whoever
changes a macro or a token sees all that it changes. Everything shown is sample text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from markupsafe import Markup

from site_builder import assets as front_end
from site_builder import environment, keys, samples, transcript
from site_builder.contexts import Context, Contexts, Head
from site_builder.errors import BuilderError, ErrorCode
from site_builder.membership import default_rendition, signing_rendition
from site_builder.preview import card
from site_builder.records import LedgerLine, Link, Month, Site
from site_builder.render import failure
from site_builder.settings import Settings
from site_builder.theme import Theme
from site_builder.views import period_view

TEMPLATE = "patterns.html"
PAGE = "index.html"
SHEET = "patterns.css"
SITE = "http://127.0.0.1"
CUSTOM_PROPERTY = re.compile(r"--([\w-]+)\s*:\s*([^;}]+)")
COLOUR = re.compile(r"#[0-9a-f]{3,8}|rgba?\(.*\)|hsla?\(.*\)|[a-z]+", re.IGNORECASE)


def files(
    *,
    language: str = "id",
    theme: Path | None = None,
    templates: Path | None = None,
    assets: Path | None = None,
) -> dict[str, bytes]:
    """The pattern page with all it loads, by output path; raises `BuilderError`."""
    own = Theme.at(theme)
    built = front_end.load(assets, over=own.assets)
    settings = Settings.checked(site_url=SITE, media_origin=samples.MEDIA, language=language)
    made = environment.make(settings, built, templates=templates or own.templates)
    made.filters["revealed"] = _revealed
    sheets = [one.content.decode() for one in built.files.values() if one.path.endswith(".css")]
    tokens = _tokens("\n".join(sheets))
    try:
        text = made.get_template(TEMPLATE).render(_context(settings, tokens))
    except Exception as error:
        raise BuilderError(
            ErrorCode.TEMPLATE_FAILED, str(failure(PAGE, TEMPLATE, error))
        ) from error
    return {
        PAGE: text.encode(),
        SHEET: _sheet(tokens).encode(),
        **{one.path: one.content for one in built.files.values()},
    }


def _revealed(markup: Markup, *marks: str) -> Markup:
    """A component as scripts show it: what carries one of these attributes is hidden no more."""
    text = str(markup)
    for mark in marks:
        text = re.sub(rf"(<[^<>]*\s{mark}\b[^<>]*?)\shidden(?=[\s>])", r"\1", text)
    return Markup(text)  # noqa: S704 -- it was markup before


def _tokens(css: str) -> dict[str, str]:
    """Custom properties of the style sheets, by name, with their first value."""
    found: dict[str, str] = {}
    for name, value in CUSTOM_PROPERTY.findall(css):
        found.setdefault(name, value.strip())
    return found


def _kinds(tokens: dict[str, str]) -> dict[str, list[str]]:
    """Token names by what they are, for the page to show."""
    found: dict[str, list[str]] = {"colours": [], "faces": [], "texts": [], "spaces": []}
    for name, value in tokens.items():
        if name.startswith(("text-", "title-")):
            found["texts"].append(name)
        elif name.startswith("space-"):
            found["spaces"].append(name)
        elif name in ("serif", "sans", "mono"):
            found["faces"].append(name)
        elif COLOUR.fullmatch(value):
            found["colours"].append(name)
    return found


def _sheet(tokens: dict[str, str]) -> str:
    """What shows each token by itself; pages load no such sheet."""
    kinds = _kinds(tokens)
    rules = [(Path(__file__).parent / "patterns.css").read_text(encoding="utf-8")]
    rules += [f".swatch--{name}{{background:var(--{name})}}" for name in kinds["colours"]]
    rules += [f".face--{name}{{font-family:var(--{name})}}" for name in kinds["faces"]]
    rules += [f".size--{name}{{font-size:var(--{name})}}" for name in kinds["texts"]]
    rules += [f".space--{name}{{width:var(--{name})}}" for name in kinds["spaces"]]
    return "\n".join(rules)


def _context(settings: Settings, tokens: dict[str, str]) -> Context:
    contexts = Contexts(settings)
    site = Site(
        id="site:site",
        version="",
        name="Policetube",
        description="Rekaman video resmi kepolisian dari seluruh Indonesia.",
        about_html="",
        language=settings.language,
    )
    video = samples.video()
    unit = samples.unit()
    link = Link(name=unit.name, path=unit.path, level=unit.level)
    above = [Link(name="Mabes Polri", path="/unit/mabes/", level="MABES")]
    plain = card(video, link)
    signed = video.media.sign_language
    extra: Context = {
        "tokens": _kinds(tokens),
        "sheet": f"/{SHEET}",
        "video": video,
        "item": video,
        "story": samples.story(video),
        "heard": samples.heard(video),
        "tall": samples.tall(video),
        "bare": replace(video, media=replace(video.media, storyboard=None, sign_language=None)),
        "unit": unit,
        "ancestors": above,
        "transcript": transcript.shown(video),
        "default_rendition": default_rendition(video.media),
        "signing_rendition": signing_rendition(signed.renditions) if signed else None,
        "cards": [
            plain,
            replace(plain, has_captions=False, title="Judul pendek"),
            replace(plain, kind="AUDIO", title="Wawancara radio", incident_place=""),
            replace(plain, poster=samples.picture(360, 640), title="Rekaman tegak dari gawai"),
            replace(plain, language="jv", title="Ing basa liyane"),
            replace(plain, kind="STORY", has_captions=False, title="Berita dengan foto"),
        ],
        "names": [
            Link(name=name, path=path, level=level)
            for name, path, level in (
                ("Lalu lintas", "/category/lalu-lintas/", "POLDA"),
                ("Layanan masyarakat", "/category/layanan/", "POLRES"),
                ("Pengungkapan kasus", "/category/kasus/", "POLSEK"),
            )
        ],
        "months": [
            Month(year=year, month=month, path=f"/archive/{year}/{month:02}/")
            for year in (2026, 2025)
            for month in (11, 10, 9)
        ],
        "days": [
            period_view(keys.ALL, f"2026-11-{day:02}", count)
            for day, count in ((27, 1), (26, 128), (25, 97))
        ],
        "hours": [
            period_view(keys.ALL, f"2026-11-26T{hour:02}", count)
            for hour, count in ((23, 1), (9, 64), (0, 63))
        ],
        "lines": [
            LedgerLine(
                kind=kind,
                public_id=video.public_id,
                at=video.updated_at,
                changed=changed,
                published_at=video.published_at,
                item=None if kind == "WITHDRAWAL" else Link(name=video.title, path=video.path),
                unit=link,
                path="/ledger/2026/11/",
                anchor=f"c{number}",
                reason=reason,
            )
            for number, (kind, changed, reason) in enumerate(
                (
                    ("CORRECTION", ("TITLE", "CAPTIONS"), None),
                    ("WITHDRAWAL", (), samples.reason()),
                    ("WITHDRAWAL", (), None),
                    ("RETURN", (), None),
                )
            )
        ],
        "address": settings.absolute(video.path),
        "breadcrumbs": [contexts.home_link(), *above, link],
    }
    head = Head(title="Patterns", description="Every component of the theme in all its states.")
    return contexts.finished("patterns", "/patterns/", head, extra, site)


class Handler(SimpleHTTPRequestHandler):
    """The pattern page, rendered at each request; a template's fault is its answer."""

    def __init__(self, *args: object, look: dict[str, Path | str | None], **kwargs: object) -> None:
        self.look = look
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """One of the files."""
        path = urlsplit(self.path).path.lstrip("/") or PAGE
        try:
            content = files(**self.look).get(path)  # type: ignore[arg-type]
        except BuilderError as error:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, ".txt", str(error).encode())
            return
        if content is None:
            self._answer(HTTPStatus.NOT_FOUND, ".txt", b"Only the pattern page is served here.")
            return
        self._answer(HTTPStatus.OK, Path(path).suffix, content)

    def _answer(self, status: HTTPStatus, suffix: str, content: bytes) -> None:
        types = {**front_end.TYPES, ".html": "text/html; charset=utf-8"}
        self.send_response(status)
        self.send_header("Content-Type", types.get(suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(
    look: dict[str, Path | str | None], *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[ThreadingHTTPServer]:
    """A server of the pattern page, not yet looping; port 0 takes a free one."""
    with ThreadingHTTPServer((host, port), partial(Handler, look=look)) as server:
        yield server
