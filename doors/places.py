"""`lifeboat blocks`: places and credentials as code."""

from pathlib import Path

from cyclopts import App

blocks_app = App(name="blocks", help="Places and credentials.")


@blocks_app.command
def register(path: Path) -> int:
    """Save the blocks of a file in the Prefect server, over older ones of the same name."""
    import asyncio

    from blocks.registry import read_blocks, register_blocks

    built = read_blocks(path)
    asyncio.run(register_blocks(built))
    print(f"Registered {len(built)} blocks: {', '.join(built)}.")
    return 0
