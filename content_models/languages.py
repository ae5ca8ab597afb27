"""Languages that are spoken in the footage or written in captions (BCP 47)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LANGUAGE_CHOICES = [
    ("id", _("Indonesian")),
    ("en", _("English")),
    ("jv", _("Javanese")),
    ("su", _("Sundanese")),
    ("mad", _("Madurese")),
    ("min", _("Minangkabau")),
    ("ban", _("Balinese")),
    ("bug", _("Buginese")),
    ("ace", _("Acehnese")),
    ("bjn", _("Banjar")),
    ("ms", _("Malay")),
    ("zh", _("Chinese")),
    ("ar", _("Arabic")),
]
