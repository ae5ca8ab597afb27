"""Why a publication was taken back: what the public reads of it, and what it never does."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

LONGEST_EXPLANATION = 300
LONGEST_NOTE = 2000


class WithdrawalReason(models.TextChoices):
    """What the public ledger gives as the reason, in words of the contract."""

    COURT_ORDER = "COURT_ORDER", _("Order of a court or another authority")
    PRIVACY = "PRIVACY", _("Privacy or safety of a person")
    WRONG_FACTS = "WRONG_FACTS", _("Something in it was wrong")
    RIGHTS = "RIGHTS", _("Rights of others in it")
    SECURITY = "SECURITY", _("Security of an operation or investigation")
    MISTAKE = "MISTAKE", _("Published by mistake")
    OTHER = "OTHER", _("Another reason")


class Withdrawal(models.Model):
    """One act of taking back. The ledger keeps its own copy of the reason, which never changes."""

    node_id = models.CharField(max_length=120, db_index=True)
    public_id = models.CharField(_("public ID"), max_length=16)
    # Kept when the page is deleted: that it was taken back remains so.
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(_("reason"), max_length=20, choices=WithdrawalReason.choices)
    explanation = models.CharField(_("explanation"), max_length=LONGEST_EXPLANATION, blank=True)
    note = models.TextField(_("internal note"), max_length=LONGEST_NOTE, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    # No page is in use because it was taken back.
    wagtail_reference_index_ignore = True

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=WithdrawalReason.OTHER, explanation=""),
                name="another_reason_is_explained",
            )
        ]
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")

    def __str__(self) -> str:
        return f"{self.node_id}: {self.reason}"
