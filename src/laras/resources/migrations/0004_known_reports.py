"""What is known of reports from before they were kept: the days on which a register changed."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE = 2000


def keep_known(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    equipment: Any = apps.get_model("resources", "Equipment").rows
    report: Any = apps.get_model("resources", "Report")
    days = set(equipment.order_by().values_list("owner_id", "valid_from").distinct())
    ended = equipment.filter(valid_until__isnull=False).order_by().values_list("owner_id", "valid_until").distinct()
    rows = [
        report(owner_id=owner, kind="equipment", way="change", day=day, recorded_at=None)
        for owner, day in sorted(days | set(ended), key=str)
    ]
    report.rows.bulk_create(rows, batch_size=AT_ONCE)


def forget(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("resources", "Report").rows.filter(way="change").delete()


class Migration(migrations.Migration):
    dependencies = [("resources", "0003_reports")]
    operations = [migrations.RunPython(keep_known, forget)]
