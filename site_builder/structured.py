"""What search engines read of a page: schema.org `VideoObject`, `AudioObject`, `BreadcrumbList`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from site_builder.i18n import iso_duration, xmldate
from site_builder.membership import default_rendition
from site_builder.records import Link, Site, Unit, Video
from site_builder.settings import Settings


def media_object(
    video: Video, unit: Unit, site: Site, tags: Sequence[Link], settings: Settings
) -> dict[str, Any]:
    """https://schema.org/VideoObject of a watch page, or AudioObject where there is no picture."""
    file = default_rendition(video.media)
    heard = video.media.kind == "AUDIO"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "AudioObject" if heard else "VideoObject",
        "@id": settings.absolute(video.path),
        "url": settings.absolute(video.path),
        "name": video.title,
        "description": video.synopsis or video.title,
        "thumbnailUrl": [video.media.poster.url],
        "uploadDate": xmldate(video.published_at),
        "dateModified": xmldate(video.updated_at),
        "duration": iso_duration(video.media.duration),
        "contentUrl": file.url if file else video.media.hls_url,
        "inLanguage": video.language,
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": site.name,
            "url": settings.absolute("/"),
        },
        "creator": {
            "@type": "GovernmentOrganization",
            "name": unit.name,
            "url": settings.absolute(unit.path),
        },
    }
    if heard and file:
        data["encodingFormat"] = file.content_type
    if video.rights.url:
        license_url = video.rights.url
        data["license"] = (
            settings.absolute(license_url) if license_url.startswith("/") else license_url
        )
    if video.incident_place:
        data["contentLocation"] = {"@type": "Place", "name": video.incident_place}
    if tags:
        data["keywords"] = [tag.name for tag in tags]
    return data


def breadcrumb_list(steps: Sequence[Link], settings: Settings) -> dict[str, Any]:
    """https://schema.org/BreadcrumbList from the top to the page itself."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": step.name,
                "item": settings.absolute(step.path),
            }
            for position, step in enumerate(steps, start=1)
        ],
    }
