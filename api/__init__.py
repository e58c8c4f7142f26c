"""The HTTP face: services start issues and follow them, in any language (door 1)."""
