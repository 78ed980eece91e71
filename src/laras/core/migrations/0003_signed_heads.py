"""Signed heads of journals; PostgreSQL refuses to empty the journal, as it refuses to change and delete."""

import django.db.models.deletion
from django.db import migrations, models

POSTGRESQL = {
    "forward": [
        "CREATE TRIGGER core_journal_entry_no_truncate BEFORE TRUNCATE ON core_journal_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION core_journal_refuse()",
    ],
    "backward": ["DROP TRIGGER core_journal_entry_no_truncate ON core_journal_entry"],
}


def run(direction):
    def apply(apps, editor):
        if editor.connection.vendor == "postgresql":
            for statement in POSTGRESQL[direction]:
                editor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_journal_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalSignature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField()),
                ("sequence", models.BigIntegerField()),
                ("digest", models.BinaryField()),
                ("signed_at", models.DateTimeField()),
                ("key", models.BinaryField()),
                ("signature", models.BinaryField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.owner"
                    ),
                ),
            ],
            options={
                "db_table": "core_journal_signature",
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "epoch", "sequence"), name="core_journal_signature_once")
                ],
            },
        ),
        migrations.RunPython(run("forward"), run("backward")),
    ]
