"""The desk of the editorial tests, and the way to a preview."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from cms.preview.front_end import front_end
from tests.cms.editorial.conftest import desk

__all__ = ["desk", "link_of", "typed"]

FRONT_END = {
    "site.css": b"/* css */",
    "watch.js": b'import("./hls.js")',
    "hls.js": b"/* hls */",
    "icon.svg": b"<svg/>",
    "icon-32.png": b"png",
    "touch-icon.png": b"png",
    "share.png": b"png",
}


@pytest.fixture(autouse=True)
def small_front_end(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Small stand-ins for the built front-end files, which a bare checkout does not have."""
    folder = tmp_path_factory.mktemp("front-end")
    for name, content in FRONT_END.items():
        (folder / name).write_bytes(content)
    monkeypatch.setattr("site_builder.assets.BUILT", folder)
    front_end.cache_clear()
    yield
    front_end.cache_clear()


def link_of(client: Client, page: Page) -> str:
    """The link that "view draft" leads to; the side panel's is made the same way."""
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def typed(client: Client, page: Page, mode: str = "", **form: Any) -> str:
    """What the side panel does while somebody types: send the form, then ask for the preview."""
    url = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
    assert client.post(url, form).json()["is_valid"], form
    answer = client.get(url, {"mode": mode, "in_preview_panel": "true"})
    assert answer.status_code == 302, answer.content
    return answer["Location"]
