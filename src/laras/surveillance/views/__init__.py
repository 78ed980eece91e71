"""Pages of surveillance."""
