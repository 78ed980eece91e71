"""Which event wakes which handler. One table, read top to bottom; the order of handlers of one event is kept."""

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {}
