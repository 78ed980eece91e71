"""Rows of two more kinds: programmes and what they ask for."""

from importlib import import_module

from django.db import migrations, models

KINDS = ("test", "panel", "range", "critical", "standard", "limit", "answer", "programme", "item")
unchanging = import_module("laras.catalogue.migrations.0002_unchanging")


def guard_again(apps, editor):
    # SQLite changes a constraint by making the table anew, and the triggers of the old one go with it.
    if editor.connection.vendor == "sqlite":
        for statement in (*unchanging.SQLITE["backward"], *unchanging.SQLITE["forward"]):
            editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_unchanging")]
    operations = [
        migrations.RemoveConstraint(model_name="referencerow", name="catalogue_row_kind_known"),
        migrations.AddConstraint(
            model_name="referencerow",
            constraint=models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="catalogue_row_kind_known"),
        ),
        migrations.RunPython(guard_again, guard_again),
    ]
