"""The web face: pages ask queries, and hand what they find to templates."""
