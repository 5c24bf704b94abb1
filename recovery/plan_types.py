"""The types of a plan's values, each with the words that `lifeboat plan check` tells people to write."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from recovery.address import parse_address, parse_url
from recovery.duration import parse_duration
from recovery.schedule import parse_cron, parse_timezone


def _named(pattern: str, description: str) -> Any:
    return Field(pattern=pattern, description=description)


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), Field(description="a duration such as 90s, 15m, 1h30m or 7d")
]
# A place or a credential, by block type and document name.
BlockReference = Annotated[str, _named(r"^[a-z0-9-]+/[a-z0-9-]+$", "a block as type/name, such as s3-vault/shop")]
# One fence, or several that are all raised at once.
Fences = Annotated[
    tuple[BlockReference, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(min_length=1, description="a block such as security-group-fence/shop, or a list of them"),
]
Cron = Annotated[
    str, AfterValidator(parse_cron), Field(description='a cron line of five fields, such as "*/15 * * * *"')
]
Timezone = Annotated[
    str, AfterValidator(parse_timezone), Field(description="a time zone's name, such as UTC or Europe/Berlin")
]
Address = Annotated[str, AfterValidator(parse_address), Field(description="an IPv4 address, such as 203.0.113.10")]
Url = Annotated[
    str, AfterValidator(parse_url), Field(description="an address such as https://standby.example.com, no password")
]
Region = Annotated[str, _named(r"^\S+$", "a region's name, such as eu-west-1")]
HostName = Annotated[
    str,
    _named(
        r"^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]+\.?$", "a full DNS name, such as shop.example.com"
    ),
]
VantagePoint = Annotated[str, _named(r"^[a-z0-9-]+$", "a vantage point's name, such as berlin")]
PersonName = Annotated[str, _named(r"^[a-z0-9][a-z0-9._-]{0,59}$", "a person's name in small letters, such as ada")]
WebPath = Annotated[str, _named(r"^/\S*$", "a path that begins with /, such as /health")]
TableName = Annotated[str, _named(r"^[a-z_][a-z0-9_.]*$", "a table's name, such as orders or public.orders")]
ColumnName = Annotated[str, _named(r"^[a-z_][a-z0-9_]*$", "a column's name, such as reference")]
ApplicationName = Annotated[str, _named(r"^[a-z0-9-]+$", "a name of small letters, digits and hyphens, such as shop")]
