"""The site's own front end on the host that shows previews."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from django.conf import settings
from django.urls import reverse

from site_builder import Previewer
from site_builder.assets import Asset, Assets, load
from site_builder.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd:
    """The site's templates, and its scripts and styles below this host's `base`."""

    base: str
    assets: Assets
    by_path: dict[str, Asset]
    previewer: Previewer

    def url(self, name: str) -> str:
        """Path of a front-end file by its plain name."""
        return self.base + self.assets.url(name)


@lru_cache(maxsize=1)
def front_end() -> FrontEnd:
    """Read once in the life of a process; raises `BuilderError` if nothing was built."""
    base = reverse("preview").rstrip("/")
    theme = Theme.at(settings.SITE_THEME)
    assets = load(over=theme.assets)
    return FrontEnd(
        base=base,
        assets=assets,
        by_path={found.path: _moved(found, assets, base) for found in assets.files.values()},
        previewer=Previewer(
            site_url=settings.SITE_BASE_URL,
            media_origin=settings.MEDIA_BASE_URL,
            language=settings.SITE_LANGUAGE,
            templates=theme.templates,
            assets=assets,
            asset_base=base,
        ),
    )


def _moved(asset: Asset, assets: Assets, base: str) -> Asset:
    """The file with what it imports under `base`."""
    content = asset.content
    for other in assets.files.values():
        content = content.replace(f'"/{other.path}"'.encode(), f'"{base}/{other.path}"'.encode())
    return replace(asset, content=content)
