from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Coalesce


def those_noted_so_far_ended_well(apps, schema_editor):
    pushes = apps.get_model("publishing", "Push").objects
    pushes.update(live_at=Coalesce(F("seen_at"), F("uploaded_at")))


class Migration(migrations.Migration):
    dependencies = [
        ('publishing', '0006_takedowns'),
    ]

    operations = [
        migrations.AddField(
            model_name="push",
            name="live_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="push",
            name="purged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="push",
            name="uploaded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(those_noted_so_far_ended_well, migrations.RunPython.noop),
    ]
