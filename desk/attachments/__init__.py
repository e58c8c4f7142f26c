"""Attachments: files that acts are borne out by, uploaded for one issue each, by their SHA-256."""
