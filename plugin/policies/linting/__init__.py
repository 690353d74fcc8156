"""What can be said of a policy without asking it anything."""
