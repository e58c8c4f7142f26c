"""Matters (事项): what offices do for enterprises beside issues, by procedures that are data."""
