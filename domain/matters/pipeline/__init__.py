"""Pipeline: one thing that an enterprise wants, on its way through stages."""
