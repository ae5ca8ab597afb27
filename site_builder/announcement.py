"""The emergency announcement as two small files: one for the site's script, one for style alone."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from site_builder.records import Banner

PLAIN = re.compile(r"[A-Za-z0-9 ]")


def told(banner: Banner | None, language: str) -> dict[str, Any]:
    """What `banner.js` is told; nothing while nothing is announced.

    Both languages are shown: who is in danger may not read the site's own, which comes first.
    """
    if banner is None:
        return {}
    texts = [
        {"lang": code, "text": text}
        for code, text in (("id", banner.text), ("en", banner.text_english))
        if text
    ]
    texts.sort(key=lambda one: one["lang"] != language)
    return {
        "version": banner.version,
        "urgency": banner.urgency,
        "texts": texts,
        "href": banner.href,
        "until": banner.until.isoformat(),
    }


def css_string(text: str) -> Markup:
    """A string of CSS that means only itself (CSS Syntax Level 3, section 4.3.7).

    All but letters, digits and blanks is escaped, so that no character can end the string, the rule
    or the file.
    """
    plain = "".join(letter if PLAIN.match(letter) else f"\\{ord(letter):x} " for letter in text)
    return Markup(f'"{plain}"')  # noqa: S704 -- what CSS or HTML gives a meaning is escaped
