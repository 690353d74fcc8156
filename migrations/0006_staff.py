"""The people of a shop who may sign in."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("models", "0005_policies")]

    initial = False

    operations = []
