"""Accounts of partners, and the visits they ask for."""

import django.db.models.deletion
import django.db.models.manager
from django.conf import settings
from django.db import migrations, models

import laras.core.clock
import laras.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_journal_append_only"),
        ("partners", "0002_search_keys_by_byte"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Booking",
            fields=[
                (
                    "id",
                    models.UUIDField(default=laras.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.CharField(max_length=48)),
                (
                    "kind",
                    models.CharField(
                        choices=[("pickup", "Penjemputan sampel"), ("sampling", "Pengambilan sampel di tempat")],
                        max_length=8,
                        verbose_name="Keperluan",
                    ),
                ),
                ("what", models.CharField(max_length=300, verbose_name="Sampel")),
                ("place", models.CharField(max_length=300, verbose_name="Tempat")),
                ("wanted_on", models.DateField(verbose_name="Tanggal")),
                (
                    "wanted_part",
                    models.CharField(
                        choices=[
                            ("any", "Kapan saja"),
                            ("morning", "Pagi (sebelum 12.00)"),
                            ("afternoon", "Siang (sesudah 12.00)"),
                        ],
                        default="any",
                        max_length=9,
                        verbose_name="Waktu",
                    ),
                ),
                ("contact_name", models.CharField(max_length=150, verbose_name="Narahubung")),
                ("phone", models.CharField(max_length=20, verbose_name="Telepon")),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="Catatan")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Menunggu jawaban"),
                            ("confirmed", "Dijadwalkan"),
                            ("declined", "Tidak dapat dilayani"),
                            ("done", "Selesai"),
                            ("withdrawn", "Dibatalkan mitra"),
                        ],
                        default="requested",
                        max_length=9,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=laras.core.clock.now)),
                ("requested_by", models.UUIDField(null=True)),
                ("planned_at", models.DateTimeField(blank=True, null=True, verbose_name="Rencana datang")),
                ("answer", models.CharField(blank=True, default="", max_length=300, verbose_name="Jawaban")),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answered_by", models.UUIDField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="partners.client",
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
                "db_table": "partners_booking",
                "abstract": False,
                "base_manager_name": "rows",
                "indexes": [
                    models.Index(fields=["owner", "status", "wanted_on"], name="partners_booking_by_status"),
                    models.Index(fields=["client", "-requested_at"], name="partners_booking_of_client"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["requested", "confirmed", "declined", "done", "withdrawn"])),
                        name="partners_booking_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("pickup", "sampling"))), name="partners_booking_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wanted_part__in", ("any", "morning", "afternoon"))),
                        name="partners_booking_part_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "confirmed"), _negated=True),
                            ("planned_at__isnull", False),
                            _connector="OR",
                        ),
                        name="partners_booking_planned",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "declined"), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="partners_booking_declined_why",
                    ),
                    models.UniqueConstraint(fields=("owner", "number"), name="partners_booking_number_once"),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="PartnerAccount",
            fields=[
                (
                    "id",
                    models.UUIDField(default=laras.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("valid_from", models.DateTimeField(default=laras.core.clock.now)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="partners.client",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.owner"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "partners_account",
                "abstract": False,
                "base_manager_name": "rows",
                "indexes": [models.Index(fields=["client", "valid_from"], name="partners_account_of_client")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_until__isnull", True)),
                        fields=("client", "user"),
                        name="partners_account_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="partners_account_period",
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
    ]
