"""Grant: something limited that is issued, used, returned, and expires."""
