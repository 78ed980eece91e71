"""What analyzers send, read without a clock, a socket or a database."""
