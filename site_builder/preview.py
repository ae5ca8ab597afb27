"""Drafts through the site's own templates: what the draft says, with lists that are public."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jinja2

from site_builder import assets as front_end
from site_builder import environment, membership, texts
from site_builder.contexts import HOME_LEVELS, LATEST, Context, Contexts, Head
from site_builder.errors import BuilderError, ErrorCode
from site_builder.i18n import translations
from site_builder.records import (
    Card,
    Image,
    Link,
    Month,
    Publication,
    Site,
    Story,
    Surroundings,
    Unit,
    Video,
)
from site_builder.render import failure
from site_builder.routes import ROUTES
from site_builder.settings import Settings
from site_builder.views import by_level, by_name

__all__ = ["HOME_LEVELS", "LATEST", "Previewer", "card"]

KIND = "preview"
# What a template can do wrong.
FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
# `href` of an anchor; attribute values hold no bare `>`, the templates and the CMS escape it.
ANCHOR = re.compile(r'(?P<start><a\b[^>]*?\shref=")(?P<target>[^"#][^"]*)"')


class Previewer:
    """Renders drafts; `page.kind` is `preview`. Every method raises `BuilderError`.

    `asset_base` is put before `/assets/…` where another host serves them. The draft has no site
    around it: its links lead to the public one, in a tab of their own.
    """

    def __init__(
        self,
        *,
        site_url: str,
        media_origin: str,
        language: str = "id",
        templates: Path | None = None,
        assets: front_end.Assets | None = None,
        asset_base: str = "",
    ) -> None:
        self._settings = Settings.checked(
            site_url=site_url, media_origin=media_origin, language=language
        )
        self._contexts = Contexts(self._settings)
        self._environment = environment.make(
            self._settings,
            assets or front_end.load(),
            templates=templates,
            asset_base=asset_base,
        )

    def video(self, record: Video, *, around: Surroundings, note: str = "") -> str:
        """The watch page, nothing shown as related; a `note` takes the place of the player."""
        head, extra = self._contexts.watch(record, around=_in_order(around), player_note=note)
        return self._rendered("watch", record.path, head, extra, around.site)

    def story(
        self,
        record: Story,
        *,
        around: Surroundings,
        videos: Sequence[Card] = (),
        note: str = "",
    ) -> str:
        """A story's page; a `note` says why a photograph is not there yet."""
        around = _in_order(around)
        head, extra = self._contexts.story(record, around=around, videos=videos, note=note)
        return self._rendered("story", record.path, head, extra, around.site)

    def unit(
        self,
        record: Unit,
        *,
        site: Site,
        ancestors: Sequence[Link] = (),
        children: Sequence[Link] = (),
        latest: Sequence[Card] = (),
        months: Sequence[Month] = (),
    ) -> str:
        """A unit's page."""
        head, extra = self._contexts.unit(
            record,
            site=site,
            ancestors=ancestors,
            children=by_level(children),
            latest=latest,
            months=months,
        )
        return self._rendered("unit", record.path, head, extra, site)

    def home(
        self,
        record: Site,
        *,
        latest: Sequence[Card] = (),
        units: Sequence[Link] = (),
        categories: Sequence[Link] = (),
    ) -> str:
        """The home page."""
        head, extra = self._contexts.home(
            replace(record, about_html=""),
            latest=latest,
            units=by_level(units),
            categories=by_name(categories),
        )
        # The site's name alone is the title of the real one only.
        title = texts.home(translations(self._settings.language).gettext)
        return self._rendered("home", "/", replace(head, title=title), extra, record)

    def about(self, record: Site) -> str:
        """The page about the site."""
        head, extra = self._contexts.about(record)
        return self._rendered("about", "/about/", head, extra, record)

    def _rendered(self, route: str, path: str, head: Head, extra: Context, site: Site) -> str:
        name = ROUTES[route].template
        try:
            context = self._contexts.finished(KIND, path, head, extra, site)
            text = self._environment.get_template(name).render(context)
        except FAULTS as error:
            found = failure(path, name, error)
            raise BuilderError(ErrorCode.TEMPLATE_FAILED, f"The preview failed: {found}") from error
        return ANCHOR.sub(self._outward, text)

    def _outward(self, anchor: re.Match[str]) -> str:
        target = anchor["target"]
        if target.startswith("/") and not target.startswith("//"):
            target = self._settings.site_url + target
        return f'{anchor["start"]}{target}" target="_blank"'


def card(record: Publication, unit: Link) -> Card:
    """What a listing shows of a publication."""
    stored = membership.card(record)
    return Card(
        **stored
        | {
            "poster": Image(**stored["poster"]),
            "published_at": record.published_at,
            "incident_date": record.incident_date,
            "unit": unit,
        }
    )


def _in_order(around: Surroundings) -> Surroundings:
    """As the store would have them: links by name, nothing older."""
    return replace(
        around, categories=by_name(around.categories), tags=by_name(around.tags), related=()
    )
