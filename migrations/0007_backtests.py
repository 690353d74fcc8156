"""Drafts that are tried on the past."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("models", "0006_staff")]

    initial = False

    operations = []
