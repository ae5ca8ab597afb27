"""What we told the world, what we have yet to tell, and the numbered log of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.publishing.corrections import LedgerKind


class PublicState(models.Model):
    """One row per public item: exactly what we last told the world of it."""

    node_id = models.CharField(max_length=120, primary_key=True)
    version = models.CharField(max_length=64)
    # Keys of the listings and addresses the item takes part in, for readers of the log.
    keys = models.JSONField(default=dict)
    # Every public field, in the shape of `schema.graphql`: the API answers from it.
    record = models.JSONField(default=dict)
    # Digest of the columns it was made from, for the comparison inside the database.
    source = models.CharField(max_length=32, blank=True)
    # The page behind it, if one is: texts that link there follow its fate.
    page_id = models.PositiveBigIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("public state")
        verbose_name_plural = _("public states")

    def __str__(self) -> str:
        return self.node_id


class Mention(models.Model):
    """A public text links to a page: when that page comes, goes or moves, the text changes."""

    node_id = models.CharField(max_length=120, db_index=True)
    page_id = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node_id", "page_id"], name="one_mention_of_a_page")
        ]
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")

    def __str__(self) -> str:
        return f"{self.node_id} → {self.page_id}"


class ShownKey(models.Model):
    """A public item shows files: all under a prefix that ends in `/`, or one beside a ladder."""

    state = models.ForeignKey(PublicState, on_delete=models.CASCADE, related_name="shown")
    key = models.CharField(max_length=250, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["state", "key"], name="shown_once_an_item")]
        default_permissions = ()
        verbose_name = _("shown file")
        verbose_name_plural = _("shown files")

    def __str__(self) -> str:
        return f"{self.state_id} → {self.key}"


class Operation(models.TextChoices):
    UPSERT = "UPSERT"
    REMOVE = "REMOVE"


class OutboxRow(models.Model):
    """A difference, written in the transaction that made it; the relay numbers and deletes it."""

    node_id = models.CharField(max_length=120)
    operation = models.CharField(max_length=6, choices=Operation.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    # Which public fields differ (`LedgerField`); null where that was not compared.
    changed = models.JSONField(null=True)
    # Why it was withdrawn: `code` and `explanation`; null where nobody gave a reason.
    withdrawal = models.JSONField(null=True)
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
    changed = models.JSONField(null=True)
    withdrawal = models.JSONField(null=True)
    # What the public ledger calls it; follows from the log, kept to be found by.
    ledger = models.CharField(max_length=10, blank=True, choices=LedgerKind.choices)
    reason = models.CharField(max_length=80)
    at = models.DateTimeField(help_text="When it was written to the outbox.")
    numbered_at = models.DateTimeField(auto_now_add=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        indexes = [
            models.Index(
                fields=["sequence"], condition=~models.Q(ledger=""), name="entries_of_the_ledger"
            ),
            models.Index(
                fields=["at", "sequence"],
                condition=~models.Q(ledger=""),
                name="ledger_by_moment",
            ),
        ]
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return f"{self.sequence}: {self.operation} {self.node_id}"


class Push(models.Model):
    """One publication of the site: everything up to `sequence`, and when each stage was reached.

    At most one row is not live: the one under way, or the last that failed.
    """

    epoch = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    started_at = models.DateTimeField()
    built_at = models.DateTimeField()
    uploaded_at = models.DateTimeField(null=True)
    # Every cache before the site was told; null where there are none.
    purged_at = models.DateTimeField(null=True)
    # Read back from the edge, byte by byte; null where no edge is configured.
    seen_at = models.DateTimeField(null=True)
    # The end: every target holds it.
    live_at = models.DateTimeField(null=True)
    rendered = models.PositiveIntegerField()
    uploaded = models.PositiveIntegerField()
    deleted = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["epoch", "sequence"], name="push_of_a_sequence")]
        verbose_name = _("push")
        verbose_name_plural = _("pushes")

    def __str__(self) -> str:
        return f"{self.epoch}:{self.sequence}"


class Takedown(models.Model):
    """What was withdrawn, until it was seen to be gone; written in the withdrawal's transaction.

    Of the change with the same node and moment. It is `open` until verified or cancelled: then it
    came back before. `due` says when it is looked at next, null that nothing is left to do.
    """

    node_id = models.CharField(max_length=120)
    at = models.DateTimeField()
    reason = models.CharField(max_length=80)
    # The number of its change; nothing of it may come back with a build that ends before.
    sequence = models.PositiveBigIntegerField(null=True)
    # What the public was told of: where its page was, and its files in the public bucket.
    path = models.TextField(blank=True)
    media = models.JSONField(default=list)
    # Files of the site that it owned, while anybody knew.
    keys = models.JSONField(default=list)
    begun_at = models.DateTimeField(null=True)
    page_gone_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    media_gone_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    due = models.DateTimeField(null=True, default=timezone.now)
    # What stood in the way of the last attempt; and addresses that could still be seen then.
    problem = models.TextField(blank=True)
    visible = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node_id", "at"], name="one_takedown_of_a_change")
        ]
        indexes = [
            models.Index(
                fields=["due"], condition=models.Q(due__isnull=False), name="takedowns_due"
            ),
            models.Index(
                fields=["begun_at"],
                condition=models.Q(sequence__isnull=True),
                name="takedowns_unnumbered",
            ),
        ]
        verbose_name = _("takedown")
        verbose_name_plural = _("takedowns")

    def __str__(self) -> str:
        return f"{self.node_id} {self.at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_open(self) -> bool:
        return self.verified_at is None and self.cancelled_at is None


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


class Tally(models.Model):
    """A counter that only grows; see `tallies`."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.FloatField()

    class Meta:
        default_permissions = ()
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
