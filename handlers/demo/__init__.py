"""``comeback demo``: everything in one process on embedded defaults, and the story played once over real HTTP."""
