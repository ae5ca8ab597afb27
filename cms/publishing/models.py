"""What we told the world, what we have yet to tell, and the numbered log of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class PublicState(models.Model):
    """One row per public item: exactly what we last told the world of it."""

    node_id = models.CharField(max_length=120, primary_key=True)
    version = models.CharField(max_length=64)
    # Keys of the listings and addresses the item takes part in, for readers of the log.
    keys = models.JSONField(default=dict)
    # Every public field, in the shape of `schema.graphql`: the API answers from it.
    record = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("public state")
        verbose_name_plural = _("public states")

    def __str__(self) -> str:
        return self.node_id


class Operation(models.TextChoices):
    UPSERT = "UPSERT"
    REMOVE = "REMOVE"


class OutboxRow(models.Model):
    """A difference, written in the transaction that made it; the relay numbers and deletes it."""

    node_id = models.CharField(max_length=120)
    operation = models.CharField(max_length=6, choices=Operation.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("outbox row")
        verbose_name_plural = _("outbox")

    def __str__(self) -> str:
        return f"{self.operation} {self.node_id}"


class Change(models.Model):
    """A numbered, chained outbox row: the builder's cursor, the change feed, the ledger."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    node_id = models.CharField(max_length=120, db_index=True)
    operation = models.CharField(max_length=6, choices=Operation.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=80)
    at = models.DateTimeField(help_text="When it was written to the outbox.")
    numbered_at = models.DateTimeField(auto_now_add=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return f"{self.sequence}: {self.operation} {self.node_id}"


class RetiredKey(models.Model):
    """A public object whose row was changed or deleted: gone from the bucket before this row is."""

    key = models.CharField(max_length=255, primary_key=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("retired file")
        verbose_name_plural = _("retired files")

    def __str__(self) -> str:
        return self.key


class LogHead(models.Model):
    """The single row the relay locks: identity and end of the log, and what is live of it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=uuid.uuid4)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    # The last sequence whose pages were pushed and read back from the edge.
    live_sequence = models.PositiveBigIntegerField(default=0)
    live_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_log_head")]
        verbose_name = _("end of the log")
        verbose_name_plural = _("end of the log")

    def __str__(self) -> str:
        return f"{self.epoch}:{self.sequence}"
