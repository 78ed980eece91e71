"""Results that another value will replace. Written as SQL: on SQLite Django would build the table anew, and the triggers
of two eyes would be lost with the old one. A constant default costs no rewriting on PostgreSQL.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bench", "0005_auto_rules")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE bench_result ADD COLUMN provisional boolean NOT NULL DEFAULT false",
                    "ALTER TABLE bench_result DROP COLUMN provisional",
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="result",
                    name="provisional",
                    field=models.BooleanField(db_default=False, default=False),
                )
            ],
        )
    ]
