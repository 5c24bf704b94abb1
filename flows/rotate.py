"""The order in which a site of an active-active application is taken out of rotation, and put back."""

from flows.recover import Recovery, start
from recovery.outcome import Outcome
from tasks.approve import approve
from tasks.declare_incident import declare_incident
from tasks.fence_site import fence_site, open_site
from tasks.probe_rotation import probe_rotation
from tasks.probe_site import probe_site
from tasks.put_site_back import find_site_out, put_site_back
from tasks.run import Run
from tasks.take_site_out import take_site_out

NOTHING = Outcome(sentence="Nothing is restored or built.", facts={})


async def take_out(run: Run, asked: Recovery) -> None:
    """The site that fails goes out of rotation; the other one serves everybody. Never the last one."""
    start(run)
    insisted = asked.insisted or asked.graceful
    incident = await declare_incident(run, alert=asked.alert, insisted=insisted, graceful=False)
    if incident.state == "found done" and not run.dry_run:
        return
    site, address = str(incident.facts["site"]), incident.facts["address"]
    await approve(run, NOTHING, NOTHING, dns=f"{address} out of the rotation of {run.plan.dns.name}")
    await take_site_out(run, site=site)
    await fence_site(run, site=site)
    await probe_rotation(run, site=site, out=True)


async def put_back(run: Run) -> None:
    """The site that is out comes back, once it is healthy by all probes of the plan."""
    start(run)
    found = await find_site_out(run)
    if found.state == "found done":
        return
    site, address = str(found.facts["site"]), found.facts["address"]
    await approve(run, NOTHING, NOTHING, dns=f"{address} back into the rotation of {run.plan.dns.name}")
    await open_site(run, site=site)
    await probe_site(run, site=site)
    await put_site_back(run, site=site)
    await probe_rotation(run, site=site, out=False)
