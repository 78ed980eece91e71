"""Rows of one more kind: how samples are kept until their test begins."""

from importlib import import_module

from django.db import migrations, models

KINDS = ("test", "panel", "range", "critical", "standard", "limit", "answer", "programme", "item", "handling")
guard_again = import_module("laras.catalogue.migrations.0003_programmes").guard_again


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_programmes")]
    operations = [
        migrations.RemoveConstraint(model_name="referencerow", name="catalogue_row_kind_known"),
        migrations.AddConstraint(
            model_name="referencerow",
            constraint=models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="catalogue_row_kind_known"),
        ),
        migrations.RunPython(guard_again, guard_again),
    ]
