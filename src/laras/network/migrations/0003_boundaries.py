"""Boundaries that offices bring; only a new table."""

import django.db.models.deletion
from django.db import migrations, models

import laras.core.clock
import laras.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_end_sessions"),
        ("network", "0002_lives"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoundarySet",
            fields=[
                (
                    "id",
                    models.UUIDField(default=laras.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("status", models.CharField(default="draft", max_length=12)),
                ("source", models.CharField(max_length=200)),
                ("file_name", models.CharField(max_length=160)),
                ("file_digest", models.CharField(max_length=64)),
                ("codes", models.JSONField()),
                ("warnings", models.JSONField(default=list)),
                ("lines", models.BinaryField()),
                ("created_at", models.DateTimeField(default=laras.core.clock.now)),
                ("accepted_at", models.DateTimeField(null=True)),
                (
                    "office",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.owner"),
                ),
            ],
            options={
                "db_table": "network_boundary_set",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "accepted")),
                        fields=["accepted_at"],
                        name="network_boundary_set_used",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__in", (1, 2))), name="network_boundary_set_level"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "accepted", "withdrawn"])),
                        name="network_boundary_set_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "draft"), ("accepted_at__isnull", False), _connector="OR"),
                        name="network_boundary_set_accepted",
                    ),
                ],
            },
        ),
    ]
