"""The form that takes publications back: a reason for everybody, a note for colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from cms.publishing.interface import KINDS, Reason, visibility
from content_models.models import LONGEST_EXPLANATION, LONGEST_NOTE, WithdrawalReason
from content_models.plain_text import one_line

MISSING = _("Choose a reason.")


class WithdrawalForm(forms.Form):
    """Why one page is withdrawn."""

    reason = forms.ChoiceField(
        label=_("Reason, public"),
        choices=WithdrawalReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": MISSING, "invalid_choice": MISSING},
    )
    explanation = forms.CharField(
        label=_("Explanation, public"),
        required=False,
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One or two sentences for everybody, at most %(limit)d characters. They can never be "
            "changed or removed: name nobody, and repeat nothing that is being withdrawn."
        )
        % {"limit": LONGEST_EXPLANATION},
    )
    note = forms.CharField(
        label=_("Internal note"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For colleagues who may edit this page: number of the letter, who asked."),
    )

    def clean_explanation(self) -> str:
        """One line of plain text: no line breaks, nothing that cannot be seen."""
        return one_line(self.cleaned_data["explanation"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        unexplained = "explanation" in cleaned and not cleaned["explanation"]
        if cleaned.get("reason") == WithdrawalReason.OTHER and unexplained:
            self.add_error("explanation", _("Say what the other reason is."))
        return cleaned

    @property
    def chosen(self) -> Reason:
        """What a valid form says."""
        return Reason(
            code=WithdrawalReason(self.cleaned_data["reason"]),
            explanation=self.cleaned_data["explanation"],
            note=self.cleaned_data["note"],
        )


class BulkWithdrawalForm(WithdrawalForm):
    """The same for several pages, needed only if something of theirs is public."""

    include_descendants = forms.BooleanField(label=_("And the pages below them"), required=False)

    def __init__(self, *args: Any, pages: Sequence[Page], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self._pages = pages

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        needed = any_told(self._pages, below=cleaned.get("include_descendants", False))
        if needed and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", MISSING)
        return cleaned


def any_told(pages: Sequence[Page], *, below: bool) -> bool:
    """Whether any of the pages, or of those below them, is a publication that is public."""
    if not pages:
        return False
    chosen = Q(pk__in=[page.pk for page in pages])
    if below:
        chosen |= reduce(or_, (Q(path__startswith=page.path) for page in pages))
    return any(
        visibility.recorded(kind.model._default_manager.filter(chosen, live=True)).exists()
        for kind in KINDS
    )
