"""A forecast as text for a terminal."""

from recovery.duration import say_duration
from recovery.forecast import Forecast

MOST_HELPS = 3


def render_forecast(application: str, found: Forecast) -> str:
    """Every line of it, the verdict first."""
    lines = [f"{application}: {found.sentence}", "", "What decides the time, typically:"]
    lines += [f"  {say_duration(seconds):>14}  {name}" for name, seconds in found.path if seconds > 0]
    if found.helps:
        lines += ["", "What would help most, if it took no time:"]
        lines += [f"  {say_duration(each.seconds):>14}  {each.step}" for each in found.helps[:MOST_HELPS]]
    if found.stuck > 0:
        lines += ["", f"{found.stuck:.1%} would need a person: a step failed again and again."]
    if found.unmeasured:
        lines += ["", f"Never measured, so assumed: {', '.join(found.unmeasured)}. A drill measures them."]
    return "\n".join(lines)
