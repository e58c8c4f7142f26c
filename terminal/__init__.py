"""The terminal: a face for people and scripts at a command line."""
