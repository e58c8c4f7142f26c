"""Speed, measured beside a hand-written peer and the bare engine: `python -m benchmarks`."""
