"""Writing surveillance: what laboratories tell, what offices count, judge and decide."""

from laras.surveillance.services.counting import Changes, take_statements, take_waiting
from laras.surveillance.services.foods import (
    DinersPlan,
    describe_study,
    import_diners,
    open_diners,
    plan_diners,
    save_diners,
    set_population,
)
from laras.surveillance.services.imports import Weekly, import_counts, read_counts
from laras.surveillance.services.judging import adopt_threshold, judge
from laras.surveillance.services.recount import Difference, recount
from laras.surveillance.services.telling import note_reporting, tell, tell_confirmed
from laras.surveillance.services.triage import (
    add_member,
    assess_risk,
    candidates,
    close_outbreak,
    declare_klb,
    due,
    end_klb,
    join_signal,
    note_first_report,
    read_line_list,
    refute_outbreak,
    remove_member,
    triage_signal,
    verify_outbreak,
)

__all__ = [
    "Changes",
    "Difference",
    "DinersPlan",
    "Weekly",
    "add_member",
    "adopt_threshold",
    "assess_risk",
    "candidates",
    "close_outbreak",
    "declare_klb",
    "describe_study",
    "due",
    "end_klb",
    "import_counts",
    "import_diners",
    "join_signal",
    "judge",
    "note_first_report",
    "note_reporting",
    "open_diners",
    "plan_diners",
    "read_counts",
    "read_line_list",
    "recount",
    "refute_outbreak",
    "remove_member",
    "save_diners",
    "set_population",
    "take_statements",
    "take_waiting",
    "tell",
    "tell_confirmed",
    "triage_signal",
    "verify_outbreak",
]
