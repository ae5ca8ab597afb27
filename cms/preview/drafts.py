"""Each kind of page as the site would show its draft."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils import translation
from wagtail.models import Page

from cms.preview import media, photographs, public, records
from cms.preview.front_end import FrontEnd
from cms.preview.media import Door
from cms.preview.tokens import Opened
from content_models.models import HomePage, HomeView, StoryPage, UnitPage, VideoPage
from site_builder.records import Surroundings

Maker = Callable[[Opened, FrontEnd, Door], str]


def html_of(draft: Opened, front_end: FrontEnd, door: Door) -> str:
    """The whole page; raises `BuilderError`, and LookupError for a page that the site has not."""
    with translation.override(settings.SITE_LANGUAGE):
        return MAKERS[type(draft.page)](draft, front_end, door)


def _video(draft: Opened, front_end: FrontEnd, door: Door) -> str:
    page = draft.page
    around, code = _around(draft)
    shown = media.media(page.asset, page.signer, door, blank_poster=front_end.url("share.png"))
    return front_end.previewer.video(
        records.video(page, code, shown), around=around, note=media.note(page.asset)
    )


def _story(draft: Opened, front_end: FrontEnd, door: Door) -> str:
    page = draft.page
    around, code = _around(draft)
    chosen = [one for one in page.photographs.all() if one.asset]
    shown = [found for one in chosen if (found := photographs.photograph(one, door))]
    return front_end.previewer.story(
        records.story(page, code, shown),
        around=around,
        videos=public.videos(one.video for one in page.related_videos.all()),
        note=photographs.note(chosen=len(chosen), shown=len(shown)),
    )


def _around(draft: Opened) -> tuple[Surroundings, str]:
    """What stands around the draft of a publication, and the code of its unit."""
    page, unit = draft.page, draft.parent
    if not isinstance(unit, UnitPage):
        raise LookupError(f"page {unit.pk} is no unit")
    around = Surroundings(
        site=public.site(),
        unit=records.unit(unit),
        ancestors=public.ancestors(unit.get_parent()),
        categories=records.category_links(page),
        tags=records.tag_links(page),
    )
    return around, unit.code


def _unit(draft: Opened, front_end: FrontEnd, door: Door) -> str:
    stored = draft.stored
    # Lists are kept under the code that is public, which the draft may have changed.
    listed = stored if isinstance(stored, UnitPage) else None
    return front_end.previewer.unit(
        records.unit(draft.page),
        site=public.site(),
        ancestors=public.ancestors(draft.parent),
        children=public.children(listed.code) if listed else (),
        latest=public.latest(listed.code) if listed else (),
        months=public.months(listed) if listed else (),
    )


def _home(draft: Opened, front_end: FrontEnd, door: Door) -> str:
    site = records.site(draft.page)
    if draft.mode == HomeView.ABOUT:
        return front_end.previewer.about(site)
    return front_end.previewer.home(
        site,
        latest=public.latest(),
        units=public.top_units(),
        categories=public.categories(),
    )


MAKERS: dict[type[Page], Maker] = {
    VideoPage: _video,
    StoryPage: _story,
    UnitPage: _unit,
    HomePage: _home,
}
