"""The stores on which the story can be played: our own format's demo store, and the stand-ins of the platforms."""
