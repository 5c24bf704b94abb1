"""What the forms of the Prefect UI offer."""

from typing import Annotated

from pydantic import WithJsonSchema

from recovery.places import plan_names

# A drop-down of the plans there were when the playbook was deployed; any other name is checked when it runs.
PlanName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(plan_names())})]
