"""What policies need beside their versions."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("models", "0004_store_links")]

    initial = False

    operations = []
