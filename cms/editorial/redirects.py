"""Wagtail's redirects in the admin: only those that the public site can carry."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.redirects import views
from wagtail.contrib.redirects.forms import RedirectForm as WagtailRedirectForm
from wagtail.contrib.redirects.models import Redirect

from cms.publishing.interface import redirect_goes_round
from site_builder import redirects
from site_builder.redirects import Trouble

# There is one site, and every redirect of it is permanent: nothing to choose, nothing to show.
UNUSED_COLUMNS = frozenset({"site", "is_permanent"})
LABELS = {
    "old_path": _("From this address"),
    "redirect_page": _("To a page"),
    "redirect_link": _("To any address"),
}
TROUBLES = {
    Trouble.RESERVED: _(
        "Addresses below /%(part)s/ are the site's own: videos keep their addresses by "
        "themselves. Choose another address."
    ),
    Trouble.SPELLING: _(
        "Write an address on this site, such as /mudik: parts of letters, digits and - _ . , "
        "without a question mark and what follows it."
    ),
}


class RedirectForm(WagtailRedirectForm):
    """From an address on the site to a page or to any other address."""

    site = None

    class Meta(WagtailRedirectForm.Meta):
        fields = ("old_path", "redirect_page", "redirect_link")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = label
        self.fields["old_path"].help_text = _(
            "An address on the public site, such as /mudik. While a page has the same address, "
            "the page is shown."
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if "old_path" in cleaned:
            self._check_source(Redirect.normalise_path(cleaned["old_path"]))
        if "redirect_page" in cleaned and "redirect_link" in cleaned:
            self._check_goal(bool(cleaned["redirect_page"]), cleaned["redirect_link"])
        return cleaned

    def _check_source(self, path: str) -> None:
        if trouble := redirects.trouble(path):
            part = path.strip("/").partition("/")[0]
            error = ValidationError(TROUBLES[trouble], code=trouble.value, params={"part": part})
            self.add_error("old_path", error)

    def _check_goal(self, has_page: bool, link: str) -> None:
        if has_page == bool(link):
            self.add_error(None, _("Choose a page or give an address: one of the two."))
        elif link and not redirects.is_goal(link):
            self.add_error(
                "redirect_link",
                _("Write a whole address that begins with https:// or http:// and a plain name."),
            )
        elif link and "old_path" in self.cleaned_data:
            path = Redirect.normalise_path(self.cleaned_data["old_path"])
            planned = Redirect(pk=self.instance.pk, old_path=path, redirect_link=link)
            if redirect_goes_round(planned):
                message = _("This leads back to where it starts. Give the address of the goal.")
                self.add_error("redirect_link", message)


def refine_views() -> None:
    """Let Wagtail's views, its import too, use our form and show what there is to choose."""
    for view in (views.CreateView, views.EditView):
        view.form_class = RedirectForm
    views.RedirectForm = RedirectForm
    columns = views.IndexView.columns
    views.IndexView.columns = [item for item in columns if item.name not in UNUSED_COLUMNS]
