"""Whether what a plan says of failovers that start by themselves can ever hold, and holds for good reason."""

from collections.abc import Iterator
from datetime import timedelta

from recovery.duration import say_duration
from recovery.plan import Plan
from recovery.plan_fault import Finding
from recovery.plan_probes import KNOWN, NEEDED

SHORTEST_SILENCE = timedelta(seconds=10)  # Prefect's own limit


def counts_fit(plan: Plan) -> Iterator[Finding]:
    """No count is out of fewer than itself."""
    for count, of in (("failures", "of"), ("passes", "passes_of")):
        wanted, window = getattr(plan.monitor, count), getattr(plan.monitor, of)
        if window is not None and window < wanted:
            what = f"{wanted} of {window} can never be"
            yield Finding(("monitor", of), what, f"{wanted} or more, or nothing: then {count} must be in a row")


def probes_can_ask(plan: Plan) -> Iterator[Finding]:
    """Each way to ask has what its kind needs, and nothing that it would pass over."""
    for index, probe in enumerate(plan.monitor.probes):
        given = {name for name in type(probe).model_fields if name != "kind" and getattr(probe, name) is not None}
        for name in NEEDED[probe.kind]:
            if name not in given:
                what = f"a probe of kind {probe.kind} needs {name}"
                yield Finding(("monitor", "probes", index), what, f"{{kind: {probe.kind}, {name}: ...}}")
        known = ", ".join(KNOWN[probe.kind])
        for name in sorted(given - set(KNOWN[probe.kind])):
            what = f"a probe of kind {probe.kind} knows no {name}"
            yield Finding(("monitor", "probes", index, name), what, f"one of {known}" if known else "nothing but kind")


def silence_is_an_alert(plan: Plan) -> Iterator[Finding]:
    """It is not taken for silence that nothing was due, and Prefect looks no more often than every 10 s."""
    least = max(SHORTEST_SILENCE, 3 * plan.monitor.every)
    if plan.monitor.silence < least:
        what = f"{say_duration(plan.monitor.silence.total_seconds())} of silence mean nothing yet"
        yield Finding(("monitor", "silence"), what, f"at least {say_duration(least.total_seconds())}")


def quorum_can_be_found(plan: Plan) -> Iterator[Finding]:
    """There are as many vantage points as must agree, and they are most of them."""
    names, quorum = plan.automatic.vantage_points, plan.automatic.quorum
    if len(set(names)) < len(names):
        yield Finding(("automatic", "vantage_points"), "a vantage point is named twice", "each name once")
    there = max(1, len(set(names)))
    if quorum > there:
        what = f"{quorum} vantage points must agree, and there are {there}"
        yield Finding(("automatic", "quorum"), what, f"{there // 2 + 1}, or more vantage_points")
    elif quorum * 2 <= there:
        what = f"{quorum} of {there} vantage points may be just those that are cut off themselves"
        yield Finding(("automatic", "quorum"), what, f"{there // 2 + 1}: more than half of them")


def fresh_outlasts_probes(plan: Plan) -> Iterator[Finding]:
    """What a vantage point saw still counts when it sees the next thing."""
    fresh, every = plan.automatic.fresh, plan.monitor.every
    if len(plan.automatic.vantage_points) > 1 and fresh < 3 * every:
        what = f"what is seen every {say_duration(every.total_seconds())} would soon not count any more"
        yield Finding(("automatic", "fresh"), what, f"at least {say_duration((3 * every).total_seconds())}")


def approvers_can_approve(plan: Plan) -> Iterator[Finding]:
    """A person's approval is signed by one who is listed, and there are as many as are needed, each another person."""
    approval, where = plan.approval, ("approval", "approvers")
    if approval.mode == "policy" and not any(rule.then == "ask" for rule in plan.alerts.rules):
        return
    people = approval.approvers
    if not people:
        what = "nobody is listed who could approve: the Prefect UI knows no users, so an approval must be signed"
        yield Finding(where, what, "approvers: [{name: ada, key: ssh-ed25519 AAAA...}], or mode: policy")
        return
    if len(people) == 1:
        what = f"only {people[0].name} can approve, and nobody approves alone what they started"
        yield Finding(where, what, "two approvers or more")
    for field in ("name", "key"):
        values = [value for each in people if (value := getattr(each, field))]
        if len(set(values)) < len(values):
            yield Finding(where, f"two approvers have the same {field}", f"a {field} of each one's own")
    if approval.needed > len(people):
        what = f"{approval.needed} must approve, and {len(people)} can"
        yield Finding(("approval", "needed"), what, f"{len(people)} or less, or more approvers")
    if coded := [each.name for each in people if not each.key and not approval.codes]:
        what = f"{', '.join(coded)} can neither sign nor give a code"
        yield Finding(where, what, "a key for each, or approval.codes: approval-codes/operations")


def alert_rules_can_be_meant(plan: Plan) -> Iterator[Finding]:
    """No rule starts a failover on just any alert, none stands behind one that takes all, and none waits too long."""
    for index, rule in enumerate(plan.alerts.rules):
        where = ("alerts", "rules", index)
        if rule.then == "start" and not rule.when:
            yield Finding((*where, "when"), "any alert at all would start a failover", "when: {alertname: ShopDown}")
        if not rule.when and not rule.endpoints and index + 1 < len(plan.alerts.rules):
            yield Finding(
                where, "this rule fits every alert, so those after it are never reached", "it as the last one"
            )
        if rule.lasting and rule.lasting >= plan.alerts.counts_for:
            what = "an alert that has lasted so long does not count any more"
            most = say_duration(plan.alerts.counts_for.total_seconds())
            yield Finding((*where, "lasting"), what, f"less than alerts.counts_for, which is {most}")


DECISION_CHECKS = (
    counts_fit,
    probes_can_ask,
    silence_is_an_alert,
    quorum_can_be_found,
    fresh_outlasts_probes,
    approvers_can_approve,
    alert_rules_can_be_meant,
)
