"""Which event wakes which handler. One table, read top to bottom; the order of handlers of one event is kept."""

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    # Samples that arrive become work; what nobody needs any more leaves the bench.
    "orders.sample_received": ("laras.bench.handlers.follow_orders",),
    "orders.test_added": ("laras.bench.handlers.follow_orders",),
    "orders.sample_refused": ("laras.bench.handlers.follow_orders",),
    "orders.line_cancelled": ("laras.bench.handlers.follow_orders",),
    "orders.order_cancelled": ("laras.bench.handlers.follow_orders",),
}
