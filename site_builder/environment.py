"""The Jinja2 environment: strict, autoescaping, in the site's language, with the site's filters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2
import jinja2.bccache
import orjson
from jinja2 import meta
from markupsafe import Markup

from site_builder import compiler, i18n
from site_builder.announcement import css_string
from site_builder.assets import Assets
from site_builder.errors import BuilderError, ErrorCode
from site_builder.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
BUILT_IN = "built-in"  # `built-in/base.html` is ours, though a theme has a base.html of its own
EXTENSIONS = ["jinja2.ext.i18n", "site_builder.once.Once"]
# What compiled code depends on beside its source: settings, base and digest of the assets, and the
# words as they were read.
Site = tuple[Settings, str, str, str]
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def make(
    settings: Settings,
    assets: Assets,
    *,
    templates: Path | None = None,
    asset_base: str = "",
) -> jinja2.Environment:
    """An environment that looks in `templates` first, then among the built-in templates."""
    words = i18n.translations(settings.language)
    built_in = jinja2.FileSystemLoader(TEMPLATES)
    own = [jinja2.FileSystemLoader(templates)] if templates else []
    environment = compiler.Environment(
        loader=jinja2.ChoiceLoader([*own, built_in, jinja2.PrefixLoader({BUILT_IN: built_in})]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=EXTENSIONS,
        bytecode_cache=Compiled(
            (settings, asset_base, assets.digest, i18n.edition(settings.language))
        ),
    )
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]

    def asset(name: str) -> str:
        return asset_base + assets.url(name)

    def integrity(name: str) -> Markup:
        """An attribute that lets a browser refuse other bytes; none where others rewrite them."""
        if asset_base:
            return Markup()
        return Markup(' integrity="{}"').format(assets.named(name).integrity)

    def word(message: str) -> Markup:
        """What newstyle gettext makes of a message without variables."""
        return Markup(words.gettext(message)) % {}  # noqa: S704 -- of our own catalogue

    environment.constants = {"asset": asset, "integrity": integrity, "_": word, "gettext": word}
    helpers: Mapping[str, Any] = {
        **i18n.formats(settings.language),
        "duration": i18n.duration,
        "iso_duration": i18n.iso_duration,
        "xmldate": i18n.xmldate,
        "json_ld": json_ld,
        "css_string": css_string,
        "absolute": settings.absolute,
    }
    environment.filters.update(helpers)
    environment.globals.update(helpers)
    environment.globals.update(
        asset=asset,
        integrity=integrity,
        has_asset=lambda name: name in assets.files,
        site_url=settings.site_url,
        media_origin=settings.media_origin,
        language=settings.language,
    )
    return environment


class Compiled(jinja2.BytecodeCache):
    """What this process has compiled: a worker builds over and over, from the same templates.

    Jinja's key is the template's name and path, its checksum that of the source. Constants are
    worked out while it compiles, so that code belongs to a site's settings and assets, too.
    """

    _known: dict[tuple[Site, str, str], CodeType] = {}

    def __init__(self, site: Site) -> None:
        self._site = site

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        bucket.code = self._known.get((self._site, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if bucket.code is not None:
            self._known[self._site, bucket.key, bucket.checksum] = bucket.code


def json_ld(value: object) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = orjson.dumps(value).decode()
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704 -- every character that HTML gives a meaning is escaped above


def closure(environment: jinja2.Environment, name: str) -> dict[str, str]:
    """Sources of a template and of all that it extends, includes or imports, by name."""
    found: dict[str, str] = {}
    wanted = [name]
    while wanted:
        current = wanted.pop()
        if current in found:
            continue
        found[current] = source = _source(environment, current)
        try:
            references = _references(source)
        except jinja2.TemplateSyntaxError:
            continue  # rendering reports it, with page and line
        for reference in references:
            if reference is None:
                raise BuilderError(
                    ErrorCode.TEMPLATE_FAILED,
                    f"{current} includes a template whose name is computed, so nobody can tell "
                    "which pages depend on it. Name the template in full.",
                )
            wanted.append(reference)
    return found


@lru_cache(maxsize=256)
def _references(source: str) -> tuple[str | None, ...]:
    """Names of the templates that a source names; None for one that it computes."""
    parsed = jinja2.Environment(autoescape=True, extensions=EXTENSIONS).parse(source)
    return tuple(meta.find_referenced_templates(parsed))


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101 -- made above
    try:
        return environment.loader.get_source(environment, name)[0]
    except jinja2.TemplateNotFound as error:
        raise BuilderError(
            ErrorCode.TEMPLATE_MISSING,
            f"The template {name} is missing. Add it to the template folder.",
        ) from error
