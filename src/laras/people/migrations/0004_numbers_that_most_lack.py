from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_merged_patients_index"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="patient", name="people_patient_passport"),
        migrations.RemoveIndex(model_name="patient", name="people_patient_mother"),
        migrations.RemoveIndex(model_name="patient", name="people_patient_phone"),
        *(
            migrations.AddIndex(
                model_name="patient",
                index=models.Index(
                    fields=[name, "owner"], condition=~Q(**{name: ""}), name=f"people_patient_with_{short}"
                ),
            )
            for name, short in (("passport_number", "passport"), ("mother_nik", "mother"), ("phone", "phone"))
        ),
    ]
