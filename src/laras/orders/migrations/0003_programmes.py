"""Sessions of programmes and the orders that programmes asked for."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import laras.core.clock
import laras.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_end_sessions"),
        ("orders", "0002_received_lately"),
        ("partners", "0003_accounts_and_bookings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProgrammeSession",
            fields=[
                (
                    "id",
                    models.UUIDField(default=laras.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("programme", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("place", models.CharField(blank=True, max_length=120)),
                ("day", models.DateField()),
                ("said", models.JSONField(blank=True, default=list)),
                ("digest", models.CharField(max_length=64)),
                ("people", models.PositiveIntegerField()),
                ("skipped", models.PositiveIntegerField(default=0)),
                ("registered_at", models.DateTimeField(default=laras.core.clock.now)),
                ("registered_by", models.UUIDField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.client"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.owner"
                    ),
                ),
            ],
            options={
                "db_table": "orders_programme_session",
                "abstract": False,
                "base_manager_name": "rows",
                "indexes": [
                    models.Index(fields=["owner", "-day", "-registered_at"], name="orders_session_recent"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "programme", "day", "digest"), name="orders_programme_session_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("people__gte", 1)), name="orders_programme_session_of_people"
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="Participation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=laras.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("programme", models.CharField(max_length=60)),
                ("day", models.DateField()),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participation", to="orders.order"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.owner"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participations",
                        to="orders.programmesession",
                    ),
                ),
            ],
            options={
                "db_table": "orders_participation",
                "abstract": False,
                "base_manager_name": "rows",
                "indexes": [
                    models.Index(fields=["owner", "programme", "-day"], name="orders_participation_recent"),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
    ]
