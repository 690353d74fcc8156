"""Where this database lives, in its own words: after a restore the words are the old place's (``plugin/backup.py``)."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0002_constraints")]

    operations = [
        ops.RunSQL("CREATE TABLE place (name text PRIMARY KEY)", reverse_sql="DROP TABLE place"),
        ops.RunSQL(
            "INSERT INTO place (name) SELECT concat_ws('/', system_identifier, "
            "(SELECT oid FROM pg_database WHERE datname = current_database()), 'place'::regclass::oid) "
            "FROM pg_control_system()",
            reverse_sql="DELETE FROM place",
        ),
    ]
