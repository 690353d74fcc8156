"""``python -m handlers.cli``: the command without its installed script."""

from handlers.cli import main

main()
