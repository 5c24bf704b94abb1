"""Which site serves the users, and so holds the live data. Pure."""

from typing import Literal

from recovery.decision import Decision, go, refuse

SiteName = Literal["primary", "standby"]


def decide_active(values: tuple[str, ...] | None, primary: str, standby: str) -> Decision:
    """Which site's data to back up.

    Args:
        values: what DNS hands out for the application; None where it cannot be asked.
        primary, standby: the sites' addresses.

    Returns:
        `go` with the fact `site`, or `refuse` where neither site is the one.
    """
    if values == (standby,):
        return go("The application runs at the standby: its data there is the live data.", site="standby")
    if values == (primary,):
        return go("The application runs at the primary.", site="primary")
    if values and set(values) == {primary, standby}:
        return go("Both sites serve: taking the primary's data.", site="primary")
    if not values:
        return go("DNS does not say where the application runs: taking it to be at the primary.", site="primary")
    return refuse(
        f"DNS hands out {', '.join(values)}, which is no site of this plan: whose data is live cannot be told.",
        "Mend the record or the plan, then back up again.",
    )
