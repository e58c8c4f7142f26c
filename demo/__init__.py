"""The demonstration: real issues, played through the engine."""
