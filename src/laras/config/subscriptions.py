"""Which event wakes which handler. One table, read top to bottom; the order of handlers of one event is kept."""

_ACCESS = ("laras.core.api.follow_access",)
_FINDINGS = "laras.surveillance.handlers.on_results"
_PRICES = ("laras.config.prices.follow_capabilities",)

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    # Who may do what has changed: tokens are looked up anew at once.
    "core.role_assigned": _ACCESS,
    "core.role_ended": _ACCESS,
    "core.user_deactivated": _ACCESS,
    "core.token_revoked": _ACCESS,
    # What a laboratory offers has changed: its prices are read anew at once.
    "resources.capability_added": _PRICES,
    "resources.capability_altered": _PRICES,
    "resources.capability_paused": _PRICES,
    "resources.capability_resumed": _PRICES,
    "resources.capability_removed": _PRICES,
    # Samples that arrive become work; what nobody needs any more leaves the bench.
    "orders.sample_received": ("laras.bench.handlers.follow_orders",),
    "orders.test_added": ("laras.bench.handlers.follow_orders",),
    "orders.sample_refused": ("laras.bench.handlers.follow_orders", "laras.referral.handlers.on_sample_refused"),
    "orders.line_cancelled": ("laras.bench.handlers.follow_orders", "laras.referral.handlers.on_tests_cancelled"),
    "orders.order_cancelled": ("laras.bench.handlers.follow_orders", "laras.referral.handlers.on_tests_cancelled"),
    # Referrals: the sender announces and cancels, the receiver answers; results go back when they are reported.
    "referral.sent": ("laras.referral.handlers.on_sent",),
    "referral.cancelled": ("laras.referral.handlers.on_cancelled",),
    "referral.accepted": ("laras.referral.handlers.on_answer",),
    "referral.refused": ("laras.referral.handlers.on_answer",),
    "referral.withdrawn": ("laras.referral.handlers.on_answer",),
    "referral.resulted": ("laras.referral.handlers.on_answer",),
    "referral.moved": ("laras.referral.handlers.on_answer",),
    "referral.box_sent": ("laras.referral.handlers.on_box_sent",),
    "referral.box_answered": ("laras.referral.handlers.on_box_answered",),
    "referral.box_logged": ("laras.referral.handlers.on_box_sent",),
    "referral.box_log_answered": ("laras.referral.handlers.on_box_answered",),
    # Laboratories agree on prices, and say what is wrong with an entry of their ledger.
    "referral.agreement_told": ("laras.referral.handlers.on_agreement",),
    "referral.entry_objected": ("laras.referral.handlers.on_objection",),
    "reports.report_released": ("laras.referral.handlers.on_report", _FINDINGS),
    "reports.report_withdrawn": ("laras.referral.handlers.on_report", _FINDINGS),
    "bench.external_result_received": (
        "laras.referral.handlers.on_external_result",
        "laras.reports.handlers.on_result_changed",
        _FINDINGS,
    ),
    # A result that is corrected after its report left opens the order again, until a new version is released.
    "bench.result_amended": ("laras.reports.handlers.on_result_changed", _FINDINGS),
    # What leaves a laboratory counts at the health office of where the person lives.
    "surveillance.findings_told": ("laras.surveillance.handlers.on_findings",),
    # A patient erased at the laboratory is forgotten by the offices that were told the name.
    "people.patient_erased": ("laras.surveillance.handlers.on_patient_erased",),
    "surveillance.person_erased": ("laras.surveillance.handlers.on_person_erased",),
}
