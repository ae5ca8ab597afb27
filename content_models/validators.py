"""Checks of single values; each message says what to write instead."""

from __future__ import annotations

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

validate_unit_code = RegexValidator(
    re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z"),
    _("Use lower-case letters, digits and single hyphens, for example “polres-bogor-kota”."),
    code="unit_code",
)

# Kemendagri: province 11, regency 11.01, district 11.01.01.
validate_region_code = RegexValidator(
    re.compile(r"^\d{2}(\.\d{2}(\.\d{2})?)?\Z"),
    _("Write the Kemendagri region code as 31, 31.71 or 31.71.01."),
    code="region_code",
)

# RFC 5646, the part of it that people use: language, optional script and region.
validate_language_tag = RegexValidator(
    re.compile(r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z"),
    _("Write a language tag such as “id”, “en” or “jv”."),
    code="language_tag",
)

validate_sha256 = RegexValidator(
    re.compile(r"^[0-9a-f]{64}\Z"), _("This is not a SHA-256 checksum."), code="sha256"
)


def validate_not_in_future(value: date) -> None:
    """An incident that is reported has happened."""
    if value > timezone.localdate():
        raise ValidationError(
            _("The date lies in the future. Write the day on which it happened."),
            code="future_date",
        )


def validate_webvtt(value: str) -> None:
    """The text begins as a WebVTT file does (W3C WebVTT, section 4.1)."""
    if not re.match(r"^﻿?WEBVTT(?:[ \t\n\r]|\Z)", value):
        raise ValidationError(
            _("This is not a WebVTT file: its first line must be “WEBVTT”."), code="webvtt"
        )
