"""Django's PostgreSQL backend with the second wall: each statement carries the scope in which it was asked."""
