"""Pages whose drafts are shown through the preview door, by a link for one person only."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.signing import TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from wagtail_headless_preview.models import HeadlessPreviewMixin, PagePreview

# Links of one person to one page that stay good while they type on.
KEPT = 40

PHONE_WIDTH, DESKTOP_WIDTH = 360, 1280


def preview_signer() -> TimestampSigner:
    """Signs links of the preview door and nothing else."""
    return TimestampSigner(salt="policetube.preview")


def content_digest(content_json: str) -> str:
    """Short digest that ties a link to exactly what was previewed."""
    return hashlib.sha256(content_json.encode()).hexdigest()[:32]


class PreviewedMixin(HeadlessPreviewMixin):
    """As shipped, a token names page and second only; ours: user, page, view and content too."""

    # The narrowest phone that the site is made for, and a desk.
    preview_sizes: list[dict[str, Any]] = [
        {
            "name": "mobile",
            "icon": "mobile-alt",
            "device_width": PHONE_WIDTH,
            "label": _("Preview on a phone"),
        },
        {
            "name": "desktop",
            "icon": "desktop",
            "device_width": DESKTOP_WIDTH,
            "label": _("Preview on a desktop computer"),
        },
    ]

    @classmethod
    def get_preview_signer(cls) -> TimestampSigner:
        return preview_signer()

    def get_preview_url(self, request: HttpRequest, token: str) -> str:
        """A path on the host the editor is on, so that the panel may frame it."""
        query = {"content_type": self.get_content_type_str(), "token": token}
        return f"{reverse('preview')}?{urlencode(query)}"

    def serve_preview(self, request: HttpRequest, preview_mode: str) -> HttpResponse:
        """Keep the draft as it is now and redirect to the link that shows it."""
        PagePreview.garbage_collect()
        modes = [name for name, _label in self.preview_modes]
        mode = preview_mode if preview_mode in modes else self.default_preview_mode
        content = self.to_json()
        place = str(self.pk) if self.pk else f"new-{self.get_parent().pk}"
        owner = f"{request.user.pk}:{place}:"
        token = self.get_preview_signer().sign(f"{owner}{mode}:{content_digest(content)}")
        PagePreview.objects.update_or_create(
            token=token,
            defaults={"content_type": self.cached_content_type, "content_json": content},
        )
        mine = PagePreview.objects.filter(token__startswith=owner).order_by("-pk")
        PagePreview.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[KEPT:])).delete()
        return redirect(self.get_preview_url(request, token))
