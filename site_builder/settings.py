"""What a build is told from outside, checked once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import quote, urlsplit

from site_builder.errors import BuilderError, ErrorCode

LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Absolute URL of the site (no slash at the end), origin of its media, language."""

    site_url: str
    media_origin: str
    language: str = "id"

    @classmethod
    def checked(cls, *, site_url: str, media_origin: str, language: str = "id") -> Self:
        """Settings from what a user typed; the origin may be given as any URL on it."""
        if not LANGUAGE.fullmatch(language):
            raise _invalid("--language", language, "a language code such as id or en")
        address = urlsplit(_web("--site-url", site_url))
        if address.query or address.fragment:
            raise _invalid("--site-url", site_url, "an address without query or fragment")
        return cls(
            site_url=site_url.rstrip("/"),
            media_origin=origin(_web("--media-origin", media_origin)),
            language=language,
        )

    def absolute(self, path: str) -> str:
        """URL path on the site -> absolute URL, percent-encoded."""
        return self.site_url + _quoted(path)


@lru_cache(maxsize=10_000)
def _quoted(path: str) -> str:
    return quote(path, safe="/~")


def origin(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _web(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc):
        raise _invalid(name, value, "an http(s) address such as https://video.example.go.id")
    return value


def _invalid(name: str, value: str, wanted: str) -> BuilderError:
    return BuilderError(ErrorCode.SETTING_INVALID, f"{name} is {value!r}; give {wanted}.")
