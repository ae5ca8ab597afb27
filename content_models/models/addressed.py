"""Pages whose public address is stable: made of codes, never of the place in the tree."""

from __future__ import annotations

from django.http import HttpRequest


class StableAddressMixin:
    """Answers Wagtail's question for a URL with the page's own `public_path`."""

    @property
    def public_path(self) -> str:
        """Path on the public site, with both slashes."""
        raise NotImplementedError

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """Site ID, root URL and path; None outside every site."""
        for site_id, root_path, root_url, _language in self._get_relevant_site_root_paths(request):  # type: ignore[attr-defined]
            if self.url_path.startswith(root_path):  # type: ignore[attr-defined]
                return site_id, root_url, self.public_path
        return None

    def get_url(
        self, request: HttpRequest | None = None, current_site: object = None
    ) -> str | None:
        """Always with the host: the CMS that shows the link is not the site it leads to."""
        return self.get_full_url(request)  # type: ignore[attr-defined]

    url = property(get_url)
