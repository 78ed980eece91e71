"""Rules that verify results; the database itself refuses one that verifies a value of the person who switched it on."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import laras.core.clock
import laras.core.ids

two_eyes = import_module("laras.bench.migrations.0002_two_eyes")

CONDITION = """
    EXISTS (
        SELECT 1 FROM bench_result_value v JOIN bench_auto_rule r ON r.id = NEW.verified_by_rule_id
        WHERE v.result_id = NEW.id AND (v.entered_by = r.switched_on_by OR r.switched_on_by IS NULL)
    )
"""
SQLITE = [
    f"""
    CREATE TRIGGER bench_result_rule_eyes_{verb} BEFORE {what} ON bench_result
    WHEN NEW.verified_by_rule_id IS NOT NULL AND {CONDITION}
    BEGIN SELECT RAISE(ABORT, 'bench_result_rule_eyes: a rule verifies no value of who switched it on'); END
    """
    for verb, what in (("insert", "INSERT"), ("update", "UPDATE OF verified_by_rule_id"))
]
POSTGRESQL = [
    f"""
    CREATE FUNCTION bench_result_rule_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {CONDITION} THEN
            RAISE EXCEPTION 'bench_result_rule_eyes: a rule verifies no value of who switched it on'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bench_result_rule_eyes';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER bench_result_rule_eyes BEFORE INSERT OR UPDATE OF verified_by_rule_id ON bench_result
    FOR EACH ROW WHEN (NEW.verified_by_rule_id IS NOT NULL) EXECUTE FUNCTION bench_result_rule_eyes()
    """,
]


def guard(apps, editor):
    if editor.connection.vendor == "postgresql":
        statements = POSTGRESQL
    else:
        # SQLite changes a constraint by making the table anew, and the triggers of the old one go with it.
        gone = [
            statement.replace("DROP TRIGGER", "DROP TRIGGER IF EXISTS") for statement in two_eyes.SQLITE["backward"]
        ]
        statements = [*gone, *two_eyes.SQLITE["forward"], *SQLITE]
    for statement in statements:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("bench", "0004_measuring"),
        ("core", "0004_end_sessions"),
        ("orders", "0003_programmes"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=laras.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("test_code", models.CharField(blank=True, max_length=60)),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Rancangan"), ("on", "Berlaku"), ("off", "Berakhir")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("within", models.CharField(default="reference", max_length=12)),
                ("low", models.DecimalField(decimal_places=9, max_digits=24, null=True)),
                ("high", models.DecimalField(decimal_places=9, max_digits=24, null=True)),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("delta_percent", models.DecimalField(decimal_places=3, max_digits=9, null=True)),
                ("delta_days", models.PositiveIntegerField(null=True)),
                ("sex", models.CharField(blank=True, max_length=1)),
                ("age_from", models.PositiveSmallIntegerField(null=True)),
                ("age_to", models.PositiveSmallIntegerField(null=True)),
                ("exempt", models.JSONField(default=list)),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField(default=laras.core.clock.now)),
                ("tried_at", models.DateTimeField(null=True)),
                ("tried_days", models.PositiveSmallIntegerField(null=True)),
                ("tried_total", models.PositiveIntegerField(null=True)),
                ("tried_passed", models.PositiveIntegerField(null=True)),
                ("switched_on_by", models.UUIDField(null=True)),
                ("switched_on_at", models.DateTimeField(null=True)),
                ("ended_by", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.owner"
                    ),
                ),
            ],
            options={
                "db_table": "bench_auto_rule",
                "abstract": False,
                "base_manager_name": "rows",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "on", "off"])), name="bench_auto_rule_status_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("within__in", ["reference", "limits"])), name="bench_auto_rule_within"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("high__isnull", True), ("low__isnull", True), ("within", "reference")),
                            models.Q(
                                ("within", "limits"),
                                models.Q(("test_code", ""), _negated=True),
                                models.Q(("low__isnull", False), ("high__isnull", False), _connector="OR"),
                            ),
                            _connector="OR",
                        ),
                        name="bench_auto_rule_limits_of_a_test",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "on"), _negated=True),
                            models.Q(
                                ("switched_on_at__isnull", False),
                                ("switched_on_by__isnull", False),
                                ("tried_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="bench_auto_rule_tried_before_on",
                    ),
                    models.UniqueConstraint(
                        fields=("owner", "test_code", "number"), name="bench_auto_rule_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "on")),
                        fields=("owner", "test_code"),
                        name="bench_auto_rule_one_on",
                    ),
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("rows", django.db.models.manager.Manager()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="result",
            name="bench_result_verified_by_whom",
        ),
        migrations.AddField(
            model_name="result",
            name="auto_stopped",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="result",
            name="device_flag",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="result",
            name="verified_by_rule",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="bench.autorule",
            ),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["verified", "validated"]), _negated=True),
                    ("performer__isnull", False),
                    models.Q(
                        ("verified_at__isnull", False),
                        ("verified_by__isnull", False),
                        ("verified_by_rule__isnull", True),
                    ),
                    models.Q(
                        ("verified_at__isnull", False),
                        ("verified_by__isnull", True),
                        ("verified_by_rule__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="bench_result_verified_by_whom",
            ),
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
