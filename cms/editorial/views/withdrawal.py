"""Withdraw from the public: what goes, what stays, and why; one page, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.pages.bulk_actions.unpublish import UnpublishBulkAction
from wagtail.admin.views.pages.unpublish import UnpublishView
from wagtail.models import Page

from cms.editorial.withdrawal_forms import BulkWithdrawalForm, WithdrawalForm, any_told
from cms.publishing.interface import KIND_OF, KINDS, Reason, is_told, mirrors, visibility, withdraw
from content_models.models import Publication, StoryPage


class WithdrawView(UnpublishView):
    """In place of Wagtail's question for publications; who may unpublish one may withdraw it.

    One that the public never saw is unpublished as any other page: there is nothing to explain.
    """

    page_title = gettext_lazy("Withdraw from the public")
    form: WithdrawalForm

    @cached_property
    def is_told(self) -> bool:
        return is_told(self.object)

    def get_template_names(self) -> list[str]:
        return ["editorial/withdrawal/form.html" if self.is_told else self.template_name]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = WithdrawalForm()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = WithdrawalForm(request.POST)
        if self.is_told and not self.form.is_valid():
            messages.error(request, _("Nothing is withdrawn yet. Complete what is marked below."))
            return self.render_to_response(self.get_context_data())
        return super().post(request, *args, **kwargs)

    def unpublish(self) -> HttpResponse | None:
        if not self.is_told:
            return super().unpublish()
        before = self.run_hook("before_unpublish_page", self.request, self.object)
        if before is not None:
            return before
        withdraw(self.object, self.form.chosen, by=self.request.user)
        return self.run_hook("after_unpublish_page", self.request, self.object)

    def get_success_message(self) -> str:
        if not self.is_told:
            return super().get_success_message()
        return _("“%(title)s” is being withdrawn. Its page says when it is gone.") % {
            "title": self.object.get_admin_display_title()
        }

    def get_next_url(self) -> str:
        """Back to the page itself, which tells how the withdrawal goes."""
        if not self.is_told:
            return super().get_next_url()
        chosen = get_valid_next_url_from_request(self.request)
        return chosen or reverse(self.edit_url_name, args=[self.object.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.is_told:
            return context
        gone = [self.object, *mirrors(self.object)]
        return context | {
            "form": self.form,
            "is_story": isinstance(self.object, StoryPage),
            "mirror_count": len(gone) - 1,
            "sharing_count": _sharing(self.object, but=gone),
        }


class WithdrawBulkAction(UnpublishBulkAction):
    """Several pages at once, for one and the same reason."""

    template_name = "editorial/withdrawal/bulk.html"
    form_class = BulkWithdrawalForm

    def get_form_kwargs(self) -> dict[str, Any]:
        pages, _others = self.get_actionable_objects()
        return super().get_form_kwargs() | {"pages": pages}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        pages = [one["item"] for one in context["items"]]
        return context | {"has_public": any_told(pages, below=True)}

    def get_execution_context(self) -> dict[str, Any]:
        form = self.cleaned_form
        assert isinstance(form, BulkWithdrawalForm)  # noqa: S101 -- of `form_class`
        reason = form.chosen if form.cleaned_data["reason"] else None
        return {**super().get_execution_context(), "reason": reason}

    @classmethod
    def execute_action(
        cls,
        objects: Sequence[Page],
        include_descendants: bool = False,
        user: User | None = None,
        permission_checker: Any = None,
        reason: Reason | None = None,
        **kwargs: Any,
    ) -> tuple[int, int]:
        """How many of the pages, and of those below them, were unpublished."""
        below = 0
        for page in objects:
            _take_back(page, reason, user)
            if include_descendants:
                for one in list(page.get_descendants().live()):
                    if user is None or permission_checker(one):
                        _take_back(one, reason, user)
                        below += 1
        return len(objects), below


def _take_back(page: Page, reason: Reason | None, user: User | None) -> None:
    whole = page.specific
    if not whole.live:
        # The mirror of one that has just been withdrawn.
        return
    if reason is not None and isinstance(whole, Publication) and is_told(whole):
        withdraw(whole, reason, by=user)
    else:
        whole.unpublish(user=user)


def _sharing(page: Publication, *, but: Sequence[Page]) -> int:
    """How many other public pages show files of the page, which stay public with them."""
    kind = KIND_OF[type(page)]
    rows = kind.model._default_manager.filter(pk=page.pk).values_list(*kind.assets)
    assets = {key for row in rows for key in row if key}
    left = [one.pk for one in but]
    return sum(
        visibility.released(kind.model)
        .filter(kind.shows(assets))
        .exclude(pk__in=left)
        .order_by()
        .values("pk")
        .distinct()
        .count()
        for kind in KINDS
    )
