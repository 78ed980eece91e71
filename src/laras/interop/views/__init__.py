"""Pages: what instruments sent and waits, the instruments, their profiles."""
