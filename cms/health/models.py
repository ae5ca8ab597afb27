"""Who runs, and when they were last heard of."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """One process of ours. It deletes its row when it ends; a killed one leaves it behind."""

    name = models.CharField(max_length=160, primary_key=True, help_text="role@host:pid")
    role = models.CharField(max_length=40)
    host = models.CharField(max_length=80)
    pid = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    at = models.DateTimeField(db_index=True)
    # What it is at, if that is not waiting, and since when.
    doing = models.CharField(max_length=40, blank=True)
    doing_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        default_permissions = ()
        permissions = [("see_health", _("May see the health of the system"))]

    def __str__(self) -> str:
        return self.name
