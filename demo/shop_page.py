"""The shop's front page."""

from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f6f7f4; color: #1d2a33; }
header { background: #12394f; color: #fff; padding: 1.6rem 2rem; }
h1 { margin: 0; font-size: 1.6rem; } header p { margin: .2rem 0 0; opacity: .85; }
main { max-width: 56rem; margin: 1.5rem auto; padding: 0 2rem; }
.site { background: #f2b134; color: #1d2a33; border-radius: 1rem; padding: .1rem .7rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; background: #fff; box-shadow: 0 1px 4px #0002; }
th, td { text-align: left; padding: .5rem .9rem; border-bottom: 1px solid #e4e8e6; } th { font-size: .85rem; }
td.number { font-variant-numeric: tabular-nums; }
"""


def front_page(site: str, orders: list[dict[str, Any]] | None) -> str:
    """The page with the newest orders. None: the database does not answer, and the page says so."""
    if orders is None:
        body = "<p><strong>We cannot show orders just now.</strong> Please try again in a moment.</p>"
    else:
        head = "".join(f"<th>{title}</th>" for title in ("Order", "Placed (UTC)", "Customer", "Item", "Site"))
        body = f"<h2>Newest orders</h2><table><tr>{head}</tr>{''.join(map(_row, orders))}</table>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The Boatyard Shop</title>'
        f"<style>{_STYLE}</style></head><body><header><h1>The Boatyard Shop</h1>"
        f'<p>Served by the <span class="site">{escape(site)}</span> site</p></header><main>{body}</main></body></html>'
    )


def _row(order: dict[str, Any]) -> str:
    cells = (order["customer"], f"{order['quantity']} × {order['item']}", order["site"])
    placed = order["placed_at"].strftime("%Y-%m-%d %H:%M:%S")
    number = f'<td class="number">{order["number"]}</td><td class="number">{placed}</td>'
    return f"<tr>{number}{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"
