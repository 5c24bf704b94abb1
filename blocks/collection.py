"""What a Prefect server and its workers import at their start, so that they know every kind of block here."""

from blocks.registry import block_types

block_types()
