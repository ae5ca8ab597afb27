"""Terms under which a video or a story may be used."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """One set of terms: a stable code, what people read, and where the full text is."""

    code: str
    label: str | Promise
    url: str


ALL_RIGHTS = (
    Rights(
        code="polri-press",
        label=_("© Polri. Free to use with the source named"),
        url="",
    ),
    Rights(
        code="cc-by-4.0",
        label=_("Creative Commons Attribution 4.0"),
        url="https://creativecommons.org/licenses/by/4.0/",
    ),
    Rights(
        code="cc-by-sa-4.0",
        label=_("Creative Commons Attribution-ShareAlike 4.0"),
        url="https://creativecommons.org/licenses/by-sa/4.0/",
    ),
    Rights(
        code="cc0-1.0",
        label=_("Public domain (CC0 1.0)"),
        url="https://creativecommons.org/publicdomain/zero/1.0/",
    ),
)
RIGHTS_BY_CODE = {rights.code: rights for rights in ALL_RIGHTS}
RIGHTS_CHOICES = [(rights.code, rights.label) for rights in ALL_RIGHTS]
