"""What `lifeboat deploy` wants of a server, what the server has, and the way from one to the other."""

from collections.abc import Sequence
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.events.schemas.automations import AutomationCore

from doors import automations as theirs
from doors import deployments as ours
from doors.pool import make_pool
from recovery.automations import wanted_automations
from recovery.deployment import Deployment
from recovery.deployment_drift import Change, differences, refuse_to_remove
from recovery.deployment_drift import ours as may_remove
from recovery.deployments import Offer, deployments_of, fleet_deployments
from recovery.errors import Missing, RecoveryError
from recovery.form import keep_choices
from recovery.plan import Plan
from tasks.offer_backups import offer_backups


class Deployed:
    """One look at a server, and what follows from it.

    Args:
        client: of the server.
        plans: that are deployed.
        pool: the work pool whose workers run them.
        only_these: whether other plans' deployments are left alone.
    """

    def __init__(self, client: PrefectClient, plans: Sequence[Plan], pool: str, only_these: bool) -> None:
        self._client, self._plans, self._pool, self._only_these = client, plans, pool, only_these
        self.notes: list[str] = []  # what could not be looked at, one sentence each
        self._changes: tuple[Change, ...] = ()
        self._wanted: dict[str, Deployment] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._there: dict[str, Any] = {}
        self._automations: dict[str, AutomationCore] = {}
        self._automations_there: dict[str, Any] = {}

    async def look(self) -> tuple[Change, ...]:
        """What would have to be done. Changes nothing."""
        self._changes = (*await self._look_at_deployments(), *await self._look_at_automations())
        return self._changes

    async def apply(self) -> None:
        """Does it. What is as it should be already is not touched.

        Raises:
            Refused: a deployment that would be removed has a run under way. Nothing was changed.
        """
        client, changes = self._client, [each for each in self._changes if not each.what.startswith(theirs.KIND)]
        gone = {each.what: self._there[each.what].id for each in changes if each.kind == "remove"}
        refuse_to_remove(changes, await ours.with_runs_under_way(client, gone))
        await make_pool(client, self._pool)
        for change in changes:
            if change.kind == "remove":
                await client.delete_deployment(gone[change.what])
            else:
                wanted, facts = self._wanted[change.what], self._facts[change.what]
                await ours.put(client, wanted, facts, change, self._there.get(change.what))
        of_automations = [each for each in self._changes if each.what.startswith(theirs.KIND)]
        await theirs.put_automations(client, of_automations, self._automations, self._automations_there)

    async def _look_at_deployments(self) -> tuple[Change, ...]:
        offers = {plan.application: await self._offer(plan) for plan in self._plans}
        wanted = [one for plan in self._plans for one in deployments_of(plan, offers[plan.application])]
        wanted += [] if self._only_these else fleet_deployments()
        self._wanted = {each.full_name: each for each in wanted}
        self._facts = {name: ours.wanted_facts(each, self._pool) for name, each in self._wanted.items()}
        applications = set(offers) if self._only_these else set[str]()
        there = await ours.read_deployments(self._client, set(self._wanted))
        self._there = {
            name: each
            for name, each in there.items()
            if name in self._wanted or may_remove(name, each.tags, applications)
        }
        found = {name: ours.found_facts(each) for name, each in self._there.items()}
        for name in found.keys() & self._wanted.keys():
            if offers.get(self._wanted[name].name, Offer()) is None:
                keep_choices(self._facts[name]["form"], found[name]["form"], "backup")
        return differences(self._facts, found)

    async def _look_at_automations(self) -> tuple[Change, ...]:
        wanted = wanted_automations(self._plans)
        for name, each in list(wanted.items()):
            try:
                self._automations |= await theirs.with_blocks(self._client, {name: each})
            except Missing as error:
                self.notes.append(f"{error.what} The automation {name!r} is left out. {error.remedy}")
        self._automations_there = await theirs.read_automations(self._client)
        gone = set[str]() if self._only_these else self._automations_there.keys() - wanted.keys()
        there = {name: each for name, each in self._automations_there.items() if name in {*self._automations, *gone}}
        found = {name: theirs.facts_of_automation(each[0]) for name, each in there.items()}
        facts = {name: theirs.facts_of_automation(each) for name, each in self._automations.items()}
        twice = [
            Change(kind="change", what=f"{theirs.KIND}{name}", fields=(f"it is there {len(each)} times",))
            for name, each in there.items()
            if len(each) > 1 and facts.get(name) == found[name]
        ]
        return (*differences(facts, found, theirs.KIND), *twice)

    async def _offer(self, plan: Plan) -> Offer | None:
        try:
            return await offer_backups(plan)
        except (RecoveryError, TimeoutError) as error:
            what = error.what if isinstance(error, RecoveryError) else "Its vault did not answer in time."
            self.notes.append(f"The forms of {plan.application} offer no backups to choose from: {what}")
            return None
