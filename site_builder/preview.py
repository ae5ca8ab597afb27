"""A draft through the site's own templates: one watch page, of nothing that the store knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2

from site_builder import assets as front_end
from site_builder import environment
from site_builder.contexts import Contexts
from site_builder.errors import BuilderError, ErrorCode
from site_builder.records import Link, Site, Unit, Video
from site_builder.render import failure
from site_builder.routes import ROUTES
from site_builder.settings import Settings

KIND = "preview"


def render_preview(
    record: Video,
    *,
    site: Site,
    unit: Unit,
    ancestors: Sequence[Link] = (),
    categories: Sequence[Link] = (),
    tags: Sequence[Link] = (),
    site_url: str,
    media_origin: str,
    language: str = "id",
    templates: Path | None = None,
    assets: Path | None = None,
    asset_base: str = "",
) -> str:
    """HTML of a draft's watch page; `page.kind` is `preview` and nothing is shown as related.

    `asset_base` is put before `/assets/…` where another host serves them. Raises `BuilderError`.
    """
    settings = Settings.checked(site_url=site_url, media_origin=media_origin, language=language)
    contexts = Contexts(settings)
    head, extra = contexts.watch(
        record,
        site=site,
        unit=unit,
        ancestors=ancestors,
        categories=categories,
        tags=tags,
        related=(),
    )
    made = environment.make(
        settings, front_end.load(assets), templates=templates, asset_base=asset_base
    )
    name = ROUTES["watch"].template
    try:
        context = contexts.finished(KIND, record.path, head, extra, site)
        return made.get_template(name).render(context)
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        found = failure(record.path, name, error)
        raise BuilderError(ErrorCode.TEMPLATE_FAILED, f"The preview failed: {found}") from error
