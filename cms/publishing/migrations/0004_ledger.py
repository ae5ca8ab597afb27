from django.db import migrations, models
from django.db.models import Exists, OuterRef


def name_what_the_log_knows(apps, schema_editor):
    """Withdrawals and returns follow from the log; of corrections it did not keep what changed."""
    changes = apps.get_model("publishing", "Change").objects.filter(node_id__startswith="video:")
    changes.filter(operation="REMOVE").update(ledger="WITHDRAWAL")
    earlier = changes.filter(
        node_id=OuterRef("node_id"), operation="REMOVE", sequence__lt=OuterRef("sequence")
    )
    new = changes.filter(operation="UPSERT", before__isnull=True)
    new.filter(Exists(earlier)).update(ledger="RETURN")


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0003_receipts_and_sources"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="changed",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="ledger",
            field=models.CharField(
                blank=True,
                choices=[
                    ("CORRECTION", "Correction"),
                    ("WITHDRAWAL", "Withdrawal"),
                    ("RETURN", "Return"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="outboxrow",
            name="changed",
            field=models.JSONField(null=True),
        ),
        migrations.RunPython(name_what_the_log_knows, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("ledger", ""), _negated=True),
                fields=["sequence"],
                name="entries_of_the_ledger",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("ledger", ""), _negated=True),
                fields=["at", "sequence"],
                name="ledger_by_moment",
            ),
        ),
    ]
