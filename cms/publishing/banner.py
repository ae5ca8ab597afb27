"""The emergency announcement: which is public at this moment, and what of it.

One that has not begun is nobody's business yet, one that is over is gone: both are found by the
glance, which asks every few seconds.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from cms.publishing import redirects
from cms.publishing.models import PublicState
from cms.publishing.records import Record, moment
from content_models.models import EmergencyBanner
from site_builder import redirects as addresses

NODE = "banner:banner"


def current() -> EmergencyBanner | None:
    """The announcement of this moment."""
    now = timezone.now()
    begun = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
    return EmergencyBanner.objects.filter(begun, ends_at__gt=now).exclude(text="").first()


def record() -> Record | None:
    """Its public record; None while nothing is announced."""
    banner = current()
    if banner is None:
        return None
    return {
        "text": banner.text,
        "textEnglish": banner.text_english,
        "urgency": banner.urgency,
        "href": _href(banner),
        "until": moment(banner.ends_at),
    }


def is_told() -> bool:
    """Whether one stands on the site: it may lead to whatever page comes, goes or moves."""
    return PublicState.objects.filter(pk=NODE).exists()


def _href(banner: EmergencyBanner) -> str:
    """Path of a page that the world was told of, or an address elsewhere; else nothing."""
    if banner.link_page_id:
        return redirects.told_paths({banner.link_page_id}).get(banner.link_page_id, "")
    is_good = banner.link_url.startswith("https://") and addresses.is_goal(banner.link_url)
    return banner.link_url if is_good else ""
