"""Fixtures that several modules share."""

from theatre import theatre

__all__ = ["theatre"]
